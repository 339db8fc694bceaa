#!/usr/bin/env bash
# Every answer bears one x-request-id of its own, whoever gives it, and openai-processing-ms where the
# request was processed; the books know a request by the same id.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o status-400
add_user ann
start_gateway --body-bytes-max 1000 --header-timeout 300ms
good=$token
: > ids

# expect_marks WHAT: of the answer in $head.
expect_marks() {
  expect "ids of $1" "$(grep -ci '^x-request-id:' <<< "$head")" 1
  expect_match "id of $1" "$(header x-request-id)" '^req_[0-9a-f]{16}$'
  header x-request-id >> ids
}

# STATUS METHOD PATH
while read -r expected method path; do
  request "$method" "$path"
  expect "$method $path" "$status" "$expected"
  expect_marks "$method $path"
  expect_match "time of $method $path" "$(header openai-processing-ms)" '^[0-9]+$'
done << 'END'
200 GET /v1/models
200 GET /v1/models/gpt-4o
404 GET /v1/models/none
204 OPTIONS /v1/models
204 OPTIONS /v1/chat/completions
404 GET /nowhere
405 DELETE /healthz
204 OPTIONS /healthz
200 GET /healthz
200 GET /readyz
200 GET /data/week
405 GET /chat
END

# MODEL STATUS FURTHER FIELDS
while read -r model expected fields; do
  chat "$model" "$fields"
  expect "$model" "$status" "$expected"
  expect_marks "$model$fields"
  expect_match "time of $model" "$(header openai-processing-ms)" '^[0-9]+$'
  [[ $model == none ]] ||
    expect "the books know it" "$(in_books "SELECT printf('req_%016x', max(id)) FROM usage")" \
      "$(header x-request-id)"
done << 'END'
gpt-4o 200
gpt-4o 200 ,"stream":true
status-400 400
none 400
END
post /v1/chat/completions "$(printf 'x%.0s' {1..2000})"
expect "too large" "$status" 413
expect_marks "a large body"
token=wrong
chat gpt-4o
expect "wrong token" "$status" 401
expect_marks "a wrong token"

# What no route sees: STATUS REQUEST
auth="Host: g\r\nAuthorization: Bearer $good\r\n"
while IFS='|' read -r expected bytes; do
  head=$(printf '%b' "$bytes" | raw | tr -d '\r')
  expect "status of ${bytes:0:60}" "$(sed -n '1s/^HTTP.1.1 \([0-9]*\).*/\1/p' <<< "$head")" "$expected"
  expect_marks "${bytes:0:60}"
  expect "nothing was processed" "$(header openai-processing-ms)" ""
done << END
400|GET /healthz HTTP/1.1\r\n\r\n
408|GET /healthz HTTP/1.1\r\nHost: g
411|POST /v1/chat/completions HTTP/1.1\r\n$auth\r\n
405|BREW /healthz HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\n\r\n
414|GET /$(printf 'x%.0s' {1..9000}) HTTP/1.1\r\nHost: g\r\n\r\n
431|GET / HTTP/1.1\r\nHost: g\r\nX-Long: $(printf 'x%.0s' {1..70000})\r\n\r\n
431|GET / HTTP/1.1\r\nHost: g\r\n$(printf 'A: b\\r\\n%.0s' {1..100})\r\n
505|GET / HTTP/2.0\r\nHost: g\r\n\r\n
END
stop_gateway

start_gateway --connections-max 1 --headers-max 3
exec {socket}<> "/dev/tcp/127.0.0.1/$port"
printf 'GET /healthz HTTP/1.1\r\nHost: g\r\nA: b\r\nC: d\r\n\r\n' >&"$socket"
read -r -t 10 line <&"$socket" || true
expect_match "three headers are allowed" "$line" ' 200 '
head=$(printf 'GET / HTTP/1.1\r\nHost: g\r\n\r\n' | raw | tr -d '\r')
expect_match "too many connections" "$head" '^HTTP/1.1 503'
expect_marks "a connection too many"
exec {socket}>&-
four_are_refused() {
  printf 'GET / HTTP/1.1\r\nHost: g\r\nA: b\r\nC: d\r\nE: f\r\n\r\n' | raw | grep -q '^HTTP/1.1 431'
}
wait_until 10 four_are_refused

expect "no id twice" "$(sort ids | uniq -d)" ""
