#!/usr/bin/env bash
# Doubled and trailing slashes in a path work at once, without a redirect.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway

for path in //v1//chat/completions /v1/chat/completions/ /v1/chat//completions// /chat/ //chat; do
  post "$path" "$(chat_body gpt-4o)"
  expect "$path" "$status" 200
done
for path in /v1/models/ //v1/models /healthz/; do
  request GET "$path"
  expect "$path" "$status" 200
done
expect "upstream's paths" "$(seen '[...new Set(input.map(one => one.target))].join()')" \
  /v1/chat/completions
