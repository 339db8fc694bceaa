#!/usr/bin/env bash
# Beside a busy gateway the database is backed up, checked, verified and pruned, and no request and no
# command ever fails. What needs a database at rest is refused.
# ctest: TIMEOUT 300 PROCESSORS 2
. "$(dirname "$0")/lib.sh"
. "$here/fill_books.sh"
start_upstream
set_price gpt-4o
add_user ann 1000
fill_books 60000 60
start_gateway

load() {
  local i
  for ((i = 0; i < 400 && ! $(wc -l < "$work/enough"); i++)); do
    node "$here/parallel.mjs" "$gateway" "$token" 64 "$(chat_body gpt-4o)" >> "$work/load"
  done
}
: > "$work/enough"
load &
own_pids+=($!)
loader=$!
has_begun() { [[ -s $work/load ]]; }
wait_until 20 has_begun

refused() {
  local status=0
  admin "$@" > /dev/null 2> err || status=$?
  expect "exit status of $*" "$status" 4
  expect_match "its reason" "$(< err)" 'serves the database'
}
for age in 90d 70d 50d; do
  admin db backup --force copy.db > out 2>&1 || fail "backup: $(< out)"
  admin db prune --older-than "$age" --yes > out 2>&1 || fail "prune: $(< out)"
  expect_sound_books
  admin db check > out 2>&1 || fail "check: $(< out)"
  kill -0 "$loader" || fail "the load ended early"
  "$CHATGATE" --db copy.db ledger verify > out 2>&1 || fail "the backup does not verify: $(< out)"
done
refused db vacuum
refused db restore copy.db --yes

echo >> "$work/enough"
wait "$loader"
rounds=$(wc -l < "$work/load")
expect "requests" "$(sort "$work/load" | uniq -c | xargs)" "$rounds 200 64"
expect "requests in the books" "$(in_books 'SELECT sum(requests) FROM usage_daily')" "$((60000 + rounds * 64))"
expect "rows" "$(in_books 'SELECT count(*) FROM usage')" "$((10000 + rounds * 64))"
if grep -i locked "$log"; then fail "a lock in the log"; fi
expect "files" "$(find . -name '*.partial*')" ""
stop_gateway
admin db vacuum > /dev/null
admin db restore copy.db --yes > /dev/null
expect_sound_books
start_gateway # what ran when the backup was made has ended
expect_no_holds
chat gpt-4o
expect "a request to the restored database" "$status" 200
expect_sound_books
echo "$((rounds * 64)) requests beside it"
