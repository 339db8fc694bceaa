#!/usr/bin/env bash
# SIGTERM stops accepting at once, lets a running stream finish, and leaves with 0.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price stall-mid
add_user ann
start_gateway

call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
kill -TERM "$gateway_pid"
is_closed() { ! curl -sS --max-time 5 "$gateway/healthz"; }
wait_until 10 is_closed
kill -0 "$gateway_pid" || fail "the gateway left before its stream ended"
tell_upstream release
wait "$caller" || fail "the stream was cut"
expect_match "the stream's end" "$(< "$work/background")" 'data: \[DONE\]'
wait_for_gateway_to_leave
expect "exit status" "$exit_status" 0
expect "books" "$(books_of stall-mid)" "1 13 9 0.000031"
expect_no_holds
expect_sound_books
