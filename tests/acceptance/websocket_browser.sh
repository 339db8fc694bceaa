#!/usr/bin/env bash
# A page in a real browser asks over a WebSocket, on /ws and on a port of its own.
# ctest: TIMEOUT 900
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --default-model gpt-4o --websocket-listen 127.0.0.1:0
own=$(sed -n 's|.*WebSocket on \(ws://[^ ]*\)$|\1|p' "$log")
node "$here/websocket_browser.mjs" "$gateway" "$own" "$token"
expect "the books" "$(states)" "completed 4"
expect_no_holds
expect_sound_books
