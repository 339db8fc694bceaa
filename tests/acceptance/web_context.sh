#!/usr/bin/env bash
# Of a long conversation the oldest messages are cut, so that there is room for the answer; a prompt that is
# too long by itself is refused; a message is forgotten when its time is over.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
admin user passwd ann <<< 'correct horse' > /dev/null 2>&1
limits=(--web-requests-per-second 0 --context-tokens 100 --min-response-tokens 40)
start_gateway --default-model gpt-4o "${limits[@]}"

ann='ann:correct horse'
asked() {
  seen 'JSON.parse(input.at(-1).body).messages.map(m => m.content[0]).join("")'
}
parent() { printf ',"options":{"parentMessageId":"%s"}' "$(json input.id <<< "$line")"; }

# The whole takes 3 tokens, a message 4 and its content: the questions 2, the answers 10.
web_ask "$ann" "1 one"
expect "the rest is for the answer" "$(seen 'JSON.parse(input.at(-1).body).max_tokens')" "$((100 - 3 - 6))"
web_ask "$ann" "2 two" "$(parent)"
web_ask "$ann" "3 three" "$(parent)"
expect "all fits" "$(asked)" "1T2T3"
expect "the rest" "$(seen 'JSON.parse(input.at(-1).body).max_tokens')" "$((100 - 3 - 3 * 6 - 2 * 14))"
web_ask "$ann" "4 four" "$(parent)"
expect "the oldest are cut" "$(asked)" "2T3T4"
expect "the rest again" "$(seen 'JSON.parse(input.at(-1).body).max_tokens')" "$((100 - 3 - 3 * 6 - 2 * 14))"

long=$(printf 'word %.0s' {1..60})
requests=$(seen input.length)
web_ask "$ann" "$long"
expect "too long" "$status $(json 'input.status + " " + input.data' <<< "$body")" "200 Fail null"
expect_match "too long" "$body" 'too long'
web_post /api/chat-process "{\"prompt\":\"$long\"}" "$ann" --header 'Accept-Language: zh-CN'
expect_match "in Chinese" "$body" '最多 60 个 token'
expect "neither went upstream" "$(seen input.length)" "$requests"

stop_gateway
start_gateway --default-model gpt-4o "${limits[@]}" --web-message-ttl 1s
web_ask "$ann" "5 five"
before=$(parent)
forgets() {
  web_ask "$ann" "6 six" "$before"
  [[ $(asked) == 6 ]]
}
wait_until 10 forgets
expect_no_holds
expect_sound_books
