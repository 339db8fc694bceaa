#!/usr/bin/env bash
# A client that waits for `100 Continue` is told to go on; one that would be refused is told so
# without sending its body.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --body-bytes-max 1MiB

chat gpt-4o '' --header 'Expect: 100-continue' --expect100-timeout 50
expect "status" "$status" 200
expect_match "continue" "$head" '^HTTP/1.1 100'

answer=$(printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer %s\r\n%s' \
  "$token" $'Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n' | raw)
expect_match "too large" "$answer" '^HTTP/1.1 413'
answer=$(printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer wrong\r\n%s' \
  $'Content-Length: 20\r\nExpect: 100-continue\r\n\r\n' | raw)
expect_match "wrong token" "$answer" '^HTTP/1.1 401'
expect "books" "$(states)" "completed 1"
