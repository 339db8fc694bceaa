#!/usr/bin/env bash
# An upstream that reports more than a request was held for never drives a balance below zero: what the
# balance cannot bear is written off, and figures beyond belief are replaced by an estimate.
. "$(dirname "$0")/lib.sh"
start_upstream
models=(usage-100-900000 usage-99999999999999-1 usage-1-9223372036854775807)
for model in "${models[@]}"; do
  admin price set "$model" --input 1 --output 100 --max-output 100 > /dev/null
done
add_user ann 1
start_gateway

for model in "${models[@]}"; do
  chat "$model" ',"max_tokens":100'
  expect_match "$model" "$status" '^(200|429)$'
done
chat usage-100-900000 ',"max_tokens":100,"stream":true'
(($(in_books 'SELECT min(balance) FROM users') >= 0)) || fail "a balance below zero"
(($(in_books 'SELECT sum(cost) FROM usage') <= 1000000000)) || fail "more was charged than there was"
(($(in_books 'SELECT max(written_off) FROM usage') > 0)) || fail "nothing was written off"
expect_no_holds
expect_sound_books
