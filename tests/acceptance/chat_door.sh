#!/usr/bin/env bash
# POST /chat relays OpenAI's chat completions under a chatgate token, plain and streamed.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway

post /chat "$(chat_body gpt-4o)"
expect "status" "$status" 200
expect "text" "$(json 'input.choices[0].message.content' <<< "$body")" \
  "The quick brown fox jumps over the lazy dog."
post /chat "$(chat_body gpt-4o ',"stream":true')"
expect_match "stream" "$body" '"content":" quick".*data: \[DONE\]'
expect "books" "$(books_of gpt-4o)" "2 26 18 0.000062"

post /chat "$(chat_body gpt-3.5-turbo)"
expect "unpriced" "$status" 400
expect_match "unpriced" "$body" 'model gpt-3.5-turbo not config. please contact administrator'
token=sk-cg-wrong
post /chat "$(chat_body gpt-4o)"
expect "wrong token" "$status" 401
expect "relayed" "$(seen input.length)" 2
