#!/usr/bin/env bash
# Guests need no token where the configuration says so; one account is charged for them all, and its
# budget bounds them.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
token=

bot() { post /api/chat '{"prompt":"Hi"}' && json input.code <<< "$body"; }
ask() { post /ask/new '{"prompt":"Hi"}' && echo "$status"; }
platform() { post /api '{"user_content":"Hi"}' && echo "$status"; }

start_gateway --default-model gpt-4o
expect "no guests" "$(bot) $(ask) $(platform)" "403 401 401"
stop_gateway
start_gateway --default-model gpt-4o --guest-doors bot,ask,platform
expect "the bot was open to all; elsewhere a list of addresses is needed" "$(bot) $(ask) $(platform)" \
  "200 401 401"
stop_gateway
start_gateway --default-model gpt-4o --guest-doors bot,ask,platform --allow-ips 127.0.0.0/8
expect "guests" "$(bot) $(ask) $(platform)" "200 200 200"
expect "one account" "$(admin usage report --by user --format json | json 'input.map(r => r.user + r.requests)')" \
  '["guest4"]'
admin user budget guest --limit 2k --every day > /dev/null
wait_for_value 429 ask
stop_gateway

CHATGATE_ACCESS_TOKEN=open-sesame start_gateway --default-model gpt-4o
admin user budget guest --none > /dev/null
token=open-sesame
wait_for_value 200 bot
token=open-sesam
expect "a wrong access token" "$(bot)" 403
token=
expect "no access token" "$(bot)" 403
expect_no_holds
expect_sound_books
