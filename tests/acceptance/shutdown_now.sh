#!/usr/bin/env bash
# A second signal ends the gateway at once, whatever is running; so does the end of drain_timeout.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price stall-mid
add_user ann
start_gateway

call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
kill -INT "$gateway_pid"
is_closed() { ! curl -sS --max-time 5 "$gateway/healthz"; }
wait_until 10 is_closed
kill -INT "$gateway_pid"
wait_for_gateway_to_leave
wait "$caller" && fail "the stream ended as if it were whole"
[[ $(< "$work/background") != *'[DONE]'* ]] || fail "the stream was passed off as whole"

start_gateway --drain-timeout 300ms
expect_no_holds
call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
kill -TERM "$gateway_pid"
wait_for_gateway_to_leave
start_gateway
expect_no_holds
expect_sound_books
