#!/usr/bin/env bash
# No function is longer than 70 lines, its signature included.
. "$(dirname "$0")/lib.sh"

# A definition starts at column 0, or 2 inside of a class; after clang-format it ends with a brace in
# the column in which it began.
sources cc h | xargs awk '
  FNR == 1 { split("", began) }
  /^(  )?[A-Za-z_~:]/ { indent = /^ / ? 2 : 0; start = FNR; text = "" }
  { text = text $0 }
  /\{$/ && text ~ /\(/ && text !~ /^ *(namespace|class|struct|enum|union|if|for|while|switch) / &&
    start > 0 && !(indent in began) { began[indent] = start; start = 0 }
  /\{$|;$/ { text = ""; start = 0 }
  /^(  )?\}/ {
    indent_of_end = /^ / ? 2 : 0
    if (indent_of_end in began) {
      length_of = FNR - began[indent_of_end] + 1
      if (length_of > 70) print FILENAME ":" began[indent_of_end] ": " length_of " lines"
      delete began[indent_of_end]
    }
    if (indent_of_end == 0) delete began[2]
  }' | expect_nothing "functions of more than 70 lines"
