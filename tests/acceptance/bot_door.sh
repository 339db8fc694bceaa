#!/usr/bin/env bash
# The door `bot`: POST /api/chat answers always with 200 and says in its envelope how it went.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --default-model gpt-4o --bot-desc 'You help.' --bot-max-tokens 77 --default-temperature 0.9

text="The quick brown fox jumps over the lazy dog."
# bot PROMPT: the envelope of the answer.
bot() {
  post "${path:-/api/chat}" "$(printf '{"prompt":"%s"}' "$1")"
  expect "status" "$status" 200
}
asked() {
  seen "JSON.parse(input.at(-1).body).$1"
}

bot 你好
expect "answer" "$body" "{\"code\":200,\"data\":\"$text\",\"msg\":\"success\"}"
expect "asked" "$(asked messages)" \
  '[{"role":"system","content":"You help."},{"role":"user","content":"你好。\n"}]'
expect "as configured" "$(asked 'max_tokens + JSON.parse(input.at(-1).body).temperature')" 77.9
for end in 。 '?' ？; do
  path=/ai/chat bot "Hi$end"
  expect "an end" "$(asked 'messages[1].content')" "Hi$end"
done
bot ''
expect "no prompt" "$(json '[input.code, input.data]' <<< "$body")" '[400,null]'
token=sk-cg-wrong bot Hi
expect "wrong token" "$body" '{"code":403,"data":null,"msg":"非法访问"}'
token='' bot Hi
expect "no token" "$body" '{"code":403,"data":null,"msg":"非法访问"}'
tell_upstream next '{"behaviour":"status-500","times":5}'
bot Hi
expect "upstream" "$(json '[input.code, input.data]' <<< "$body")" '[502,null]'
for closed in /ai/chat_custom /ai/chat_proxy; do
  post $closed '{"api_key":"sk-own","messages":[{"role":"user","content":"Hi"}]}'
  expect "$closed" "$status $(json '[input.code, input.data]' <<< "$body")" '200 [404,null]'
done
expect "books" "$(books_of gpt-4o)" "5 52 36 0.000124"
expect_no_holds
expect_sound_books
