#!/usr/bin/env bash
# Killed at any moment, no care of the database harms it: it is what it was or what it should become,
# the books verify, and the same command does its work the next time.
# ctest: TIMEOUT 600 PROCESSORS 2
. "$(dirname "$0")/lib.sh"
. "$here/fill_books.sh"
rounds=${ROUNDS:-8}
seed=${SEED:-$RANDOM}
echo "seed $seed"
RANDOM=$seed

set_price gpt-4o
add_user ann 1000
fill_books 40000 40
admin db backup base.db > /dev/null
admin user add new > /dev/null
admin db backup new.db > /dev/null
# As the first version left it, with enough accounts for a migration to take its time.
"$CHATGATE" --db base.db db backup old.db > /dev/null
sqlite3 old.db "DROP TRIGGER usage_lasts; DROP TABLE usage_kept;
  CREATE TRIGGER usage_lasts BEFORE DELETE ON usage
    BEGIN SELECT RAISE(ABORT, 'usage rows are never deleted'); END;
  ALTER TABLE users DROP COLUMN archived_at; ALTER TABLE users DROP COLUMN password_hash;
  ALTER TABLE users DROP COLUMN budget_period; ALTER TABLE users DROP COLUMN budget;
  ALTER TABLE users DROP COLUMN requests_per_minute; ALTER TABLE users DROP COLUMN tokens_per_minute;
  ALTER TABLE users DROP COLUMN parallel_requests; ALTER TABLE users DROP COLUMN model_settings;
  DROP TABLE messages; DROP TABLE conversations;
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
    INSERT INTO users (name, unit, created_at, revision) SELECT 'user' || i, 'USD', 1, 0 FROM n;
  PRAGMA user_version = 1"

start_over() {
  find . -name "${db##*/}*" -delete
  find . -name 'copy.db*' -delete
  cp "$1" "$db"
}

# kill_rounds DATABASE COMMAND...: of each round at another moment of the time that the command takes.
# Calls `inspect` after each kill.
kill_rounds() {
  local from=$1 began took_ms round
  shift
  start_over "$from"
  began=$(date +%s%3N)
  admin "$@" > out 2>&1 || fail "$*: $(< out)"
  took_ms=$(($(date +%s%3N) - began))
  for ((round = 1; round <= rounds; round++)); do
    start_over "$from"
    "$CHATGATE" --db "$db" "$@" > /dev/null 2>&1 &
    own_pids+=($!)
    sleep "$(printf '0.%03d' $((RANDOM % (took_ms > 900 ? 900 : took_ms))))"
    kill -KILL "$!" 2> /dev/null || true
    wait "$!" 2> /dev/null || true
    inspect
    admin db check > out 2>&1 || fail "$* in round $round: $(< out)"
    expect_sound_books
    rm -f "$db.before-restore"
    admin "$@" > out 2>&1 || fail "$* after round $round: $(< out)"
    expect_sound_books
    expect "left after $*" "$(find . -name '*partial*' -o -name '*.restoring*' -o -name '*.vacuuming*')" ""
  done
}
rows() { in_books 'SELECT count(*) FROM usage'; }

inspect() {
  [[ ! -e copy.db ]] || "$CHATGATE" --db copy.db ledger verify > /dev/null || fail "half a backup"
}
kill_rounds base.db db backup --force copy.db

inspect() {
  local kept
  kept=$(in_books "SELECT count(*) FROM usage WHERE id >= (SELECT first_id FROM usage_kept)")
  expect "rows from the mark on" "$(rows)" "$kept"
}
kill_rounds base.db db prune --older-than 50d --yes

inspect() { expect "rows" "$(rows)" 40000; }
kill_rounds base.db db vacuum

inspect() {
  local users
  users=$(in_books 'SELECT group_concat(name, " ") FROM (SELECT name FROM users ORDER BY name)')
  expect_match "the users" "$users" '^ann( new)?$'
  [[ ! -e $db.before-restore ]] || "$CHATGATE" --db "$db.before-restore" ledger verify > /dev/null ||
    fail "half of the old content"
}
kill_rounds base.db db restore new.db --yes

inspect() { expect_match "the version" "$(in_books 'PRAGMA user_version')" '^[0-9]+$'; }
kill_rounds old.db db migrate
