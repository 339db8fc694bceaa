#!/usr/bin/env bash
# What a WebSocket's client may and may not send: each fault ends the connection with its code, costs
# nothing and harms nobody else.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --default-model gpt-4o
socket=${gateway/http/ws}/ws
node "$here/websocket_framing.mjs" "$socket" "$token"
expect_no_holds
expect_sound_books
# The whole questions alone: a fragmented one, four short ones, one byte by byte, an early one.
expect "the books" "$(states)" "completed 7"
expect "the gateway is well" "$(chat gpt-4o && echo "$status")" 200
