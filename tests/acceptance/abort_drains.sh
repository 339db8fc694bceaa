#!/usr/bin/env bash
# With abort_policy = drain the gateway reads an abandoned stream to its end, and charges it exactly.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price stall-mid+usage-40-20 stall
add_user ann
start_gateway --abort-policy drain

call_in_background stall-mid+usage-40-20 ',"stream":true'
wait_for_value 1 waiting_upstream
kill "$caller"
wait "$caller" || true
tell_upstream release
wait_for_value finished seen 'input[0].outcome'
wait_for_value "1 40 20 0.00008" books_of stall-mid+usage-40-20
expect "exact" "$(in_books 'SELECT status, estimated FROM usage')" "1|0"
expect_no_holds
expect_sound_books

# An upstream that fails after the client has left has failed all the same: nothing is charged.
tell_upstream reset
call_in_background stall
wait_for_value 1 waiting_upstream
kill "$caller"
wait "$caller" || true
kill -KILL "$upstream_pid"
wait_for_value "1 0 0 0.00" books_of stall
expect "failed" "$(in_books "SELECT count(*) FROM usage WHERE status = 3 AND cost = 0")" 1
expect_no_holds
expect_sound_books
