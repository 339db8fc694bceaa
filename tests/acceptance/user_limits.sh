#!/usr/bin/env bash
# An account's limits are shared by all its tokens and exact however many requests come at once; a
# refusal takes nothing of a token's own limits, and the answer tells the narrower of the two.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o stall-mid
add_user ann 10 --rpm 40
first=$token
start_gateway
add_token ann
second=$token
admin user limit ann --rpm 5 > /dev/null
add_token ann --rpm 10
third=$token

served() { node "$here/parallel.mjs" "$gateway" "$1" 64 "$(chat_body gpt-4o)"; }
expect "with one token" "$(served "$first")" "200 5, 429 59"
token=$second
chat gpt-4o
expect "with another" "$status" 429
expect_match "message" "$(json input.error.message <<< "$body")" 'of this account reached: 5 requests per minute'
expect_match "retry-after" "$(header retry-after)" '^([1-9]|1[0-2])$'
expect "limit" "$(header x-ratelimit-limit-requests)" 5
expect "left" "$(header x-ratelimit-remaining-requests)" 0

# Of 64 refusals the token's own limit knows nothing.
token=$third
expect_match "with the third" "$(served "$third")" '429 6[0-4]$'
admin user limit ann --none > /dev/null
answered_within_a_second gpt-4o 200 "without the account's limits"
expect "limit" "$(header x-ratelimit-limit-requests)" 10
expect_match "left" "$(header x-ratelimit-remaining-requests)" '^[5-9]$'

admin user limit ann --parallel 1 > /dev/null
token=$second
answered_within_a_second gpt-4o 200 "one at a time"
call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
knows_limit() { chat gpt-4o && [[ $status == 429 ]]; }
wait_until 10 knows_limit
expect_match "message" "$(json input.error.message <<< "$body")" 'this account may run one request at a time'
kill "$caller"
answered_within_a_second gpt-4o 200 "when the first has gone"

expect "shown" "$(admin user show ann --format json | json input.parallel_requests)" 1
expect_no_holds
expect_sound_books
