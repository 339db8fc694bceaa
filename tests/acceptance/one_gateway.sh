#!/usr/bin/env bash
# Two gateways cannot share a database by accident: the second is told so and leaves; the first goes
# on, and its place is free when it dies.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway

status=0
timeout 30 "$CHATGATE" serve --listen 127.0.0.1:0 --db "$db" --upstream-url "$upstream/v1" \
  > out 2> err || status=$?
((status > 0 && status < 124)) || fail "the second gateway ended with $status"
expect "sentences" "$(wc -l < err)" 1
expect_match "the sentence" "$(< err)" 'chatgate\.db'
chat gpt-4o
expect "the first one" "$status" 200
kill -KILL "$gateway_pid"
wait "$gateway_pid" 2> /dev/null || true
start_gateway
chat gpt-4o
expect "the next one" "$status" 200
