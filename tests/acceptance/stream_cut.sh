#!/usr/bin/env bash
# A stream that the upstream breaks off ends with an error event, never with a bare [DONE]; what was
# seen is charged by estimate.
. "$(dirname "$0")/lib.sh"
start_upstream
add_user ann
set_price cut-chunk cut-event bad-chunk end-early error-mid
start_gateway

for model in cut-chunk cut-event bad-chunk; do
  chat "$model" ',"stream":true'
  expect "status of $model" "$status" 200
  expect_match "what came of $model" "$body" '"content":"The"'
  last=$(grep '^data: ' <<< "$body" | tail -n 1)
  expect_match "end of $model" "$last" '^data: \{"error":\{'
  json 'input.error.message' <<< "${last#data: }" > /dev/null
  [[ $body != *'[DONE]'* ]] || fail "$model claims to be done"
  expect_match "estimate of $model" "$(books_of "$model")" '^1 [1-9][0-9]* [1-9][0-9]* 0\.0'
done
expect "marked" "$(in_books 'SELECT DISTINCT status, estimated FROM usage')" "2|1"
chat error-mid ',"stream":true'
expect_match "upstream's own error" "$body" 'the fake upstream failed in mid-stream'
expect_no_holds
expect_sound_books
