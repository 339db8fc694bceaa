#!/usr/bin/env bash
# A client that leaves in mid-stream is charged for what was seen, marked as estimated, and the
# upstream is let go at once.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price stall-mid stall
add_user ann
start_gateway

leave() {
  call_in_background "$1" "$2"
  wait_for_value 1 waiting_upstream
  kill "$caller"
  wait_for_value left seen 'input.at(-1).outcome'
}
leave stall-mid ',"stream":true'
wait_for_value "aborted 1" states
expect "estimated" "$(in_books 'SELECT status, estimated, prompt > 0, completion > 0 FROM usage')" "1|1|1|1"
expect_no_holds
leave stall ''
wait_for_value 0 waiting_upstream
wait_for_value "aborted 2" states
expect_no_holds
# A prompt of 8 tokens: "user" and "Hello", 3 for the message and 3 for the answer, of which nothing was seen.
expect "the charge before an answer" "$(in_books 'SELECT status, estimated, prompt, completion, cost
  FROM usage ORDER BY id DESC LIMIT 1')" "1|1|8|0|8000"
expect_sound_books
chat gpt-none
expect "the gateway is well" "$status" 400
