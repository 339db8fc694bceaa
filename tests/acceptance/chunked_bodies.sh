#!/usr/bin/env bash
# A request body in chunks arrives whole, chunk extensions and trailers notwithstanding.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway

json=$(chat_body gpt-4o)
chat gpt-4o '' --header 'Transfer-Encoding: chunked'
expect "status" "$status" 200
expect "body" "$(seen 'input[0].body')" "$json"

chunks() {
  local i
  for ((i = 0; i < ${#json}; i++)); do printf '1;ext=1\r\n%s\r\n' "${json:i:1}"; done
  printf '000\r\nX-Trailer: 1\r\n\r\n'
}
answer=$({
  printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer %s\r\n' "$token"
  printf 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
  chunks
} | raw)
expect_match "byte by byte" "$answer" '^HTTP/1.1 200'
expect "body byte by byte" "$(seen 'input[1].body')" "$json"
expect "trailer" "$(seen 'input[1].headers.filter(h => /x-trailer/i.test(h[0])).length')" 0
