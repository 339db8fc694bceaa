#!/usr/bin/env bash
# JSON is an array of flat objects, or one object for one thing; money is decimal text, times are
# RFC 3339 in UTC.
. "$(dirname "$0")/lib.sh"
add_user ann 12.5
set_price gpt-4o

flat='Object.values(row).every(value => value === null || typeof value !== "object")'
for verb in "user list" "token list" "price list" "usage report" "ledger verify" "ledger show ann" "config show"; do
  read -ra words <<< "$verb"
  admin "${words[@]}" --format json > out
  expect "$verb: an array" "$(json 'Array.isArray(input)' < out)" true
  expect "$verb: of flat objects" "$(json "input.every(row => $flat)" < out)" true
done
for verb in "user show ann" "user budget ann" "user limit ann" "user block ann" "user unblock ann" \
  "token show 1" "user add bob" "user recharge ann 1" "token revoke 1 --yes" \
  "price set m --input 1 --output 2"; do
  read -ra words <<< "$verb"
  admin "${words[@]}" --format json > out
  expect "$verb: one object" "$(json '!Array.isArray(input) && typeof input' < out)" object
  expect "$verb: a flat one" "$(json "[input].every(row => $flat)" < out)" true
done
admin user show ann --format json > out
expect "money" "$(json 'input.balance' < out)" 13.50
expect_match "time" "$(json 'input.created_at' < out)" '^20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z$'
