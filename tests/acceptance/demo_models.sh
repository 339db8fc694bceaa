#!/usr/bin/env bash
# The built-in demo upstream streams, fails and breaks off on demand, and its usage is charged.
. "$(dirname "$0")/lib.sh"
upstream=
"$CHATGATE" serve --listen 127.0.0.1:0 --db "$db" > "$log" 2>&1 &
gateway_pid=$!
own_pids+=("$gateway_pid")
wait_until 30 gateway_is_up_or_gone 0
gateway=$(listening_address 0)
add_user ann

chat demo
expect "status" "$status" 200
chat demo ',"stream":true'
expect_match "the stream" "$body" 'data: \[DONE\]'
chat demo-slow ',"stream":true' --max-time 50
expect_match "the slow stream" "$body" 'data: \[DONE\]'
chat demo-error-429
expect "too many requests" "$status" 429
chat demo-error-500
expect "a failure" "$status" 500
chat demo-cut ',"stream":true'
expect_match "the stream cut off" "$body" '"error"'
[[ $body != *'[DONE]'* ]] || fail "a stream cut off must not claim to be done"

post /ask/new '{"prompt":"Hello"}'
expect "a door that names no model" "$status $(json input.model <<< "$body")" "200 demo"

expect_match "charged" "$(books_of demo)" '^3 [1-9][0-9]* [1-9][0-9]* 0\.0*[1-9]'
expect "a failed answer is free" "$(books_of demo-error-500 | cut -d' ' -f4 | tr -d '0.')" ""
expect_sound_books
