#!/usr/bin/env bash
# What a request could cost at most must be there before it starts, whichever way its bound is given:
# the balance for it is enough, a millionth less is not.
. "$(dirname "$0")/lib.sh"
start_upstream
for model in usage-0-1 usage-0-2; do
  admin price set "$model" --input 0 --output 1000 --max-output 5000 > /dev/null
done
admin price set usage-30-0 --input 1000 --output 0 --max-input 10 > /dev/null
add_user rich 100
add_user poor 1
start_gateway

# set_balance NAME USD
set_balance() {
  local now
  now=$(in_books "SELECT printf('%.9f', $2 - balance / 1e9) FROM users WHERE name = '$1'")
  admin user recharge "$1" --adjust -- "$now" > /dev/null
  add_token "$1"
}
# bounded USD PATH BODY
bounded() {
  set_balance rich "$1"
  post "$2" "$3"
  expect "$3 with $1 USD" "$status" 200
  set_balance poor "$(printf '%.6f' "$(node -p "$1 - 1e-6")")"
  post "$2" "$3"
  expect "$3 with a little less than $1 USD" "$status $(error_of)" \
    "429 insufficient_quota insufficient_quota"
}
chat=/v1/chat/completions
messages='"messages":[{"role":"user","content":"Hello"}]'
bounded 5 $chat "{\"model\":\"usage-0-1\",$messages}"
bounded 1 $chat "{\"model\":\"usage-0-1\",\"max_tokens\":1000,$messages}"
bounded 2 $chat "{$messages,\"max_completion_tokens\":2000,\"model\":\"usage-0-1\"}"
bounded 3 $chat "{\"model\":\"usage-0-1\",\"max_tokens\":1000,\"n\":3,$messages}"
bounded 1 /v1/responses '{"model":"usage-0-2","max_output_tokens":1000,"input":"Hello"}'
bounded 4 /v1/completions '{"model":"usage-0-1","prompt":"Hello","max_tokens":1000,"best_of":4}'
bounded 2 /v1/completions '{"model":"usage-0-1","prompt":["Hello","again"],"max_tokens":1000}'
bounded 0.03 /v1/embeddings \
  '{"model":"usage-30-0","input":["Hello, Hello","Hello, Hello","Hello, Hello"]}'
expect_no_holds
expect_sound_books
