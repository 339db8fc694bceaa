#!/usr/bin/env bash
# What the administrator changes is in force in the running gateway within a second: a revocation, a
# recharge, a price, a blocked user, a new token.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann 0
start_gateway

answered_within_a_second gpt-4o 429 "a token that was just made, without balance"
admin user recharge ann 5 > /dev/null
answered_within_a_second gpt-4o 200 "a recharge"
expect "old price" "$(books_of gpt-4o)" "1 13 9 0.000031"
admin price set gpt-4o --input 10 --output 20 --max-output 4096 > /dev/null
newest_cost() {
  chat gpt-4o
  in_books 'SELECT cost FROM usage ORDER BY id DESC LIMIT 1'
}
wait_for_value 310000 newest_cost
admin token revoke "$token" --yes > /dev/null
answered_within_a_second gpt-4o 401 "a revocation"
token=$(admin token add ann 2> "$work/token.log")
answered_within_a_second gpt-4o 200 "a new token"
expect_sound_books
