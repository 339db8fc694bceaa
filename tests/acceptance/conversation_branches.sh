#!/usr/bin/env bash
# Questions asked at once after one message are as many branches, each with its own history; answers that
# were seen whole are remembered after kill -9, and over when their time is.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --default-model gpt-4o

# ask ID PROMPT PARENT: prints `STATUS CONVERSATION PARENT`.
ask() {
  local reply
  reply=$(mktemp "$work/reply.XXXXXX")
  curl --silent --max-time 60 --output "$reply" --header "Authorization: Bearer $token" \
    --header 'Content-Type: application/json' --write-out '%{http_code} ' \
    --data-raw "{\"prompt\":\"$2\",\"parent_id\":\"$3\"}" "$gateway/ask/$1"
  json '[input.conversation_id, input.parent_id].join(" ")' < "$reply"
}
read -r status id root < <(ask new root new)
expect "status" "$status" 200

# talk NAME: ten questions, each after the answer to the one before it.
talk() {
  local i parent=$root
  for i in {1..10}; do read -r _ _ parent < <(ask "$id" "$1-$i" "$parent"); done
  echo "$parent" > "leaf-$1"
}
talkers=()
for name_of_talker in left right middle; do
  talk "$name_of_talker" &
  talkers+=($!)
  own_pids+=($!)
done
wait "${talkers[@]}"
stop_gateway KILL
start_gateway --default-model gpt-4o --ask-message-ttl 2s

expect "messages" "$(admin conversation list --format json | json input[0].messages)" 62
for name_of_talker in left right middle; do
  expected=root$(printf " $name_of_talker-%s" {1..10})
  read -r status _ < <(ask "$id" last "$(< "leaf-$name_of_talker")")
  expect "status after kill -9" "$status" 200
  expect "the branch $name_of_talker" \
    "$(seen 'JSON.parse(input.at(-1).body).messages.filter(m => m.role === "user").map(m => m.content).join(" ")')" \
    "$expected last"
done

read -r status short parent < <(ask new short new)
expect "status" "$status" 200
is_over() {
  read -r status _ < <(ask "$short" more "$parent")
  [[ $status == 404 ]]
}
wait_until 20 is_over
expect_no_holds
expect_sound_books
