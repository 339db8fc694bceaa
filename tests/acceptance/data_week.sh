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

# More than one page of them: the answer is streamed, and whole.
curl --silent --max-time 60 --parallel --parallel-max 16 --output /dev/null --fail \
  --header "Authorization: Bearer $anns" --header 'Content-Type: application/json' \
  --data-raw "$(chat_body usage-7-3)" "$gateway/v1/chat/completions?n=[1-1100]"
request GET /data/week
expect "pages" "$status $(json 'input.length' <<< "$body")" "200 1102"
expect "each once" "$(json 'new Set(input.map(row => row.remote_id)).size' <<< "$body")" 1102
expect "oldest first" "$(json 'input.every((row, i) => i == 0 || input[i - 1].timestamp <= row.timestamp)' \
  <<< "$body")" true
request GET /data/week --http1.0
expect "without chunks" "$(json 'input.length' <<< "$body")" 1102
token=sk-cg-wrong
request GET /data/week
expect "wrong token" "$status" 401
add_user cyd
request GET /data/week
expect "no request" "$status $body" "200 []"
