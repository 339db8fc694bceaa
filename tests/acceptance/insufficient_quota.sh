#!/usr/bin/env bash
# Out of balance is 429 insufficient_quota, which SDKs do not retry; the message tells a balance that
# is used up from one that other requests hold.
. "$(dirname "$0")/lib.sh"
start_upstream
admin price set usage-0-1000 --input 0 --output 1000 --max-output 1000 > /dev/null
admin price set stall+usage-0-1000 --input 0 --output 1000 --max-output 1000 > /dev/null
add_user ann 2
start_gateway

call_in_background stall+usage-0-1000
wait_for_value 1 waiting_upstream
chat usage-0-1000
expect "the second fits" "$status" 200
chat usage-0-1000
expect "the third does not" "$status" 429
expect "error" "$(error_of)" "insufficient_quota insufficient_quota"
expect "no retries" "$(header x-should-retry)" false
expect_match "held" "$(json input.error.message <<< "$body")" 'reserved by concurrent requests'
tell_upstream release
wait "$caller"
chat usage-0-1000
expect "nothing left" "$status" 429
expect_match "used up" "$(json input.error.message <<< "$body")" 'used up'
expect "balance" "$(balance_of ann)" 0.00
expect_sound_books
