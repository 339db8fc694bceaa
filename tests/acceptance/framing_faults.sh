#!/usr/bin/env bash
# A request whose framing is faulty or ambiguous gets its status, and the connection closes, so that
# nothing behind it is taken for a request.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway
json=$(chat_body gpt-4o)
auth="Host: gate\r\nAuthorization: Bearer $token\r\nContent-Type: application/json\r\n"
behind="GET /healthz HTTP/1.1\r\nHost: gate\r\n\r\n"

# faulty STATUS REQUEST: the request, written with printf's escapes, is followed by another one.
faulty() {
  local answer
  answer=$(printf '%b%b' "$2" "$behind" | raw)
  expect "status of ${2:0:200}" "$(sed -n '1s/^HTTP.1.1 \([0-9]*\).*/\1/p' <<< "$answer")" "$1"
  expect "answers to ${2:0:200}" "$(grep -o 'HTTP/1.1 ' <<< "$answer" | wc -l)" 1
  expect_match "envelope" "$answer" '"error":'
  expect_match "close" "${answer,,}" 'connection: close'
}

start="POST /v1/chat/completions HTTP/1.1\r\n$auth"
faulty 400 "${start}Content-Length: 10\r\nContent-Length: 11\r\n\r\n$json"
faulty 400 "${start}Content-Length: ${#json}\r\nContent-Length: ${#json}\r\n\r\n$json"
faulty 400 "${start}Content-Length: ${#json}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
faulty 400 "${start}Content-Length: +5\r\n\r\n12345"
faulty 400 "${start}Content-Length: 0x5\r\n\r\n12345"
faulty 400 "${start}Content-Length: -1\r\n\r\n"
faulty 400 "${start}Content-Length: 99999999999999999999999\r\n\r\n"
faulty 400 "${start}Content-Length: 5, 5\r\n\r\n12345"
faulty 400 "${start}Content-Length : ${#json}\r\n\r\n$json"
faulty 400 "${start}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"
faulty 400 "${start}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"
faulty 400 "${start}Transfer-Encoding: chunked\r\n\r\nzz\r\n"
faulty 400 "${start}Transfer-Encoding: chunked\r\n\r\n5\r\n1234567"
faulty 400 "${start}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"
faulty 400 "${start}X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{}"
faulty 400 "${start}X-Bad: a\x01b\r\nContent-Length: 2\r\n\r\n{}"
faulty 400 "${start}Bad Name: a\r\nContent-Length: 2\r\n\r\n{}"
faulty 400 "${start}Host: other\r\nContent-Length: 2\r\n\r\n{}"
faulty 400 "GET /healthz HTTP/1.1\r\n\r\n"
faulty 400 "GET  /healthz HTTP/1.1\r\nHost: gate\r\n\r\n"
faulty 505 "GET /healthz HTTP/2.0\r\nHost: gate\r\n\r\n"
faulty 411 "$start\r\n"
faulty 431 "GET /healthz HTTP/1.1\r\nHost: gate\r\nX-Long: $(printf 'x%.0s' {1..70000})\r\n\r\n"
faulty 414 "GET /$(printf 'x%.0s' {1..9000}) HTTP/1.1\r\nHost: gate\r\n\r\n"
expect "relayed" "$(seen input.length)" 0
expect_no_holds
expect "books" "$(states)" ""
