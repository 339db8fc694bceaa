#!/usr/bin/env bash
# A takeover loses no question of a WebSocket and none over gRPC: what is being answered is answered whole,
# what is asked next on an old connection too, and then its client comes to the new process.
# ctest: TIMEOUT 300
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
start_upstream
set_price gpt-4o
add_user ann
start_grpc_gateway
first=$gateway_pid

tell_upstream next '{"behaviour":"stall-mid","times":2}'
ask_in_background
wait_for_value 1 waiting_upstream
coproc clients { node "$here/takeover_doors.mjs" "ws://127.0.0.1:$port/ws" "$grpc" "$token"; }
hear() {
  local line
  read -r -t 60 line <&"${clients[0]}" || line="nothing"
  expect "$1" "$line" "$1"
}
hear "half an answer"
wait_for_value 2 waiting_upstream
hear "all are there"

kill -USR2 "$first"
has_moved_on() { [[ $(< "$db.lock") != "$first" ]]; }
wait_until 100 has_moved_on
own_pids+=("$(< "$db.lock")")
expect "both doors are seen" "$(inflight_endpoints | tr ',' '\n' | sort -u | tr '\n' ' ')" "/chat.Chat/Ask /ws "
echo go >&"${clients[1]}"
hear "the idle one is answered and told to come back"
hear "gRPC on the old channel"
kill -0 "$first" || fail "the old process did not wait"
tell_upstream release
hear "the other half, and told to come back"
wait "$asker" || fail "the gRPC client failed"
expect "the call that ran" "$(json 'input.code + " " + input.messages.length' < asked)" "OK 10"
status=0
wait "$first" || status=$?
expect "the old process" "$status" 0
ask
expect "the new process" "$code" OK
expect_match "states" "$(states)" '^completed [0-9]+$'
kill "$(< "$db.lock")"
wait_until 60 eval '! kill -0 $(< "$db.lock") || grep -q "^State:.*Z" /proc/$(< "$db.lock")/status'
expect_no_holds
expect_sound_books
