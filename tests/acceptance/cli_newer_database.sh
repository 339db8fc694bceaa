#!/usr/bin/env bash
# A database of a newer chatgate is left as it is: one sentence that says to update, exit status 5.
. "$(dirname "$0")/lib.sh"
admin user add ann > /dev/null
# The schema's version is the big-endian number at byte 60 of an SQLite file.
printf '\0\0\x27\x0f' | dd of="$db" bs=1 seek=60 conv=notrunc status=none
sum=$(sha256sum "$db")
for verb in "user list" "user add bob" "price set m --input 1 --output 1" "ledger verify"; do
  read -ra words <<< "$verb"
  status=0
  admin "${words[@]}" > out 2> err || status=$?
  expect "exit status of $verb" "$status" 5
  expect "output of $verb" "$(< out)" ""
  expect "lines about $verb" "$(wc -l < err)" 1
  expect_match "the sentence" "$(< err)" 'newer chatgate.*update'
done
expect "the file" "$(sha256sum "$db")" "$sum"
