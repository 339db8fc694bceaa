#!/usr/bin/env bash
# A mistyped name is answered with the one that was probably meant.
. "$(dirname "$0")/lib.sh"
add_user alice
set_price gpt-4o

# suggests SUGGESTION STATUS ARGUMENT...
suggests() {
  local status=0
  admin "${@:3}" > out 2> err || status=$?
  expect "exit status of ${*:3}" "$status" "$2"
  expect_match "the suggestion for ${*:3}" "$(< err)" "did you mean \"$1\"\?"
}
suggests alice 3 user show alic
suggests alice 3 user recharge Alise 5
suggests alice 3 token add aliec
suggests alice 3 usage report --user alicce
suggests gpt-4o 3 usage report --model gpt4o
suggests model 2 usage report --by modle
suggests user 2 usr list
suggests recharge 2 user recharg alice 5
suggests --format 2 user list --fromat json
admin user show somebody-else > out 2> err || true
if grep -q 'did you mean' err; then fail "a far name is suggested"; fi
