#!/usr/bin/env bash
# An unknown path is 404 and a wrong method 405 with `allow`, in OpenAI's envelope, for no money.
. "$(dirname "$0")/lib.sh"
start_upstream
start_gateway
set_price gpt-4o
add_user ann

for path in / /nothing /v2/chat/completions /chat/other /v1x /data; do
  request GET "$path"
  expect "GET $path" "$status" 404
  expect_match "error of $path" "$(error_of)" '^invalid_request_error'
done
for call in "GET /chat allow:POST" "DELETE /chat allow:POST" "POST /healthz allow:GET" \
  "GET /v1/chat/completions allow:POST"; do
  read -r method path allow <<< "$call"
  request "$method" "$path"
  expect "$method $path" "$status" 405
  expect_match "error of $method $path" "$(error_of)" '^invalid_request_error'
  expect_match "allow of $method $path" "$(header allow)" "${allow#allow:}"
done
request POST "/v1/chat/completions" --header 'Content-Type: application/json' --data-raw '{}' \
  --request-target "/v1/%00%ff/../../etc/passwd"
expect_match "an absurd path" "$status" '^4'
expect "relayed" "$(seen input.length)" 0
expect_no_holds
expect "books" "$(states)" ""
