#!/usr/bin/env bash
# Conversations in memory go on like others, but nothing of what was said is ever in a file, and a new
# start knows nothing of them.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --default-model gpt-4o --conversations memory --log-level debug

# ask ID PROMPT [PARENT]: sets $id and $parent by the answer.
ask() {
  post "/ask/$1" "$(printf '{"prompt":"%s","parent_id":%s}' "$2" "${3:+\"}${3:-null}${3:+\"}")"
  [[ $status != 200 ]] || read -r id parent < <(json 'input.conversation_id + " " + input.parent_id' <<< "$body")
}
ask new "unspeakable secret one"
expect "status" "$status" 200
answer=$(json input.message <<< "$body")
ask "$id" "unspeakable secret two" "$parent"
expect "what the model was told" "$(seen 'JSON.parse(input.at(-1).body).messages.map(m => m.content).join("|")')" \
  "unspeakable secret one|$answer|unspeakable secret two"
expect "rows" "$(in_books 'SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM conversations)')" 0
expect "the shell's list" "$(admin conversation list --format json)" "[]"
expect "requests in the books" "$(books_of gpt-4o | cut -d ' ' -f 1)" 2

: > body # the script's own copies
rm -f head
if grep --recursive --text --files-with-matches 'unspeakable secret' "$work" > found; then
  fail "it stands in $(xargs < found)"
fi
stop_gateway KILL
if grep --recursive --text --files-with-matches 'unspeakable secret' "$work" > found; then
  fail "after kill -9 it stands in $(xargs < found)"
fi
start_gateway --default-model gpt-4o --conversations memory
ask "$id" "Do you remember?" "$parent"
expect "after a new start" "$status" 404
expect_sound_books
