#!/usr/bin/env bash
# kill -9 of either process of a takeover: what it had begun ends without a charge, what it had reserved is
# free again within moments, and the other one serves.
# ctest: TIMEOUT 300
. "$(dirname "$0")/lib.sh"
start_upstream
one=usage-0-1000 # costs 1
for model in "$one" "stall-mid+$one"; do
  admin price set "$model" --input 0 --output 1000 --max-output 1000 > /dev/null
done
admin price set dear --input 0 --output 0 --per-request 1000000 > /dev/null
add_user ann 5
start_gateway
first=$gateway_pid
serving() { cat "$db.lock"; }
has_moved_on() { [[ $(serving) != "$1" ]]; }
running() { admin inflight list --format json | json input.length; }
hold_streams() { # COUNT: so many more that wait in their middle, with their rows in the books
  local before
  before=$(open_holds)
  for ((i = 0; i < $1; i++)); do
    call_in_background "stall-mid+$one" ',"stream":true'
  done
  wait_for_value "$((before + $1))" open_holds
}
# recharge AMOUNT: until the gateway knows, which a refusal tells.
recharge() {
  local balance
  admin user recharge ann "$1" > /dev/null
  balance=$(balance_of ann)
  wait_until 10 knows_balance "$balance"
}
knows_balance() {
  chat dear
  [[ $body == *"used up: $1 "* ]]
}
interrupted() { in_books 'SELECT count(*) FROM usage WHERE status = 4'; }
take_over() {
  "$CHATGATE" serve --takeover --listen 127.0.0.1:0 --db "$db" --upstream-url "$upstream/v1" >> "$log" 2>&1 &
  second=$!
  own_pids+=("$second")
  wait_for_value "$second" serving
}

# The old one, with three streams; one runs in the new one.
hold_streams 3
take_over
hold_streams 1
expect "all are listed" "$(running)" 4
chat "$one"
expect "the last free one" "$status" 200
chat "$one"
expect "more" "$status" 429
kill -KILL "$first"
wait_for_value 3 interrupted
wait_for_value 1 open_holds
for _ in 1 2 3; do
  chat "$one"
  expect "free again" "$status" 200
done
chat "$one"
expect "no more than that" "$status" 429
expect "listed" "$(running)" 1
[[ ! -e $db.control.$first ]] || fail "the socket of the old process is left"

# The new one: the old one serves again, with what it has reserved itself.
recharge 4 # 5 less 4 and 1 held: 4 free
old=$second
hold_streams 1
take_over
hold_streams 2
before=$(interrupted)
chat "$one"
expect "the new one" "$status" 200
chat "$one"
expect "more" "$status" 429
kill -KILL "$second"
wait_for_value "$old" serving
wait_for_value "$((before + 2))" interrupted
wait_for_value 2 open_holds
for _ in 1 2; do
  chat "$one"
  expect "the old one" "$status" 200
done
chat "$one"
expect "no more than that" "$status" 429
expect "its streams are listed" "$(running)" 2

# It may be replaced again, and stopping the new one stops both.
recharge 1
take_over
chat "$one"
expect "once more" "$status" 200
tell_upstream release
kill -TERM "$second"
for pid in "$second" "$old"; do
  status=0
  wait "$pid" || status=$?
  expect "the end of $pid" "$status" 0
done
expect "holds" "$(open_holds)" 0
expect "the balance" "$(balance_of ann)" 0.00
expect_sound_books
