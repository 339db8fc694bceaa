#!/usr/bin/env bash
# Requests and tokens per minute are limited for each token; the answer tells when to come again, and
# a request that was refused takes nothing from the limits.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o usage-500-100
add_user ann 10 --rpm 3
start_gateway

for i in 1 2; do
  chat gpt-none
  expect "refused for its model" "$status" 400
done
for left in 2 1 0; do
  chat gpt-4o
  expect "status" "$status" 200
  expect "limit" "$(header x-ratelimit-limit-requests)" 3
  expect "left" "$(header x-ratelimit-remaining-requests)" "$left"
  expect_match "reset" "$(header x-ratelimit-reset-requests)" '^([0-9]+m)?[0-9.]+m?s$'
done
for i in 1 2; do
  chat gpt-4o
  expect "too many" "$status" 429
  expect_match "error" "$(error_of)" 'rate_limit_exceeded'
  expect_match "retry-after" "$(header retry-after)" '^[1-9][0-9]?$'
done

add_token ann --tpm 2000
statuses=
for i in 1 2 3 4 5 6; do
  chat usage-500-100 ',"max_tokens":100'
  [[ $status == 429 ]] || expect "limit" "$(header x-ratelimit-limit-tokens)" 2000
  statuses+="$status "
done
expect_match "600 tokens of 2,000 a minute each" "$statuses" '^200 200 200 (200 )?429 429'
expect "relayed" "$(seen input.length)" "$((3 + $(grep -o 200 <<< "$statuses" | wc -l)))"
