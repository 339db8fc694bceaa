#!/usr/bin/env bash
# The door `platform`: GET /chatgpt and POST /api as their clients use them, with their envelopes.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --default-model gpt-4o

text="The quick brown fox jumps over the lazy dog."

# get PROMPT [CURL ARGUMENT...]: as its clients ask; the key stands in a header of its own.
get() {
  status=$(curl --silent --max-time 60 --output "$work/body" --write-out '%{http_code}' --get \
    --header "ApiKey: $token" --data-urlencode "prompt=$1" "${@:2}" "$gateway/chatgpt")
  body=$(< "$work/body")
}

get "What is it? & = % 你好"
expect "status" "$status" 200
expect "answer" "$body" "{\"code\":200,\"msg\":\"success\",\"data\":{\"response\":\"$text\"}}"
expect "asked" "$(seen 'JSON.parse(input.at(-1).body).messages')" \
  '[{"role":"user","content":"What is it? & = % 你好"}]'
expect "model" "$(seen 'JSON.parse(input.at(-1).body).model')" gpt-4o
get Hi --header 'Model: gpt-none'
expect "unpriced" "$status" 400
expect "unpriced" "$(json '[input.code, input.msg, input.data.response.includes("gpt-none")]' <<< "$body")" \
  '[400,"failed",true]'
get "  "
expect "empty prompt" "$(json '[input.code, input.msg]' <<< "$body")" '[400,"failed"]'
token=sk-cg-wrong get Hi
expect "wrong key" "$status $(json '[input.code, input.msg]' <<< "$body")" '401 [401,"failed"]'
token='' get Hi --header 'Accept-Language: zh-CN'
expect "in Chinese" "$body" '{"code":401,"msg":"failed","data":{"response":"缺少 API 令牌"}}'
for data in 'prompt=Hi+there' '{"prompt":"Hi there"}'; do
  curl --silent --max-time 60 --request GET --header "ApiKey: $token" --data "$data" "$gateway/chatgpt" > "$work/body"
  expect "as a body" "$(json input.data.response < "$work/body")" "$text"
  expect "as a body" "$(seen 'JSON.parse(input.at(-1).body).messages[0].content')" 'Hi there'
done

curl --silent --max-time 60 --request GET --header "ApiKey: $token" --form 'prompt=Hi there' \
  "$gateway/chatgpt" > "$work/body"
expect "as a form" "$(json input.data.response < "$work/body")" "$text"
expect "as a form" "$(seen 'JSON.parse(input.at(-1).body).messages[0].content')" 'Hi there'

# ask FIELDS: a turn of a dialogue; the key stands in the body.
ask() {
  local key=$token
  token='' post /api "{\"api_key\":\"$key\",\"user_content\":\"And now?\"$1}"
}
earlier='[{"role":"user","content":"é"},{"role":"assistant","content":"ü"}]'
ask ",\"system_content\":\"Be brief\",\"model\":\"gpt-4o\",\"max_tokens\":100,\"continuous\":$earlier"
expect "status" "$status" 200
expect "result" "$body" "{\"code\":200,\"msg\":\"success\",\"result\":[{\"role\":\"user\",\"content\":\"é\"},\
{\"role\":\"assistant\",\"content\":\"ü\"},{\"role\":\"user\",\"content\":\"And now?\"},\
{\"role\":\"assistant\",\"content\":\"$text\"}],\"current_response\":\"$text\"}"
expect "asked" "$(seen 'JSON.parse(input.at(-1).body).messages.map(m => m.role).join()')" \
  'system,user,assistant,user'
expect "asked" "$(seen 'JSON.parse(input.at(-1).body).max_tokens')" 100
ask ",\"sys_content\":\"Be brief\",\"continuous_dialogue\":$earlier"
expect "other names" "$status $(seen 'JSON.parse(input.at(-1).body).messages.length')" "200 4"
ask ",\"continuous\":[],\"continuous_dialogue\":$earlier"
expect "the one that is not empty" "$status $(seen 'JSON.parse(input.at(-1).body).messages.length')" "200 3"
ask ',"continuous":[{"role":"tool","content":"x"}]'
expect "a wrong dialogue" "$status $(json input.code <<< "$body")" "400 400"
ask ',"max_tokens":0'
expect "a wrong number" "$status" 400
post /api '{"api_key":"'"$token"'","user_content":""}'
expect "no question" "$status $(json 'Object.keys(input)' <<< "$body")" '400 ["code","msg"]'
request GET /api
expect "GET" "$status $(json input.code <<< "$body")" "403 403"
tell_upstream next '{"behaviour":"status-500","times":5}'
ask ''
expect "upstream" "$status $(json input.code <<< "$body")" "500 500"

expect "books" "$(books_of gpt-4o)" "8 91 63 0.000217"
expect_no_holds
expect_sound_books
