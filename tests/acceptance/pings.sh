#!/usr/bin/env bash
# While an upstream is silent in mid-stream, the client is sent comments, so that no proxy on the way
# takes the connection for dead; they cost nothing and disturb nothing.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price stall-mid
add_user ann
start_gateway --ping-interval 10s

call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
if grep -q '^: ping' "$work/background"; then fail "a ping came at once"; fi
wait_until 30 grep -q '^: ping' "$work/background"
tell_upstream release
wait "$caller" || fail "the stream was cut"
expect "events" "$(grep -c '^data: ' "$work/background")" 12
expect "the rest" "$(grep -vcE '^(data: .*|: ping|)$' "$work/background" || true)" 0
expect "books" "$(books_of stall-mid)" "1 13 9 0.000031"
