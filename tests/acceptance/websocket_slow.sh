#!/usr/bin/env bash
# WebSockets of slow and silent clients: nothing of theirs is kept without bound, and none is kept for ever.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
resident_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$gateway_pid/status"; }

start_gateway --default-model gpt-4o --websocket-idle-timeout 1s --ping-interval 0 --body-timeout 1s --write-timeout 1s
socket=${gateway/http/ws}/ws
node "$here/websocket_slow.mjs" idle "$socket" "$token" "$upstream"
stop_gateway

start_gateway --default-model gpt-4o --body-timeout 1s --write-timeout 2s --ping-interval 10s
socket=${gateway/http/ws}/ws
node "$here/websocket_slow.mjs" trickle "$socket" "$token" "$upstream"
before=$(resident_kb)
node "$here/websocket_slow.mjs" paused "$socket" "$token" "$upstream"
wait_for_value "aborted 1" states
expect_no_holds
look_when_flooded() {
  wait_until 60 grep -q flooded "$work/flood"
  resident_kb > "$work/after"
  echo
}
node "$here/websocket_slow.mjs" flood "$socket" "$token" "$upstream" > "$work/flood" < <(look_when_flooded) ||
  fail "the flood was taken in"
after=$(< "$work/after")
((after - before < 20000)) || fail "slow clients took $((after - before)) KB"
node "$here/websocket_slow.mjs" pings "$socket" "$token" "$upstream"
expect_no_holds
expect_sound_books
