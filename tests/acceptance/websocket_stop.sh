#!/usr/bin/env bash
# A gateway that is stopped at once, or killed, leaves nothing reserved by the WebSockets that it had; where its
# WebSocket may listen.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann

ask_halfway() {
  start_gateway --default-model gpt-4o
  tell_upstream reset
  tell_upstream next '{"behaviour":"stall-mid"}'
  node --input-type=module --eval "
    import { connect } from '$here/websocket.mjs'
    const client = await connect(process.argv[1], { token: process.argv[2] })
    const { error } = await client.ask('Hi')
    if (!error) throw Error('a whole answer')
  " "${gateway/http/ws}/ws" "$token" &
  client=$!
  own_pids+=("$client")
  wait_for_value 1 waiting_upstream
}

ask_halfway
kill -TERM "$gateway_pid"
wait_until 10 grep -q stopping "$log"
stop_gateway
expect "the second signal" "$exit_status" 1
wait "$client" || fail "the client got a whole answer"
expect "what was seen" "$(states)" "aborted 1"
expect_no_holds

ask_halfway
stop_gateway KILL
wait "$client" || fail "the client got a whole answer"
start_gateway --default-model gpt-4o
expect_no_holds
expect_sound_books
stop_gateway

says() {
  local said
  said=$(timeout 20 "$CHATGATE" serve --db "$work/other.db" --listen 127.0.0.1:0 "${@:2}" 2>&1) && fail "it starts"
  expect_match "$*" "$said" "$1"
}
says 'demo upstream is not served on 0.0.0.0:9001' --websocket-listen 0.0.0.0
says 'websocket_listen|websocket-listen' --websocket-listen not:a:place
says 'another program listens there' --websocket-listen "${upstream#http://}" --upstream-url "$upstream/v1"
shown() {
  "$CHATGATE" config show --db "$work/other.db" --format json |
    json "input.find(row => row.key === 'websocket_listen').value"
}
expect "on" "$(CHATGATE_WEBSOCKET_LISTEN=on shown)" 127.0.0.1:9001
expect "off" "$(CHATGATE_WEBSOCKET_LISTEN=off shown)" ""
expect "an address alone" "$(CHATGATE_WEBSOCKET_LISTEN='[::1]' shown)" "[::1]:9001"
