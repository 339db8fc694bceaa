#!/usr/bin/env bash
# A second signal ends the gateway at once, whatever is running; so does the end of drain_timeout. With
# either abort policy what was seen is charged before the gateway leaves, for clients that are still
# there and for those that have left.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price stall-mid stall
add_user ann

is_closed() { ! curl -sS --max-time 5 "$gateway/healthz"; }
stop_twice() {
  kill -INT "$gateway_pid"
  wait_until 10 is_closed
  kill -INT "$gateway_pid"
  wait_for_gateway_to_leave
  expect "exit status" "$exit_status" 1
}
# The latest request of the books, with what is still held.
latest() {
  in_books 'SELECT status, estimated, prompt > 0, completion > 0, cost > 0,
    (SELECT count(*) FROM holds) FROM usage ORDER BY id DESC LIMIT 1'
}
readonly aborted="1|1|1|1|1|0"

for policy in cancel drain; do
  start_gateway --abort-policy "$policy"
  call_in_background stall-mid ',"stream":true'
  wait_for_value 1 waiting_upstream
  stop_twice
  wait "$caller" && fail "the stream ended as if it were whole"
  [[ $(< "$work/background") != *'[DONE]'* ]] || fail "the stream was passed off as whole"
  expect "$policy: a stream" "$(latest)" "$aborted"

  start_gateway --abort-policy "$policy" --drain-timeout 300ms
  call_in_background stall-mid ',"stream":true'
  wait_for_value 1 waiting_upstream
  kill -TERM "$gateway_pid"
  wait_for_gateway_to_leave
  expect "$policy: the end of drain_timeout" "$exit_status $(latest)" "0 $aborted"
done

start_gateway --abort-policy drain
call_in_background stall ''
wait_for_value 1 waiting_upstream
stop_twice
expect "drain: before the answer" "$(latest)" "1|1|1|0|1|0"

start_gateway --abort-policy drain
call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
kill "$caller"
wait "$caller" || true
stop_twice
expect "drain: a client that has left" "$(latest)" "$aborted"
expect "all of them" "$(states)" "aborted 6"
expect_sound_books
