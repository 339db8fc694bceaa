#!/usr/bin/env bash
# Through a takeover two processes spend one balance and one budget, and neither is ever overspent.
# ctest: TIMEOUT 400 PROCESSORS 2
. "$(dirname "$0")/lib.sh"
start_upstream
one=usage-0-1000 # costs 1
slow=gap-20+$one
admin price set "$one" --input 0 --output 1000 --max-output 1000 > /dev/null
admin price set "stall+$one" --input 0 --output 1000 --max-output 1000 > /dev/null
admin price set "$slow" --input 0 --output 1000 --max-output 1000 > /dev/null
start_gateway
first=$gateway_pid
serving() { cat "$db.lock"; }
has_moved_on() { [[ $(serving) != "$1" ]]; }
running() { admin inflight list --format json | json input.length; }
take_over() {
  local old
  old=$(serving)
  kill -USR2 "$old"
  wait_until 100 has_moved_on "$old"
  own_pids+=("$(serving)")
}

# What the old process has reserved is reserved in the new one, also for clients on old connections.
add_user ann 20
node "$here/parallel.mjs" "$gateway" "$token" 8 "$(chat_body "stall+$one")" > held &
held=$!
own_pids+=("$held")
wait_for_value 8 running
coproc kept { node "$here/takeover_kept.mjs" "$gateway" "$token" 32 "$(chat_body "$one")"; }
read -r line <&"${kept[0]}"
expect "connections of the old process" "$line" connected
take_over
echo go >&"${kept[1]}"
read -r served <&"${kept[0]}"
expect "served beside 8 of 20 that are held" "$served" "200 12, 429 52"
expect "the rest is held" "$(balance_of ann)" 8.00
chat "$one"
expect "more" "$(error_of)" "insufficient_quota insufficient_quota"
tell_upstream release
wait "$held"
expect "what was held" "$(< held)" "200 8"
expect "the balance" "$(balance_of ann)" 0.00
status=0
wait "$first" || status=$?
expect "the old process" "$status" 0
tell_upstream reset

# Under load, with credit that comes in pieces all the while.
add_user bob 1
bob_key=$token
admin user add carl --unmetered > /dev/null
admin user budget carl --limit 1 --every month > /dev/null
add_token carl
for user in bob carl; do
  [[ $user == bob ]] && key=$bob_key || key=$token
  node "$here/takeover_spend.mjs" "$gateway" "$key" 32 "$(chat_body "$slow" ',"stream":true')" > "$user.spent" &
  own_pids+=("$!")
  declare "$user=$!"
done
credit=1
pay() {
  credit=$((credit + 15))
  admin user recharge bob 15 > /dev/null
  admin user budget carl --limit "$credit" --every month > /dev/null
}
has_begun() { [[ $(in_books "SELECT count(DISTINCT user_id) FROM usage") == 3 ]]; }
wait_until 60 has_begun
for _ in 1 2 3; do
  old=$(serving)
  kill -USR2 "$old"
  until has_moved_on "$old"; do pay; done
  own_pids+=("$(serving)")
  for _ in 1 2 3; do pay; done
done
spent() { in_books "SELECT count(*) FROM usage WHERE user_id IN (SELECT id FROM users WHERE name <> 'ann')"; }
all_is_spent() { [[ $(spent) == $((credit * 2)) ]]; }
wait_until 100 all_is_spent
for user in bob carl; do
  pid=${!user}
  kill "$pid"
  wait "$pid" || fail "$user met another answer than 200 and 429"
  expect "served to $user" "$(< "$user.spent")" "$credit"
done
expect "the lowest balance but carl's" "$(in_books "SELECT min(balance) FROM users WHERE NOT unmetered")" 0
expect "carl's costs" "$(in_books "SELECT sum(cost) FROM usage WHERE user_id =
  (SELECT id FROM users WHERE name = 'carl')")" "${credit}000000000"
expect "written off" "$(in_books 'SELECT sum(written_off) FROM usage')" 0
expect "takeovers" "$(grep -c took_over "$log")" 4
expect_no_holds
expect_sound_books
