#!/usr/bin/env bash
# Web pages of the origins that are configured may call, ask beforehand and read the answers, errors and
# streams too; others are told nothing. What the upstream says of its own pages does not pass.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
page=https://chat.example.org
from_page=(--header "Origin: $page")
ask=("${from_page[@]}" --header 'Access-Control-Request-Method: POST'
  --header 'Access-Control-Request-Headers: authorization,content-type')
allowed() { header access-control-allow-origin; }

start_gateway --ip-requests-per-minute 4
token='' request OPTIONS /v1/chat/completions "${ask[@]}"
expect "preflight" "$status" 204
expect "any origin" "$(allowed)" '*'
expect "its headers" "$(header access-control-allow-headers)" authorization,content-type
expect_match "its methods" "$(header access-control-allow-methods)" POST
expect "credentials" "$(header access-control-allow-credentials)" ''
for further in '' ',"stream":true'; do
  chat gpt-4o "$further" "${from_page[@]}"
  expect "status" "$status" 200
  expect "an answer" "$(allowed)" '*'
  expect_match "what may be read" "$(header access-control-expose-headers)" 'x-request-id.*retry-after'
done
chat gpt-4o
expect "without an origin" "$(grep -ci '^access-control-' <<< "$head" || true)" 0
token=wrong post /v1/chat/completions '{}' "${from_page[@]}"
expect "an error's status" "$status" 401
expect "an error" "$(allowed)" '*'
chat gpt-4o '' "${from_page[@]}"
expect "too many" "$status" 429
expect "a refusal" "$(allowed)" '*'
stop_gateway

start_gateway --cors-origins "$page,http://localhost:3000"
chat gpt-4o '' "${from_page[@]}"
expect "a listed page" "$(allowed)" "$page"
expect "vary" "$(header vary)" Origin
request OPTIONS /chat "${ask[@]}"
expect "its preflight" "$status $(allowed)" "204 $page"
page=https://evil.example
chat gpt-4o '' --header "Origin: $page"
expect "another page" "$status $(allowed)" "200 "
request OPTIONS /v1/chat/completions "${ask[@]/chat.example.org/evil.example}"
expect "its preflight" "$status $(allowed)" "204 "
expect "allows nothing" "$(header access-control-allow-methods)" ''
