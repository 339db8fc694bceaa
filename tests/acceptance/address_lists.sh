#!/usr/bin/env bash
# Addresses and blocks, of both families, are let in or kept out; deny_ips stands above allow_ips; the
# lists and limits change on SIGHUP without forgetting what was counted.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann

# configure ALLOW DENY [FURTHER KEYS]
configure() {
  printf '{"upstreams": [{"name": "up", "base_url": "%s/v1"}], "trusted_proxies": ["127.0.0.1", "::1"],
    "allow_ips": [%s], "deny_ips": [%s]%s}' "$upstream" "$1" "$2" "${3:-}" > gateway.json
}
reconfigure() {
  local before
  before=$(grep -c configuration_read_again "$log" || true)
  configure "$@"
  kill -HUP "$gateway_pid"
  read_again() { (($(grep -c configuration_read_again "$log") > before)); }
  wait_until 10 read_again
}
# status_from ADDRESS [PATH]: polled, for each loop takes the new configuration when it gets to it.
status_from() {
  request GET "${2:-/v1/models}" --header "X-Forwarded-For: $1"
  echo "$status"
}

configure '"192.0.2.0/24", "2001:db8::/32"' '"192.0.2.66", "2001:db8:bad::/48"'
start_gateway --config gateway.json
expect "a listed address" "$(status_from 192.0.2.1)" 200
expect "a listed address of v6" "$(status_from 2001:db8:1::9)" 200
expect "a v4 address written as v6" "$(status_from ::ffff:192.0.2.1)" 200
expect "one that is not listed" "$(status_from 203.0.113.1)" 403
expect "a denied one" "$(status_from 192.0.2.66)" 403
expect "a denied block" "$(status_from 2001:db8:bad:1::5)" 403
request GET /v1/models --header 'X-Forwarded-For: 203.0.113.1'
expect "error" "$(error_of)" "invalid_request_error address_not_allowed"
expect_match "message" "$(json input.error.message <<< "$body")" '203\.0\.113\.1'
expect "the proxy itself" "$(status_from '')" 403
expect "a probe of an address that is not listed" "$(status_from 203.0.113.1 /healthz)" 200
expect "a probe of a denied one" "$(status_from 192.0.2.66 /healthz)" 403
chat gpt-4o '' --header 'X-Forwarded-For: 192.0.2.66'
expect "a chat of a denied one" "$status" 403
expect "nothing was relayed" "$(seen input.length)" 0

reconfigure '' '"203.0.113.0/24"'
wait_for_value 403 status_from 203.0.113.1
wait_for_value 200 status_from 192.0.2.66

reconfigure '' '' ', "ip_requests_per_hour": 3'
for i in 1 2 3; do expect "of three" "$(status_from 192.0.2.7)" 200; done
expect "a fourth" "$(status_from 192.0.2.7)" 429
reconfigure '' '' ', "ip_requests_per_hour": 4'
wait_for_value 200 status_from 192.0.2.7
expect "a fifth" "$(status_from 192.0.2.7)" 429
expect_sound_books
