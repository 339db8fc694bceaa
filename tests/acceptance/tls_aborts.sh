#!/usr/bin/env bash
# Whoever ends a connection without saying so in TLS has broken off: a body that is cut short is no
# request, an answer that is cut short is seen as such.
. "$(dirname "$0")/lib.sh"
. "$here/lib_tls.sh"
start_upstream
set_price gpt-4o stall-mid
add_user ann
start_tls_gateway --access-log "$access_log" --abort-policy cancel

# The head and half of the body; the client then goes without a word, as a killed program does.
body=$(chat_body gpt-4o)
mkfifo words
exec {pipe}<> words
openssl s_client -connect "127.0.0.1:$port" -quiet < words > answer 2> s_client.log &
client=$!
own_pids+=("$client")
printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n' "$token" \
  "Expect: 100-continue"$'\r\n'"Content-Length: $((${#body} * 2))" >&"$pipe"
wait_until 10 grep -q '100 Continue' answer
printf '%s' "$body" >&"$pipe"
kill -KILL "$client"
wait_for_value 1 logged_lines
expect "its outcome" "$(logged 'input[0].outcome')" aborted
expect "relayed" "$(seen input.length)" 0
expect_no_holds

# A request sent whole; while the upstream works, the client says the end of its side: the upstream is let
# go, and what was seen is charged.
exec {pipe}>&-
rm answer
{
  body=$(chat_body stall-mid ',"stream":true')
  printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer %s\r\n' "$token"
  printf 'Content-Length: %s\r\n\r\n%s' "${#body}" "$body"
  wait_until 20 grep -q 'quick' answer
} | openssl s_client -connect "127.0.0.1:$port" > answer 2> s_client.log || true
wait_for_value left seen 'input.at(-1).outcome'
wait_for_value "aborted 1" states
expect "charged for what was seen" "$(in_books 'SELECT estimated FROM usage')" 1
expect_no_holds

# The gateway is stopped in the middle of an answer: the client sees that this was no end.
call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
kill -TERM "$gateway_pid"
wait_until 10 grep -q 'stopping' "$log"
kill -TERM "$gateway_pid"
code=0
wait "$caller" || code=$?
[[ $code != 0 ]] || fail "curl took the broken answer for a whole one"
wait_for_gateway_to_leave
expect_sound_books
