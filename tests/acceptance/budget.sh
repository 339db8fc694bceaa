#!/usr/bin/env bash
# However many requests run at once on a budget for five, five are served, with a balance and without
# one; a restart forgets nothing of what was spent, and a refusal names the budget.
# ctest: TIMEOUT 180
. "$(dirname "$0")/lib.sh"
start_upstream
model=usage-0-1000
admin price set "$model" --input 0 --output 1000 --max-output 1000 > /dev/null
start_gateway

# served TOKEN: what 64 requests at once get.
served() {
  node "$here/parallel.mjs" "$gateway" "$1" 64 "$(chat_body "$model")"
}
budget_of() {
  admin user budget "$1" --format json | json 'input.spent + " of " + input.limit'
}

declare -A tokens
admin user add ann --balance 100 > /dev/null
admin user add monitor --unmetered > /dev/null
for user in ann monitor; do
  admin user budget "$user" --limit 5 --every month > /dev/null
  add_token "$user"
  tokens[$user]=$token
  expect "of $user's requests" "$(served "$token")" "200 5, 429 59"
  expect "$user's budget" "$(budget_of "$user")" "5.00 of 5.00"
done
expect "the balance" "$(balance_of ann)" 95.00

token=${tokens[ann]}
chat "$model"
expect "status" "$status" 429
expect "error" "$(error_of)" "insufficient_quota insufficient_quota"
expect "no retries" "$(header x-should-retry)" false
expect_match "message" "$(json input.error.message <<< "$body")" \
  'the budget of 5.00 USD a month is used up: 5.00 USD are spent.* renews at 20[0-9-]{8} 00:00Z'

stop_gateway
start_gateway
for user in ann monitor; do
  expect "after a restart, of $user's" "$(served "${tokens[$user]}")" "429 64"
  admin user budget "$user" --limit 7 --every month > /dev/null
  token=${tokens[$user]}
  answered_within_a_second "$model" 200 "a larger budget"
  expect "of the larger budget" "$(served "$token")" "200 1, 429 63"
  expect "$user's budget" "$(budget_of "$user")" "7.00 of 7.00"
done
expect "charged" "$(in_books 'SELECT count(*) FROM usage WHERE cost > 0')" 14
expect_no_holds
expect_sound_books
