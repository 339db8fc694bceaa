#!/usr/bin/env bash
# A price list of another program, imported beside a running gateway, is in force within a second:
# new models are served and charged at the prices of the file; a withdrawn one is refused.
. "$(dirname "$0")/lib.sh"
start_upstream
add_user ann
start_gateway

chat imported
expect "a model without a price" "$status $(error_of)" "400 invalid_request_error model_not_priced model"

cat > prices.json << 'JSON'
{"sample_spec": {"max_tokens": "in words"},
 "imported": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "mode": "chat",
   "max_output_tokens": 4096},
 "painted": {"output_cost_per_image": 0.04, "mode": "image_generation"}}
JSON
admin price import prices.json > import.out 2> "$work/import.log"
expect_match "the summary" "$(< "$work/import.log")" '1 new, 0 changed, 0 unchanged'
is_served() { chat "$1" && [[ $status == 200 ]]; }
is_refused() { chat "$1" && [[ $status == 400 ]]; }
wait_until 1 is_served imported
expect "charged at the file's price" "$(books_of imported | cut -d ' ' -f 2-)" "13 9 0.000031"

# Prices in force change only with --yes where nobody can be asked.
exit_status=0
admin price import prices.json --markup 100% > /dev/null 2>&1 || exit_status=$?
expect "a change without --yes" "$exit_status" 2
admin price diff prices.json > /dev/null 2>&1 || fail "the refused import changed something"
admin price import prices.json --markup 100% --yes > /dev/null 2>&1
newest_cost() {
  chat imported
  in_books 'SELECT cost FROM usage ORDER BY id DESC LIMIT 1'
}
wait_for_value 62000 newest_cost

# The books, as a provider would bill them, agree with themselves.
admin usage report --by day,model --format csv > bill.csv
admin ledger reconcile bill.csv > /dev/null 2> "$work/reconcile.log" || fail "$(< "$work/reconcile.log")"

admin price remove imported --yes > /dev/null
wait_until 1 is_refused imported
expect_sound_books
