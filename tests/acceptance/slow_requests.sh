#!/usr/bin/env bash
# A head or a body that does not come in time is 408, and the connection closes; an idle connection
# is closed without a word.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --header-timeout 300ms --body-timeout 300ms --idle-timeout 600ms

answer=$(printf 'GET /healthz HTTP/1.1\r\nHost: g' | raw)
expect_match "half a head" "$answer" '^HTTP/1.1 408'
expect_match "envelope" "$answer" '"error":'
answer=$(printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer %s\r\n%s' \
  "$token" $'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"model"' | raw)
expect_match "half a body" "$answer" '^HTTP/1.1 408'
expect "nothing sent" "$(printf '' | raw)" ""
answer=$(printf 'GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n' | raw)
expect "one answer, then the end" "$(grep -o 'HTTP/1.1 ' <<< "$answer" | wc -l)" 1
expect "relayed" "$(seen input.length)" 0
expect_no_holds
