#!/usr/bin/env bash
# gRPC: SIGTERM lets running answers end whole and takes no new ones; a second one ends them, and what
# they have cost so far is charged.
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
start_upstream
set_price gpt-4o
add_user ann
start_grpc_gateway

tell_upstream next '{"behaviour":"step","times":20}'
ask_in_background '"times":20'
wait_for_value 20 waiting_upstream
tell_upstream step '{"n":20}'
kill -TERM "$gateway_pid"
wait_until 10 grep -q 'stopping' "$log"
refuses_calls() { [[ $(grpc health 2>&1) == *UNAVAILABLE* ]]; }
wait_until 10 refuses_calls
! gateway_is_gone || fail "it did not wait for the answers"
tell_upstream release
wait "$asker" || fail "the client failed"
wholes='input.filter(one => one.code === "OK" && one.messages.length === 10).length'
expect "whole answers" "$(json "$wholes" < asked)" 20
wait_for_gateway_to_leave
expect "the end" "$exit_status" 0
expect "states" "$(states)" "completed 20"

start_grpc_gateway
tell_upstream reset
tell_upstream next '{"behaviour":"step","times":5}'
ask_in_background '"times":5'
wait_for_value 5 waiting_upstream
tell_upstream step '{"n":10}'
kill -TERM "$gateway_pid"
wait_until 10 eval '[[ $(grep -c stopping "$log") == 2 ]]'
kill -TERM "$gateway_pid"
wait "$asker" || fail "the client failed"
expect "not one is whole" "$(json '[...new Set(input.map(one => one.code))].join()' < asked)" UNAVAILABLE
wait_for_gateway_to_leave
expect "the other end" "$exit_status" 1
expect "states" "$(states)" "aborted 5, completed 20"
expect_no_holds
expect_sound_books

# A start that has nothing to do ends as quickly with idle clients as without.
start_grpc_gateway
: > watched
timeout 60 node "$here/grpc_client.mjs" "$grpc" watch > watched &
own_pids+=($!)
wait_for_value '"SERVING"' cat watched
stop_gateway
expect "an idle end" "$exit_status" 0
