#!/usr/bin/env bash
# Accounts may be counted in tokens or in another currency, or be unmetered: never refused, recorded
# all the same.
. "$(dirname "$0")/lib.sh"
start_upstream
admin price set gpt-4o --input 1 --output 2 --max-output 9 > /dev/null
echo "{\"upstream_url\": \"$upstream/v1\", \"exchange_rates\": {\"USD/CNY\": \"7.1\"}}" > gateway.json
admin user add tokens --unit tokens --balance 2k > /dev/null
admin user add yuan --unit CNY --balance 1 > /dev/null
admin user add euro --unit EUR --balance 1 > /dev/null
admin user add monitor --unmetered > /dev/null
add_token tokens
tokens=$token
add_token yuan
yuan=$token
add_token euro
euro=$token
add_token monitor
start_gateway --config gateway.json

chat gpt-4o
expect "unmetered" "$status" 200
token=$tokens
chat gpt-4o
expect "tokens" "$status $(balance_of tokens)" "200 1978"
token=$yuan
chat gpt-4o
# 0.000031 USD x 7.1
expect "yuan" "$status $(balance_of yuan)" "200 0.9997799"
expect "the rate is recorded" "$(in_books 'SELECT DISTINCT rate FROM usage ORDER BY rate')" \
  $'1000000000\n7100000000'
token=$euro
chat gpt-4o
expect "no rate" "$status" 400
expect "requests" "$(states)" "completed 1, completed 1, completed 1"
expect_sound_books
