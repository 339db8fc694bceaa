#!/usr/bin/env bash
# WebSockets of slow and silent clients: nothing of theirs is kept without bound, and none is kept for ever.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
resident_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$gateway_pid/status"; }

start_gateway --default-model gpt-4o --websocket-idle-timeout 1s --ping-interval 0 --body-timeout 1s --write-timeout 1s
node "$here/websocket_slow.mjs" idle "$port" "$token" "$upstream"
stop_gateway

start_gateway --default-model gpt-4o --body-timeout 1s --write-timeout 2s --ping-interval 10s
node "$here/websocket_slow.mjs" trickle "$port" "$token" "$upstream"
before=$(resident_kb)
node "$here/websocket_slow.mjs" paused "$port" "$token" "$upstream"
wait_for_value "aborted 1" states
expect_no_holds
node "$here/websocket_slow.mjs" flood "$port" "$token" "$upstream" > "$work/flood" < <(wait_until 60 grep -q flooded "$work/flood"
  resident_kb > "$work/after"; echo) || fail "the flood was taken in"
after=$(< "$work/after")
((after - before < 20000)) || fail "slow clients took $((after - before)) KB"
node "$here/websocket_slow.mjs" pings "$port" "$token" "$upstream"
expect_no_holds
expect_sound_books
