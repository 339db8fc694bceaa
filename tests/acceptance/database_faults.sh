#!/usr/bin/env bash
# A database that cannot be used stops the start: one sentence saying which and why, exit status 5,
# and the file as it was.
. "$(dirname "$0")/lib.sh"

# start_fails FILE REGEX
start_fails() {
  local sum status=0
  sum=$(sha256sum "$1" 2> /dev/null || true)
  timeout 30 "$CHATGATE" serve --listen 127.0.0.1:0 --db "$1" > out 2> err || status=$?
  expect "exit status with $1" "$status" 5
  expect "sentences" "$(wc -l < err)" 1
  expect_match "the sentence" "$(< err)" "$2"
  expect "the file" "$(sha256sum "$1" 2> /dev/null || true)" "$sum"
}
head -c 100000 /dev/urandom > garbage.db
start_fails garbage.db 'garbage\.db'
start_fails missing/folder.db 'missing/folder\.db'
mkdir folder.db
start_fails folder.db 'folder\.db'
admin user add ann > /dev/null
cp "$db" newer.db
sqlite3 newer.db 'PRAGMA user_version = 9999; PRAGMA journal_mode = DELETE' > /dev/null
start_fails newer.db 'newer'
sqlite3 foreign.db 'CREATE TABLE somebody_elses (id INTEGER)'
start_fails foreign.db 'foreign\.db'

status=0
"$CHATGATE" --db garbage.db user list > out 2> err || status=$?
expect "the administrator's shell too" "$status $(wc -l < err)" "5 1"
