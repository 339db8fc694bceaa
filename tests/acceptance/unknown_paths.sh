#!/usr/bin/env bash
# An unknown path is 404 and a wrong method 405 with `allow`, in OpenAI's envelope, for no money.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway

for path in / /nothing /v2/chat/completions /chat/other /v1x /data; do
  request GET "$path"
  expect "GET $path" "$status" 404
  expect_match "error of $path" "$(error_of)" '^invalid_request_error'
done
for call in "GET /chat allow:POST" "DELETE /chat allow:POST" "POST /healthz allow:GET"; do
  read -r method path allow <<< "$call"
  request "$method" "$path" --data-raw ''
  expect "$method $path" "$status" 405
  expect_match "error of $method $path" "$(error_of)" '^invalid_request_error'
  expect_match "allow of $method $path" "$(header allow)" "${allow#allow:}"
done
for target in '/v1/%00%ff' '/v1/../../etc/passwd' '/%2e%2e/v1' '*' '/v1/\' '/v1/%zz'; do
  request GET /v1/models --request-target "$target"
  expect_match "GET $target" "$status" '^40[0-9]$'
done
expect "relayed" "$(seen input.length)" 0
expect_no_holds
expect "books" "$(states)" ""
