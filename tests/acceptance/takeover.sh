#!/usr/bin/env bash
# The program is replaced twice under load: no request fails, no stream is cut, every answer that was seen
# is in the books and nothing else is, and the old processes leave with status 0.
# ctest: TIMEOUT 600 PROCESSORS 2
. "$(dirname "$0")/lib.sh"
start_upstream
small=usage-7-3 slow=usage-70-30+chunks-60+gap-100
set_price "$small" "$slow"
add_user ann 100000

program=$CHATGATE
copy_program() { strip -o "$1" "$program" 2> /dev/null || cp "$program" "$1"; }
copy_program chatgate
CHATGATE=$work/chatgate
start_gateway --access-log "$access_log"
first=$gateway_pid

serving() { cat "$db.lock"; }
has_moved_on() { [[ $(serving) != "$1" ]]; }
has_left() { ! kill -0 "$1" || grep -q '^State:.*Z' "/proc/$1/status"; }
running() { admin inflight list --format json | json "$1"; }

node "$here/takeover_load.mjs" "$gateway" "$token" "$small" "$slow" 64 40 > answers 2> load.log &
load=$!
own_pids+=("$load")
wait_until 60 grep -q . answers
streams() { running "input.filter(({model}) => model === '$slow').length > 30"; }
wait_for_value true streams

for round in 1 2; do
  old=$(serving)
  copy_program next
  mv next chatgate
  kill -USR2 "$old"
  wait_until 100 has_moved_on "$old"
  own_pids+=("$(serving)")
  kill -0 "$load" || fail "the load ended in round $round"
  # The streams of the old process are seen through the new one.
  wait_for_value true streams
  # One more while the old process is still there: it waits for that one's end.
  [[ $round == 2 ]] || kill -USR2 "$(serving)"
  wait_until 100 has_left "$old"
done
# The order that waited.
third=$(serving)
wait_until 60 grep -q upgrade_waits "$log"
kill "$load"
wait "$load" || fail "a request failed, or an answer was not whole"

status=0
wait "$first" || status=$?
expect "the first process's end" "$status" 0
expect "who has finished" "$(grep -c ' finished' "$log" || true)" "$(grep -c ' handed_over' "$log")"
gateway_pid=$third
stop_gateway_of_others() {
  kill -TERM "$1"
  wait_until 60 has_left "$1"
}
stop_gateway_of_others "$(serving)"

expect_no_holds
expect_sound_books
sort answers > seen
in_books "SELECT printf('req_%016x', id) FROM usage WHERE status = 0" | sort > booked
expect "answers seen twice" "$(uniq -d seen)" ""
expect "seen and not booked, or booked and not seen" "$(comm -3 seen booked)" ""
expect "rows that are no whole answers" "$(in_books 'SELECT count(*) FROM usage WHERE status <> 0')" 0
expect "what it cost" "$(in_books "SELECT sum(cost) = sum(prompt * 1000 + completion * 2000) FROM usage")" 1
expect "in the access log" "$(logged "input.filter(({model, status}) => model && status === 200).length")" \
  "$(wc -l < seen)"
[[ ! -e $db.control.$first ]] || fail "the first process left its socket"
echo "$(wc -l < seen) answers, $(grep -c ' took_over' "$log") takeovers"
