#!/usr/bin/env bash
# No line of C++ is wider than 100 columns, none of a script wider than 120; none has a tab or ends in
# white space.
. "$(dirname "$0")/lib.sh"
tab=$(printf '\t')
{
  sources cc h | xargs grep -HnE ".{101}|$tab| $" || true
  sources sh mjs | xargs grep -HnE ".{121}|$tab| $" || true
} | cut -c -140 |
  expect_nothing "lines that are too wide, with tabs or trailing white space"
