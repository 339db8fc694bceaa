#!/usr/bin/env bash
# Whatever goes wrong at the door `web` is told in its own words; nothing is charged that was not said, and
# nothing stays reserved.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
admin user passwd ann <<< 'correct horse' > /dev/null 2>&1
start_gateway --default-model gpt-4o --web-requests-per-second 0 --failures-to-set-aside 1000

ann='ann:correct horse'
fails() {
  expect "$1" "$status $(json 'Object.keys(input).join() + " " + input.status + " " + input.data' <<< "$line")" \
    "200 status,message,data Fail null"
}
for body in '' '[]' '{' '{}' '{"prompt":""}' '{"prompt":" \n"}' '{"prompt":7}' '{"prompt":"x","options":7}' \
  '{"prompt":"x","options":{"parentMessageId":7}}' '{"prompt":"x","options":{"name":"a b"}}' \
  '{"prompt":"x","temperature":3}' '{"prompt":"x","temperature":"hot"}' '{"prompt":"x","top_p":-1}' \
  '{"prompt":"x","systemMessage":[]}'; do
  wrong=$body
  web_post /api/chat-process "$wrong" "$ann"
  line=$body
  fails "$wrong"
done
request GET /api/chat-process
expect "GET" "$status $(header allow)" "405 POST, OPTIONS"
expect "upstream" "$(seen input.length)" 0

tell_upstream next '{"behaviour":"status-500","times":3}'
web_ask "$ann" Hello
fails "an upstream that fails"
tell_upstream next '{"behaviour":"status-400"}'
web_ask "$ann" Hello
fails "an upstream that refuses"
for behaviour in cut-chunk end-early error-mid; do
  tell_upstream next "{\"behaviour\":\"$behaviour\"}"
  web_ask "$ann" Hello
  fails "$behaviour"
  expect "$behaviour begins like an answer" "$(json input.role <<< "${body%%$'\n'*}")" assistant
done
tell_upstream next '{"behaviour":"status-429+retry-after-3600","times":9}'
web_ask "$ann" Hello
fails "a busy upstream"
tell_upstream reset
web_ask "$ann" Hello
expect "all is well" "$(json input.text <<< "$line")" "The quick brown fox jumps over the lazy dog."

admin price remove gpt-4o --yes > /dev/null 2>&1 || admin price remove gpt-4o > /dev/null
unpriced() { web_ask "$ann" Hello && [[ $body == *'no price'* ]]; }
wait_until 10 unpriced
fails "no price"
expect_no_holds
expect_sound_books
stop_gateway

start_gateway --default-model gpt-4o --web-requests-per-second 1 --web-requests-burst 2
asked=0
until web_ask '' Hello && [[ $status == 429 ]]; do
  ((++asked < 20)) || fail "one request a second is no limit"
done
expect "the limit" "$(json 'input.status + " " + input.data' <<< "$body") $(header retry-after)" "Fail null 1"
web_post /api/session '' ''
expect "the page's other requests" "$status" 200
