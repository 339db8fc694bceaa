#!/usr/bin/env bash
# A body that is no JSON object with a model is refused with 400 and costs nothing.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway

deep=$(printf '[%.0s' {1..3000})
for wrong in '' '{' 'nonsense' '[]' '"gpt-4o"' 'null' '{"model":"gpt-4o"' \
  '{"messages":[]}' '{"model":7,"messages":[]}' '{"model":null}' '{"model":""}' \
  '{"model":"gpt-4o","messages":[}' '{"model":"gpt-4o"}}' "{\"model\":\"gpt-4o\",\"x\":$deep" \
  '{"model":"gpt-4o","max_tokens":-1,"messages":[]}' \
  '{"model":"gpt-4o","max_tokens":"many","messages":[]}' \
  '{"model":"gpt-4o","stream":"yes","messages":[]}'; do
  post /v1/chat/completions "$wrong"
  expect "status of '${wrong:0:60}'" "$status" 400
  expect_match "error of '${wrong:0:60}'" "$(error_of)" '^invalid_request_error'
done
post /v1/chat/completions "$(chat_body gpt-none)"
expect "unpriced" "$status" 400
expect "unpriced" "$(error_of)" "invalid_request_error model_not_priced model"
printf '{"model":"gpt-4o","messages":[{"role":"user","content":"\xff\xfe"}]}' > "$work/not-utf8"
request POST /v1/chat/completions -H 'Content-Type: application/json' --data-binary @"$work/not-utf8"
expect "not UTF-8" "$status" 400
expect "relayed" "$(seen input.length)" 0
expect_no_holds
chat gpt-4o
expect "the gateway is well" "$status" 200
expect "books" "$(states)" "completed 1"
