#!/usr/bin/env bash
# Memory does not grow with the length of a stream.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price endless+size-60000
add_user ann
start_gateway

memory_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$gateway_pid/status"; }
# read_stream BYTES: reads so many of them and leaves.
read_stream() {
  curl -sSN --max-time 100 -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
    --data-raw "$(chat_body endless+size-60000 ',"stream":true')" "$gateway/v1/chat/completions" \
    2> /dev/null | head -c "$1" | wc -c || true
}
expect "a first stream" "$(read_stream 5000000)" 5000000
before_kb=$(memory_kb)
expect "a long stream" "$(read_stream 400000000)" 400000000
grown_kb=$(($(memory_kb) - before_kb))
((grown_kb < 16384)) || fail "the gateway grew by $grown_kb KB over 400 MB"
wait_for_value "aborted 2" states
expect_no_holds
