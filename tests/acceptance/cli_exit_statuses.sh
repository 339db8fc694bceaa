#!/usr/bin/env bash
# The exit status tells what kind of failure it was; the reason is one line on standard error.
. "$(dirname "$0")/lib.sh"

# exits STATUS ARGUMENT...
exits() {
  local status=0
  admin "${@:2}" > out 2> err < /dev/null || status=$?
  expect "exit status of ${*:2}" "$status" "$1"
  ((status == 0)) && return
  expect "output of ${*:2}" "$(< out)" ""
  expect "lines about ${*:2}" "$(wc -l < err)" 1
}
exits 3 user list # there is no database yet
exits 0 user add ann --balance 5
exits 2 user add bob --balance 1.0000000001
exits 2 user add bob --unit dollars
exits 2 user ad bob
exits 2 user recharge ann ten
exits 2 user recharge ann -1
exits 2 user list --format xml
exits 3 user show bob
exits 3 token revoke 7
exits 4 user add ann
exits 4 user remove ann # it has a history
exits 2 user remove ann --archive # nobody can be asked
exits 2 user budget ann --limit 5 --every year
exits 3 token rotate 7 --yes
exits 3 ledger show bob
exits 4 user recharge ann -6 --adjust
exits 0 user recharge ann -5 --adjust
exits 0 ledger verify
head -c 10000 /dev/urandom > "$db"
rm -f "$db"-*
exits 5 user list

for words in "user add ann" --help --version; do
  read -ra line <<< "$words"
  status=0
  "$CHATGATE" --db new.db "${line[@]}" > /dev/full 2> err || status=$?
  expect "$words to an output that takes nothing" "$status" 1
  expect_match "its reason" "$(< err)" 'standard output'
done
