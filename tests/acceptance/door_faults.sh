#!/usr/bin/env bash
# What the transport refuses by itself is told in the words of the door that it was sent to.
. "$(dirname "$0")/lib.sh"
start_upstream
start_gateway --body-bytes-max 1000

# refused PATH HEADERS: the status and the body of the answer to a POST with these header lines.
refused() {
  printf 'POST %s HTTP/1.1\r\nHost: g\r\n%b\r\n' "$1" "$2" | raw | tr -d '\r' |
    sed -n '1s/HTTP\/1.1 \([0-9]*\).*/\1/p; /^$/,$p' | tr '\n' ' ' | tr -s ' '
}
expect_match "/v1" "$(refused /v1/chat/completions '')" '^411 \{"error":\{"message":'
expect_match "web" "$(refused /api/chat-process 'Content-Length: x\r\n')" '^200 \{"status":"Fail",'
expect_match "ask" "$(refused /ask/new '')" '^411 \{"detail":'
expect_match "chatgpt" "$(refused '/chatgpt?prompt=a' 'A b: c\r\n')" '^400 \{"code":400,"msg":"failed","data":\{'
expect_match "platform" "$(refused /api '')" '^400 \{"code":400,"msg":'
expect_match "bot" "$(refused /api/chat '')" '^200 \{"code":411,"data":null,"msg":'
expect_match "elsewhere" "$(refused /nowhere '')" '^411 \{"error":'
token=sk-cg-x
for path in /ask/new /api/chat; do
  post "$path" "{\"prompt\":\"$(printf 'x%.0s' {1..2000})\"}"
  [[ $body != *'"error"'* ]] || fail "$path: $body"
done
expect_no_holds
