#!/usr/bin/env bash
# Each event is relayed as soon as it comes: the client has it while the upstream still waits.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price step
add_user ann
start_gateway

call_in_background step ',"stream":true'
events() { grep -c '^data: ' "$work/background" || true; }
for n in 1 2 3 4; do
  wait_for_value 1 waiting_upstream
  tell_upstream step
  wait_for_value "$n" events
done
tell_upstream release
wait_for_value 12 events
expect "books" "$(books_of step)" "1 13 9 0.000031"
