#!/usr/bin/env bash
# An endless stream to a client that takes nothing does not grow the gateway's memory: the upstream
# is made to wait.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price endless+size-60000
add_user ann
start_gateway

memory_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$gateway_pid/status"; }
chat gpt-none
before_kb=$(memory_kb)
mkfifo full # nobody reads it, so that the client takes nothing either
exec {pipe}<> full
curl --silent --no-buffer --header "Authorization: Bearer $token" --header 'Content-Type: application/json' \
  --data-raw "$(chat_body endless+size-60000 ',"stream":true')" "$gateway/v1/chat/completions" > full &
caller=$!
own_pids+=("$caller")
wait_for_value 1 seen input.length

# Every buffer on the way is full once the gateway's processor time stands still.
busy_ticks() { awk '{ print $14 + $15 }' "/proc/$gateway_pid/stat"; }
stands_still() {
  local ticks
  ticks=$(busy_ticks)
  sleep 0.5
  (($(busy_ticks) - ticks <= 2))
}
wait_until 30 stands_still
grown_kb=$(($(memory_kb) - before_kb))
((grown_kb < 16384)) || fail "the gateway grew by $grown_kb KB"
kill "$caller"
wait_for_value "aborted 1" states
wait_for_value left seen 'input[0].outcome'
