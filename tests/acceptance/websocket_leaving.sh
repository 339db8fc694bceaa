#!/usr/bin/env bash
# A WebSocket's client that leaves in the middle of an answer, in whatever way, is charged for what was
# seen, and the upstream is let go at once; one that stays is heard meanwhile.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --default-model gpt-4o
socket=${gateway/http/ws}/ws

count=0
for way in close fault end reset binary; do
  node "$here/websocket_leaving.mjs" "$way" "$socket" "$token" "$upstream"
  wait_for_value "aborted $((++count))" states
  expect_no_holds
  tell_upstream reset
done
node "$here/websocket_leaving.mjs" heard "$socket" "$token" "$upstream"
expect "all were answered" "$(states)" "aborted 5, completed 4"
tell_upstream reset

# SIGTERM: idle ones are told, busy ones when they have their answer.
node "$here/websocket_leaving.mjs" waits-for-drain "$socket" "$token" "$upstream" > "$work/client" &
client=$!
own_pids+=("$client")
wait_until 30 grep -q ready "$work/client"
stop_gateway
expect "a clean end" "$exit_status" 0
wait "$client" || fail "the clients were not let go as they should"
expect "the last one" "$(states)" "aborted 5, completed 5"
expect_no_holds
expect_sound_books

# In the list of what runs, and ended from there.
start_gateway --default-model gpt-4o
socket=${gateway/http/ws}/ws
tell_upstream reset
tell_upstream next '{"behaviour":"stall-mid"}'
node --input-type=module --eval "
  import { check, connect } from '$here/websocket.mjs'
  const [address, token] = process.argv.slice(1)
  const client = await connect(address, { token })
  check('it is told', (await client.ask('Hi')).error.includes('administrator'), true)
  check('and may ask again', (await client.ask('Hi')).text.length > 0, true)
  await client.close(1000)
" "$socket" "$token" &
client=$!
own_pids+=("$client")
wait_for_value 1 waiting_upstream
running=$(admin inflight list --format json)
expect "in the list" "$(json 'input.length + " " + input[0].endpoint + " " + input[0].user' <<< "$running")" "1 /ws ann"
admin inflight kill "$(json 'input[0].id ?? input[0].request' <<< "$running")" --yes > /dev/null 2>&1
wait "$client" || fail "the client was not told"
expect_no_holds
expect_sound_books
