#!/usr/bin/env bash
# POST /api/chat-process streams the answer as lines of JSON, each with the whole text so far, and continues
# from the message that the next question names.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
admin user passwd ann <<< 'correct horse' > /dev/null 2>&1
add_user bob
admin user passwd bob <<< 'battery staple' > /dev/null 2>&1
start_gateway --default-model gpt-4o --web-requests-per-second 0

text="The quick brown fox jumps over the lazy dog."
ann='ann:correct horse'
asked() {
  seen 'JSON.parse(input.at(-1).body).messages.map(m => m.role + ":" + m.content).join("|")'
}
sent() { seen "JSON.parse(input.at(-1).body).$1"; }

web_ask "$ann" One
expect "status" "$status" 200
expect "type" "$(header content-type)" application/octet-stream
expect "one type" "$(grep -ci '^content-type:' <<< "$head")" 1
node --input-type=commonjs --eval '
  const lines = require("fs").readFileSync(0, "utf8").split("\n").map(line => JSON.parse(line))
  const [first, last] = [lines[0], lines.at(-1)]
  if (lines.length < 9) throw Error(lines.length + " lines")
  let text = ""
  for (const { role, id, parentMessageId, text: sofar, delta, detail } of lines) {
    text += delta
    if (role !== "assistant" || id !== first.id || parentMessageId !== first.parentMessageId) throw Error("names")
    if (sofar !== text || detail.object !== "chat.completion.chunk" || !detail.choices[0]) throw Error(sofar)
  }
  if (last.detail.choices[0].finish_reason !== "stop" || !(last.tokenCount > 5)) throw Error("the end")
  if (text !== process.argv[1] || first.id === first.parentMessageId) throw Error(text)
  ' "$text" < "$work/body" || fail "the lines: $body"
expect "asked" "$(asked)" "user:One"
expect "max_tokens" "$(sent max_tokens)" "$((4096 - 8))"
first=$(json input.id <<< "$line")

web_ask "$ann" Two ",\"options\":{\"parentMessageId\":\"$first\"},\"systemMessage\":\"Be brief.\""
expect "continued" "$(asked)" "system:Be brief.|user:One|assistant:$text|user:Two"
web_ask "$ann" Three ",\"options\":{\"parentMessageId\":\"$(json input.id <<< "$line")\"}"
expect "on and on" "$(asked)" "user:One|assistant:$text|user:Two|assistant:$text|user:Three"
web_ask "$ann" Branch ",\"options\":{\"parentMessageId\":\"$first\",\"name\":\"Ann_1\"}"
expect "a branch" "$(asked)" "user:One|assistant:$text|user:Branch"
expect "the speaker" "$(sent 'messages.at(-1).name')" Ann_1
web_ask "$ann" Four ",\"options\":{\"parentMessageId\":\"unknown\"}"
expect "an unknown parent" "$(asked)" "user:Four"
web_ask 'bob:battery staple' Steal ",\"options\":{\"parentMessageId\":\"$first\"}"
expect "another's" "$(asked)" "user:Steal"

web_ask "$ann" Five ',"temperature":0.3,"top_p":0.5,"options":{}'
expect "temperature" "$(sent temperature) $(sent top_p) $(sent stream)" "0.3 0.5 true"
token=$(admin token add ann 2> /dev/null)
wait_until 10 knows_token
post /api/chat-process '{"prompt":"By token","options":null}'
expect "a token of chatgate's" "$status $(asked)" "200 user:By token"
tell_upstream next '{"behaviour":"chunks-500+one-write"}'
web_ask "$ann" Long
expect "a long answer" "$(json 'input.text.split(" ").length' <<< "$line")" 500

expect "books" "$(books_of gpt-4o | cut -d ' ' -f 1)" 9
web_post /api/session '' ''
expect "session" "$body" '{"status":"Success","message":"","data":{"auth":false}}'
web_post /api/config '' ''
expect "config" "$body" '{"status":"Success","data":{"apiModel":"ChatGPTAPI","socksProxy":""}}'
expect_no_holds
expect_sound_books
