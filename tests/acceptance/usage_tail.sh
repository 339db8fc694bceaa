#!/usr/bin/env bash
# `usage tail -f` prints each request within a second of its end, also one that began before others
# which ended sooner, and ends with 0 on Ctrl-C.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o stall
add_user ann 1000
start_gateway
chat gpt-4o
expect "before" "$status" 200

# Not `admin &`: a signal is for the program itself.
"$CHATGATE" --db "$db" usage tail -f -n 1 --format jsonl > "$work/tail" 2> "$work/tail.log" &
tail_pid=$!
own_pids+=("$tail_pid")
models() { grep -o '"model":"[^"]*"' "$work/tail" | cut -d'"' -f4 | xargs; }
wait_for_value "gpt-4o" models

call_in_background stall
wait_for_value 1 waiting_upstream
for i in 1 2; do
  chat gpt-4o
  expect "quick $i" "$status" 200
done
wait_for_value "gpt-4o gpt-4o gpt-4o" models
tell_upstream release
wait "$caller"
ended_ms=$(date +%s%3N)
wait_for_value "gpt-4o gpt-4o gpt-4o stall" models
(($(date +%s%3N) - ended_ms < 2000)) || fail "the slow request took long to appear"

# It is the older one by its id.
expect "order" "$(tail -n 3 "$work/tail" | grep -o '"id":"[^"]*","started_at":"[^"]*"' | sort |
  head -n 1)" "$(tail -n 1 "$work/tail" | grep -o '"id":"[^"]*","started_at":"[^"]*"')"
expect "rows" "$(sort -u "$work/tail" | wc -l)" 4

kill -INT "$tail_pid"
status=0
wait "$tail_pid" || status=$?
expect "after Ctrl-C" "$status" 0
expect "errors" "$(< "$work/tail.log")" ""

# Without a reader it ends by itself.
"$CHATGATE" --db "$db" usage tail -f > >(head -n 1 > /dev/null) 2> "$work/tail.log" &
tail_pid=$!
own_pids+=("$tail_pid")
wait_until 10 bash -c "! kill -0 $tail_pid || grep -q '^State:.*Z' /proc/$tail_pid/status"
expect "errors without a reader" "$(< "$work/tail.log")" ""
