#!/usr/bin/env bash
# Requests sent in one go over one connection are answered in their order.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price chunks-1 chunks-2 chunks-3
add_user ann
start_gateway

ask() {
  local json
  json=$(chat_body "$1" "${2:-}")
  printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %s\r\n' "$token"
  printf 'Content-Type: application/json\r\nConnection: %s\r\n' "${3:-keep-alive}"
  printf 'Content-Length: %s\r\n\r\n%s' "${#json}" "$json"
}
answers=$({ ask chunks-1; ask chunks-2 ',"stream":true'; ask chunks-3 '' close; } | raw)
expect "answers" "$(grep -o 'HTTP/1.1 200' <<< "$answers" | wc -l)" 3
expect "order" "$(grep -oE '"model":"chunks-[0-9]"' <<< "$answers" | uniq | tr -dc '0-9')" 123
expect "books" "$(states)" "completed 3"

# Half a request behind a whole one is waited for, not lost.
half=$(ask chunks-1 '' close)
exec {socket}<> "/dev/tcp/127.0.0.1/$port"
{ ask chunks-3; printf '%s' "${half:0:200}"; } >&"$socket"
wait_for_value "completed 4" states
printf '%s' "${half:200}" >&"$socket"
expect "both" "$(timeout 20 cat <&"$socket" | grep -o 'HTTP/1.1 200' | wc -l)" 2
