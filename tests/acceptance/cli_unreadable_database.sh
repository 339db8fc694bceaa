#!/usr/bin/env bash
# A database that cannot be read gets one sentence naming it, exit status 5, no trace in the file.
. "$(dirname "$0")/lib.sh"

# refuses FILE
refuses() {
  local status=0
  "$CHATGATE" --db "$1" user add ann > out 2> err || status=$?
  expect "exit status with $1" "$status" 5
  expect "output with $1" "$(< out)" ""
  expect "lines about $1" "$(wc -l < err)" 1
  expect_match "the sentence" "$(< err)" "${1%/*}"
}
head -c 10000 /dev/urandom > garbage.db
sum=$(sha256sum garbage.db)
refuses garbage.db
expect "the file" "$(sha256sum garbage.db)" "$sum"
mkdir folder.db
refuses folder.db
refuses missing/folder.db
if ((EUID != 0)); then # root reads everything
  "$CHATGATE" --db locked.db user add ann > /dev/null
  chmod 000 locked.db
  refuses locked.db
fi
