#!/usr/bin/env bash
# HEAD gets the head that GET would get and no body; OPTIONS tells the methods. Neither costs anything.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway

answers=$(printf 'HEAD /healthz HTTP/1.1\r\nHost: g\r\n\r\nHEAD /v1/models HTTP/1.1\r\nHost: g\r\n%s\r\n%s' \
  "Authorization: Bearer $token" \
  $'\r\nGET /healthz HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n' | raw)
expect "answers" "$(grep -o 'HTTP/1.1 200' <<< "$answers" | wc -l)" 3
expect "bodies" "$(grep -c '^{' <<< "$answers" || true)" "$(grep -c '^{' <<< \
  "$(curl -sS "$gateway/healthz")" || true)"
request OPTIONS /v1/chat/completions
expect_match "OPTIONS" "$status" '^20[04]$'
expect_match "allow" "$(header allow)$(header access-control-allow-methods)" 'POST'
expect "relayed" "$(seen input.length)" 0
expect "books" "$(states)" ""
