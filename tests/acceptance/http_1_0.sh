#!/usr/bin/env bash
# A client of HTTP/1.0 gets whole answers without chunks, and the connection ends with a stream.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway

chat gpt-4o '' --http1.0
expect "status" "$status" 200
expect "text" "$(json 'input.choices[0].message.content.length' <<< "$body")" 44
chat gpt-4o ',"stream":true' --http1.0 --no-buffer
expect "stream" "$status" 200
expect "no chunks" "$(header transfer-encoding)" ""
expect "the end" "$(tail -n 1 <<< "$body")" "data: [DONE]"
answer=$(printf 'GET /healthz HTTP/1.0\r\n\r\n' | raw)
expect_match "without Host" "$answer" '^HTTP/1\.[01] 200'
expect "books" "$(books_of gpt-4o)" "2 26 18 0.000062"
