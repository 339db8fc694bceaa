#!/usr/bin/env bash
# Without a valid token nothing is relayed: 401 in OpenAI's envelope, however the token is missing.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
good=$token
start_gateway

for wrong in "" sk-cg-wrong "${good}x" "${good%?}" "sk-proj-something" "$(printf 'a%.0s' {1..5000})"; do
  token=$wrong
  chat gpt-4o
  expect "status with '${wrong:0:40}'" "$status" 401
  expect "error" "$(error_of)" "invalid_request_error invalid_api_key"
done
for header in "Authorization: Basic $(printf 'a:b' | base64)" "Authorization: $good" \
  "Authorization: Bearer" "Authorization;" "X-Other: 1"; do
  code=$(curl -sS -o "$work/body" -w '%{http_code}' -H "$header" \
    --data-raw "$(chat_body gpt-4o)" "$gateway/v1/chat/completions")
  expect "status with '${header:0:24}'" "$code" 401
done
expect "relayed" "$(seen input.length)" 0

code=$(curl -sS -o "$work/body" -w '%{http_code}' -H "api-key: $good" \
  -H 'content-type: application/json' --data-raw "$(chat_body gpt-4o)" "$gateway/v1/chat/completions")
expect "api-key, as Azure's clients send it" "$code" 200
code=$(curl -sS -o "$work/body" -w '%{http_code}' -H "authorization: bearer $good" \
  -H 'content-type: application/json' --data-raw "$(chat_body gpt-4o)" "$gateway/v1/chat/completions")
expect "the scheme in lower case (RFC 9110, 11.1)" "$code" 200
expect "charged" "$(states)" "completed 2"
