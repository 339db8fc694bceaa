#!/usr/bin/env bash
# The door `ask`: conversations are begun, continued, branched, and nobody else's.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user bob
bob=$token
add_user ann
start_gateway --default-model gpt-4o

text="The quick brown fox jumps over the lazy dog."
# ask ID PROMPT [PARENT]: sets $id and $parent by the answer.
ask() {
  post "/ask/$1" "$(printf '{"prompt":"%s","parent_id":%s}' "$2" "${3:+\"}${3:-null}${3:+\"}")"
  [[ $status != 200 ]] || read -r id parent < <(json 'input.conversation_id + " " + input.parent_id' <<< "$body")
}
asked() {
  seen 'JSON.parse(input.at(-1).body).messages.map(m => m.content).join("|")'
}

ask new '\n\nOne\n  \ntwo'
expect "status" "$status" 200
expect "shape" "$(json 'Object.keys(input).join()' <<< "$body")" "message,conversation_id,parent_id,model"
expect "message" "$(json input.message <<< "$body")" "$text"
expect "empty lines" "$(asked)" $'One\ntwo'
first=$parent
ask "$id" Three "$parent"
expect "continued" "$(asked)" $'One\ntwo|'"$text|Three"
ask "$id" Four
expect "from the latest" "$(asked)" $'One\ntwo|'"$text|Three|$text|Four"
ask "$id" Branch "$first"
expect "a branch" "$(asked)" $'One\ntwo|'"$text|Branch"
[[ $parent != "$first" ]] || fail "an answer has no id of its own"

mine=$id
token=$bob ask "$mine" Steal "$first"
expect "another's" "$status $(json 'Object.keys(input).join()' <<< "$body")" "404 detail"
theirs=$body
ask 00000000-0000-4000-8000-000000000000 Hi
expect "unknown" "$status" 404
expect "no difference" "$body" "$theirs"
ask new ''
expect "no prompt" "$status" 400
post /ask/new '{"prompt":7}'
expect "a wrong prompt" "$status $(json 'typeof input.detail' <<< "$body")" "400 string"
tell_upstream next '{"behaviour":"status-500","times":5}'
ask "$mine" Five
expect "upstream" "$status" 502
ask "$mine" Six
expect "a failed question is not remembered" "$(asked)" $'One\ntwo|'"$text|Branch|$text|Six"
ask '' Hi
expect "no conversation" "$status $(json 'Object.keys(input).join()' <<< "$body")" "404 detail"
request GET /ask/new
expect "GET" "$status $(header allow)" "405 POST, OPTIONS"
expect "books" "$(books_of gpt-4o)" "6 65 45 0.000155"
expect_no_holds
expect_sound_books
expect "one endpoint" "$(admin usage report --format json --by endpoint | json 'input.map(row => row.endpoint)')" \
  '["/ask/{id}"]'
