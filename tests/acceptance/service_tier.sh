#!/usr/bin/env bash
# A service tier with prices of its own is not for accounts that the books must charge.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
admin user add free --unmetered > /dev/null
start_gateway

chat gpt-4o ',"service_tier":"priority"'
expect "refused" "$status $(error_of)" "403 invalid_request_error endpoint_not_metered service_tier"
expect "not sent" "$(seen input.length)" 0
for tier in auto default flex; do
  chat gpt-4o ',"service_tier":"'$tier'"'
  expect "$tier" "$status" 200
done
add_token free
chat gpt-4o ',"service_tier":"priority"'
expect "who is not charged" "$status" 200
expect_no_holds
expect_sound_books
