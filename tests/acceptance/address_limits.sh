#!/usr/bin/env bash
# So many requests of one address in any second, minute and hour; Retry-After tells when to come again,
# a refused request takes nothing, and behind a trusted proxy each of its clients counts alone.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann

# chat_from ADDRESS
chat_from() { chat gpt-4o '' --header "X-Forwarded-For: $1"; }

start_gateway --trusted-proxies 127.0.0.1 --ip-requests-per-minute 2
for left in 1 0; do
  chat_from 192.0.2.1
  expect "status" "$status" 200
  expect "limit" "$(header x-ratelimit-limit-requests)" 2
  expect "left" "$(header x-ratelimit-remaining-requests)" "$left"
done
chat_from 192.0.2.1
expect "too many" "$status" 429
expect "error" "$(error_of)" "rate_limit_error rate_limit_exceeded"
expect_match "message" "$(json input.error.message <<< "$body")" 'from your address: 2 per minute'
expect_match "retry-after" "$(header retry-after)" '^[1-5]?[0-9]$|^60$'
expect "left" "$(header x-ratelimit-remaining-requests)" 0

# Others are not touched by it, IPv6 counts by the /64, and forged hops do not count.
chat_from 192.0.2.2
expect "another address" "$status" 200
for suffix in 1 2; do
  chat_from "2001:db8:0:7::$suffix"
  expect "of one /64" "$status" 200
done
chat_from "2001:db8:0:7:ffff::3"
expect "a third of it" "$status" 429
chat_from "2001:db8:0:8::1"
expect "of another" "$status" 200
for forged in 198.51.100.1 198.51.100.2; do
  chat_from "$forged, 192.0.2.3"
  expect "with a forged hop" "$status" 200
done
chat_from "198.51.100.3, 192.0.2.3"
expect "which does not help" "$status" 429
for path in /healthz /readyz; do
  request GET "$path" --header 'X-Forwarded-For: 192.0.2.3'
  expect "a probe" "$status" 200
done
stop_gateway

# Waiting exactly as long as was told is enough.
start_gateway --trusted-proxies 127.0.0.1 --ip-requests-per-second 1 --ip-requests-per-hour 1000
for try in {1..30}; do
  chat_from 192.0.2.1
  [[ $status != 429 ]] || break
done
expect "too many a second" "$status" 429
expect "retry-after" "$(header retry-after)" 1
wait_ms=$(header retry-after-ms)
((wait_ms >= 1 && wait_ms <= 1000)) || fail "retry-after-ms: $wait_ms"
sleep "$((wait_ms / 1000)).$(printf '%03d' $((wait_ms % 1000)))"
chat_from 192.0.2.1
expect "after waiting $wait_ms ms" "$status" 200
stop_gateway

start_gateway --ip-requests-per-minute 5
expect "of 64 at once" "$(node "$here/parallel.mjs" "$gateway" "$token" 64 "$(chat_body gpt-4o)")" "200 5, 429 59"
expect "relayed" "$(seen input.length)" "$(in_books 'SELECT count(*) FROM usage WHERE cost > 0')"
expect_no_holds
expect_sound_books
