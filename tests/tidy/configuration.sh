#!/usr/bin/env bash
# The README's table of keys is what the program prints.
. "$(dirname "$0")/lib.sh"
: "${CHATGATE:?the path of the program under test}"
diff <(sed -n '/^<!-- chatgate config keys --format markdown -->$/,/^$/p' README.md | sed '1d;$d') \
  <("$CHATGATE" config keys --format markdown) | expect_nothing "README.md has another table of keys"
