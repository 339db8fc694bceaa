#!/usr/bin/env bash
# Retries have a bound, 2 by default, and a fault of the request itself is never retried.
. "$(dirname "$0")/lib.sh"
start_upstream
start_gateway
set_price status-500 status-400 status-401 status-404 reset
add_user ann

chat status-500
expect "status" "$status" 500
expect "body" "$(json input.error.message <<< "$body")" "the fake upstream was told to answer 500"
expect "attempts" "$(seen input.length)" 3
chat reset
expect "unreachable" "$status" 502
expect_match "unreachable" "$(error_of)" '^[a-z_]+ upstream_'
expect "attempts" "$(seen input.length)" 6
for code in 400 401 404; do
  chat "status-$code"
  expect "status" "$status" "$code"
  expect "message" "$(json input.error.message <<< "$body")" \
    "the fake upstream was told to answer $code"
done
expect "attempts" "$(seen input.length)" 9
stop_gateway
start_gateway --retries 0
chat status-500
expect "attempts without retries" "$(seen input.length)" 10
expect "cost" "$(balance_of ann | sed 's/\.0*$//')" 10
expect_no_holds
expect_sound_books
