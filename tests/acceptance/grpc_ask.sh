#!/usr/bin/env bash
# gRPC: conversations are begun, continued, branched, and nobody else's; the pieces come as they are
# said, and the last message names the conversation.
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
start_upstream
set_price gpt-4o
add_user bob
bob=$token
add_user ann
start_grpc_gateway --access-log "$access_log"

said="The quick brown fox jumps over the lazy dog."
asked() {
  seen 'JSON.parse(input.at(-1).body).messages.map(m => m.content).join("|")'
}

ask '"prompt":"\n\nOne\n  \ntwo"'
expect "status" "$code" OK
expect "the answer" "$text" "$said"
expect "in pieces" "$(json 'input.messages.length' <<< "$answer")" 10
expect_match "the last message" "$last" '^<\|end\|>\$[0-9a-f-]{36}\$[0-9a-f-]{36}$'
expect "empty lines" "$(asked)" $'One\ntwo'
request_id=$(json 'input.head["x-request-id"]' <<< "$answer")
mine=$id first=$parent
ask "\"prompt\":\"Three\",\"conversation_id\":\"$mine\",\"parent_id\":\"$first\""
expect "the same conversation" "$id" "$mine"
expect "continued" "$(asked)" $'One\ntwo|'"$said|Three"
ask "\"prompt\":\"Four\",\"conversation_id\":\"$mine\""
expect "from the latest" "$(asked)" $'One\ntwo|'"$said|Three|$said|Four"
ask "\"prompt\":\"Branch\",\"conversation_id\":\"$mine\",\"parent_id\":\"$first\""
expect "a branch" "$(asked)" $'One\ntwo|'"$said|Branch"
ask '"prompt":"New","conversation_id":"new","parent_id":"new"'
expect "by the word new" "$code $(asked)" "OK New"

# HTTP and gRPC know the same conversations.
post "/ask/$mine" "{\"prompt\":\"Over HTTP\",\"parent_id\":\"$first\"}"
expect "over HTTP" "$status $(asked)" $'200 One\ntwo|'"$said|Over HTTP"

token=$bob ask "\"prompt\":\"Steal\",\"conversation_id\":\"$mine\",\"parent_id\":\"$first\""
expect "another's" "$code $last" "NOT_FOUND <|err|>"

expect "books" "$(books_of gpt-4o)" "6 78 54 0.000186"
expect "endpoints" "$(admin usage report --format json --by endpoint | json \
  'input.map(row => row.endpoint + " " + row.requests).sort()')" '["/ask/{id} 1","/chat.Chat/Ask 5"]'
expect_no_holds
expect_sound_books
stop_gateway
expect "the first in the access log" "$(logged 'const line = input[0]
  ;[line.method, line.path, line.status, line.client, line.user, line.outcome].join(" ")')" \
  "GRPC /chat.Chat/Ask 200 127.0.0.1 ann completed"
expect "its id" "$(logged 'input[0].id')" "$request_id"
expect "the refused one" "$(logged 'input.map(line => line.status + " " + line.outcome).at(-1)')" "404 refused"
