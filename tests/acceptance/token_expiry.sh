#!/usr/bin/env bash
# An expired token is 401; one that is still good works.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann 10 --expires 2s
start_gateway

chat gpt-4o
expect "before" "$status" 200
is_expired() {
  chat gpt-4o
  [[ $status == 401 ]]
}
wait_until 10 is_expired
expect "error" "$(error_of)" "invalid_request_error invalid_api_key"
expect_match "message" "$body" 'expired'
