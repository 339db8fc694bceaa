#!/usr/bin/env bash
# What the administrator does to an account is in force in the running gateway within a second: a block,
# a new name, a budget, a rotated token, the archive, a removal.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann 5
start_gateway

answered() { answered_within_a_second gpt-4o "$@"; }
answered 200 "a new account"
admin user block ann > /dev/null
answered 403 "a block"
expect "error" "$(error_of)" "invalid_request_error account_blocked"
admin user unblock ann > /dev/null
answered 200 "no block"

admin user rename ann anna > /dev/null
chat gpt-4o
expect "under a new name" "$status" 200
admin user budget anna --limit 0 --every week > /dev/null
answered 429 "a budget"
admin user budget anna --limit 1 --every week > /dev/null
answered 200 "a larger budget"
admin user budget anna --none > /dev/null

old=$token
token=$(admin token rotate "$old" --grace 1h 2> "$work/token.log")
answered 200 "a rotated token"
fresh=$token token=$old
chat gpt-4o
expect "its old one, for its grace" "$status" 200
admin token rotate "$old" --yes > /dev/null 2>&1
answered 401 "the old one, rotated again"
token=$fresh

admin user remove anna --archive --yes > /dev/null
answered 401 "the archive"
admin user unarchive anna > /dev/null 2>&1
token=$(admin token add anna 2> "$work/token.log")
answered 200 "an account brought back"

admin user add idle > /dev/null
token=$(admin token add idle 2> "$work/token.log")
answered 429 "an account without a balance"
wait_until 10 admin user remove idle --yes # its request of a moment ago has ended
answered 401 "a removal"
expect_sound_books
