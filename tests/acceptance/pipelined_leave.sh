#!/usr/bin/env bash
# A client that leaves is noticed even when it has left so many further requests behind that the
# gateway reads none of them while it answers the first; so is the gateway's own end.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price stall-mid
add_user ann
start_gateway

json=$(chat_body stall-mid ',"stream":true')
# Sends a stream's request and 200 KB of further ones, on $socket.
ask() {
  exec {socket}<> "/dev/tcp/127.0.0.1/$port"
  {
    printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer %s\r\n' "$token"
    printf 'Content-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' "${#json}" "$json"
    for _ in {1..20}; do
      printf 'GET /healthz HTTP/1.1\r\nHost: g\r\nX-Padding: %s\r\n\r\n' "$(printf 'x%.0s' {1..10000})"
    done
  } >&"$socket"
  wait_for_value 1 waiting_upstream
}
ask
exec {socket}>&-
wait_for_value left seen 'input[0].outcome'
wait_for_value "aborted 1" states
expect_no_holds

ask
kill -TERM "$gateway_pid"
is_closed() { ! curl -sS --max-time 5 "$gateway/healthz"; }
wait_until 10 is_closed
kill -TERM "$gateway_pid"
wait_for_gateway_to_leave
expect "the cut one is settled" "$(states) $(open_holds)" "aborted 2 0"
expect_sound_books
