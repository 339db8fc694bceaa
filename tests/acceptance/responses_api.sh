#!/usr/bin/env bash
# /v1/responses is metered by its own usage, plain and streamed, with every event as it came; reading
# a stored response again costs nothing.
. "$(dirname "$0")/lib.sh"
start_upstream
model=usage-1000-500+cached-400+reasoning-100
admin price set "$model" --input 1 --output 2 --cached-input 0.25 --reasoning 3 \
  --max-output 4096 > /dev/null
add_user ann
start_gateway

post /v1/responses "{\"model\":\"$model\",\"input\":\"Hello\"}"
expect "status" "$status" 200
id=$(json input.id <<< "$body")
# 600 x 1 + 400 x 0.25 + 400 x 2 + 100 x 3 = 1,800 millionths
expect "books" "$(books_of "$model")" "1 1000 500 0.0018"
post /v1/responses "{\"model\":\"$model\",\"input\":\"Hello\",\"stream\":true}"
expect "events" "$(grep -c '^event: response\.output_text\.delta' <<< "$body")" 9
expect_match "end" "$body" 'event: response.completed'
[[ $body != *'[DONE]'* ]] || fail "responses have no [DONE]"
expect "books" "$(books_of "$model")" "2 2000 1000 0.0036"

request GET "/v1/responses/$id"
expect "stored" "$status $(json input.usage.output_tokens <<< "$body")" "200 500"
request DELETE "/v1/responses/$id"
expect "deleted" "$status" 200
expect "not billed again" "$(books_of "$model")" "2 2000 1000 0.0036"
expect "balance" "$(balance_of ann)" 9.9964
expect_sound_books
