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
exec {socket}<> "/dev/tcp/127.0.0.1/$port"
body=$(chat_body endless+size-60000 ',"stream":true')
printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n%s' \
  "$token" "Content-Length: ${#body}" "$body" >&"$socket"

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
exec {socket}>&-
wait_for_value "aborted 1" states
wait_for_value left seen 'input[0].outcome'
