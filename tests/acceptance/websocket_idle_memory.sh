#!/usr/bin/env bash
# An idle WebSocket costs no more than 40 KB, whether or not it has asked before.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --default-model gpt-4o
socket=${gateway/http/ws}/ws
count=${COUNT:-1000}

resident_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$gateway_pid/status"; }

# measure [ask]: sets $each, in bytes.
measure() {
  : > "$work/clients"
  local before after
  before=$(resident_kb)
  mkfifo "$work/hold"
  node "$here/websocket_idle_memory.mjs" "$socket" "$token" "$count" "$@" < "$work/hold" > "$work/clients" &
  local client=$!
  own_pids+=("$client")
  exec {hold}> "$work/hold"
  wait_until 120 grep -q open "$work/clients"
  after=$(resident_kb)
  exec {hold}>&-
  wait "$client" || fail "the clients failed"
  rm "$work/hold"
  each=$(((after - before) * 1024 / count))
}

measure
echo "an idle WebSocket takes $each bytes"
((each <= 40960)) || fail "an idle WebSocket takes $each bytes"
stop_gateway
start_gateway --default-model gpt-4o
socket=${gateway/http/ws}/ws
measure ask
echo "one that has asked takes $each bytes"
((each <= 40960)) || fail "one that has asked takes $each bytes"
