#!/usr/bin/env bash
# GET /data/week gives a token its own requests of the last seven days.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o usage-7-3
add_user ann
anns=$token
add_user bob
start_gateway

chat gpt-4o
token=$anns
chat usage-7-3
post /chat "$(chat_body gpt-4o ',"stream":true')"
request GET /data/week
expect "status" "$status" 200
expect "rows" "$(json 'input.map(row => [row.model, row.total_tokens, row.price].join(" ")).join()' <<< "$body")" \
  "usage-7-3 10 0.000013,gpt-4o 22 0.000031"
expect "fields" "$(json 'Object.keys(input[0]).sort().join()' <<< "$body")" \
  model,price,remote_id,timestamp,total_tokens
expect "remote id" "$(json 'input[0].remote_id' <<< "$body")" chatcmpl-fake-2
expect "timestamp" "$(json 'Math.abs(Date.parse(input[0].timestamp) - Date.now()) < 300e3' <<< "$body")" true
token=sk-cg-wrong
request GET /data/week
expect "wrong token" "$status" 401
