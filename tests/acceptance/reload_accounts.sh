#!/usr/bin/env bash
# Accounts that the configuration names are made at a start: a reload that needs one that is not there
# lets nobody in, says so, and takes over all else.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
admin user add guest --balance 1 > /dev/null # metered: strangers must not spend it

configure() {
  cat > gateway.json << END
{"upstream_url": "$upstream/v1", "default_model": "gpt-4o"$1}
END
}
reload() {
  local before
  before=$(grep -c configuration_read_again "$log" || true)
  kill -HUP "$gateway_pid"
  wait_for_value $((before + 1)) grep -c configuration_read_again "$log"
}
token=
bot() { post /api/chat '{"prompt":"Hi"}' && json input.code <<< "$body"; }

configure ''
start_gateway --config gateway.json
expect "no guests" "$(bot)" 403
configure ',"guest_doors":["bot"],"access_token":"open-sesame","bot_desc":"You help."'
reload
grep -q 'needs_a_start.*guest_account' "$log" || fail "nothing is said of the guest account"
expect "no guests still" "$(bot)" 403
token=open-sesame
expect "no access token still" "$(bot)" 403
token=
expect "nothing is spent" "$(balance_of guest)" 1.00
admin user rename guest visitor > /dev/null
stop_gateway
start_gateway --config gateway.json
expect "guests after a start" "$(bot)" 200
configure ',"guest_doors":[],"access_token":"other","bot_desc":"You help."'
reload
wait_for_value 403 bot # a door is closed
token=open-sesame
expect "an access token ends" "$(bot)" 403
token=other
expect "the new one holds" "$(bot)" 200
expect_no_holds
expect_sound_books
