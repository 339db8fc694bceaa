#!/usr/bin/env bash
# A `retry-after` that is too long to be waited out passes to the client with the upstream's answer;
# a short one is waited out.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price status-429+retry-after-30 status-503+retry-after-ms-45000 gpt-4o
add_user ann
start_gateway

chat status-429+retry-after-30
expect "status" "$status" 429
expect "retry-after" "$(header retry-after)" 30
expect_match "not retried" "$(seen input.length)" '^1$'
chat status-503+retry-after-ms-45000
expect "status" "$status" 503
expect "retry-after-ms" "$(header retry-after-ms)" 45000
expect_match "not retried" "$(seen input.length)" '^2$'

tell_upstream next '{"behaviour":"status-429+retry-after-ms-300"}'
began_ms=$(date +%s%3N)
chat gpt-4o
expect "after a short wait" "$status" 200
(($(date +%s%3N) - began_ms >= 290)) || fail "the upstream asked for 300 ms"
expect "books" "$(books_of gpt-4o)" "1 13 9 0.000031"
