#!/usr/bin/env bash
# No source file is longer than 600 lines.
. "$(dirname "$0")/lib.sh"
sources cc h sh mjs ts css | xargs wc -l | awk '$1 > 600 && $2 != "total" { print $2 ": " $1 " lines" }' |
  expect_nothing "files of more than 600 lines"
