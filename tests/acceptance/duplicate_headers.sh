#!/usr/bin/env bash
# Two Authorization headers name no one in particular: the request is refused, not charged to either.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
ann=$token
add_user bob
start_gateway

code=$(curl -sS -o "$work/body" -w '%{http_code}' -H "Authorization: Bearer $ann" \
  -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
  --data-raw "$(chat_body gpt-4o)" "$gateway/v1/chat/completions")
expect_match "status" "$code" '^40[01]$'
many=()
for i in {1..300}; do many+=(-H "X-Header-$i: $i"); done
chat gpt-4o '' "${many[@]}"
expect "300 headers" "$status" 431
expect "relayed" "$(seen input.length)" 0
expect "books" "$(states)" ""
