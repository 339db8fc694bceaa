#!/usr/bin/env bash
# Retries have a bound, 2 by default; a fault of the request itself is never retried, nor is a request
# that the upstream may have worked on.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price status-500 status-400 status-401 status-404 reset
add_user ann
start_gateway --failures-to-set-aside 1000

chat status-500
expect "status" "$status" 500
expect "body" "$(json input.error.message <<< "$body")" "the fake upstream was told to answer 500"
expect "attempts" "$(seen input.length)" 3
chat reset # the upstream may have worked, and billed, before it broke off
expect "broken off" "$status" 502
expect "broken off" "$(error_of)" "api_error upstream_error"
expect "attempts" "$(seen input.length)" 4
for code in 400 401 404; do
  chat "status-$code"
  expect "status" "$status" "$code"
  expect "message" "$(json input.error.message <<< "$body")" \
    "the fake upstream was told to answer $code"
done
expect "attempts" "$(seen input.length)" 7
stop_gateway
start_gateway --failures-to-set-aside 1000 --retries 0
chat status-500
expect "attempts without retries" "$(seen input.length)" 8
expect "cost" "$(balance_of ann | sed 's/\.0*$//')" 10
expect_no_holds
expect_sound_books
