#!/usr/bin/env bash
# The administrator's shell works on the database of a busy gateway: no command and no request ever
# fails because the database is locked.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann 1000
start_gateway

load() {
  local i
  for i in {1..12}; do
    node "$here/parallel.mjs" "$gateway" "$token" 64 "$(chat_body gpt-4o)" >> "$work/load"
  done
}
load &
own_pids+=($!)
loader=$!
commands=0
while kill -0 "$loader" 2> /dev/null; do
  admin user recharge ann 0.5 > /dev/null || fail "recharge"
  admin price set "model-$commands" --input 1 --output 2 > /dev/null || fail "price set"
  admin token add ann > /dev/null 2> "$work/shell.log" || fail "token add"
  admin usage report --format json > /dev/null || fail "usage report"
  admin usage report --by hour --timezone Asia/Kolkata > /dev/null 2>&1 || fail "report by hour"
  admin usage export > "$work/export" || fail "usage export"
  admin usage tail > /dev/null || fail "usage tail"
  expect_sound_books
  ((commands += 8))
done
((commands > 10)) || fail "only $commands commands ran during the load"
expect "requests" "$(sort "$work/load" | uniq -c | xargs)" "12 200 64"
expect "books" "$(states)" "completed 768"
expect "exported" "$(admin usage export --format jsonl | wc -l)" 768
if grep -i locked "$log"; then fail "a lock in the log"; fi
expect_sound_books
