#!/usr/bin/env bash
# A token's parallel requests are limited, and a slot is given back however its request ends.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o stall stall-mid reset
add_user ann 10 --parallel 2
start_gateway --retries 0

call_in_background stall
first=$caller
call_in_background stall-mid ',"stream":true'
wait_for_value 2 waiting_upstream
chat gpt-4o
expect "a third" "$status" 429
expect_match "error" "$(error_of)" 'rate_limit_exceeded'
kill "$first" "$caller"
slot_is_free() {
  chat gpt-4o
  [[ $status == 200 ]]
}
wait_until 10 slot_is_free
for i in 1 2 3; do
  chat reset
  expect "a failure" "$status" 502
done
chat gpt-4o
expect "after failures" "$status" 200
expect_no_holds
