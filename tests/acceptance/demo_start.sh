#!/usr/bin/env bash
# A first start without any key prints a curl line that works as it stands, with a token that is
# shown this one time only.
. "$(dirname "$0")/lib.sh"

run_demo() {
  : > "$log"
  "$CHATGATE" serve --listen 127.0.0.1:0 --db "$db" >> "$log" 2>&1 &
  gateway_pid=$!
  own_pids+=("$gateway_pid")
  wait_until 30 gateway_is_up_or_gone 0
}

# The line that starts with curl, and those that it continues on.
curl_line() {
  sed -nE '/^ *curl /,/[^\\]$/p' "$log"
}

run_demo
wait_until 10 grep -qE '^ *curl ' "$log"
expect_match "the first start" "$(< "$log")" 'sk-cg-[A-Za-z0-9_-]{43}'
answer=$(bash -c "$(curl_line)" 2> "$work/curl.log") || fail "the pasted line fails: $(curl_line)"
expect_match "the answer" "$answer" '"content"'
expect_match "the warning" "$(< "$log")" '[Dd]emo'
stop_gateway

run_demo
stop_gateway
expect_sound_books
if grep -qE 'sk-cg-[A-Za-z0-9_-]{20}' "$log"; then
  fail "the second start shows a token again"
fi
