#!/usr/bin/env bash
# Bodies pass unchanged both ways, unknown fields and odd bytes included; the client's credentials
# stop at the gateway and so do hop-by-hop headers.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
CHATGATE_UPSTREAM_KEY=sk-of-the-pool start_gateway

sent='{ "model" : "gpt-4o","messages":[ {"role":"user","content":"\u00e9 \ud83d\ude00 é"} ],
  "unknown":{"b":1,"a":[1.50,1e3]} , "seed":12345678901234567890 }'
post /v1/chat/completions "$sent" --header 'Connection: keep-alive, X-Hop' --header 'X-Hop: 1' \
  --header 'X-Custom: kept' --header 'OpenAI-Beta: assistants=v2'
expect "status" "$status" 200
expect "request body" "$(seen 'input[0].body')" "$sent"
post_header() { seen "(input[0].headers.find(h => h[0].toLowerCase() === '$1') || [, ''])[1]"; }
expect "credentials" "$(post_header authorization)" "Bearer sk-of-the-pool"
expect "hop-by-hop" "$(post_header x-hop)$(post_header te)" ""
expect "beta" "$(post_header openai-beta)" "assistants=v2"
[[ $(seen 'input[0].headers') != *sk-cg-* ]] || fail "the token reached the upstream"

direct=$(curl -sS --data-raw "$sent" -H 'content-type: application/json' \
  "$upstream/v1/chat/completions" | sed 's/fake-2/fake-1/')
expect "answer" "$body" "$direct"
expect "organization" "$(header openai-organization)" "fake-org"
expect "hop-by-hop from upstream" "$(header keep-alive)" ""
expect_match "our request id" "$(header x-request-id)" '^req_[0-9a-f]{16}$'
expect_match "time" "$(header openai-processing-ms)" '^[0-9]+$'
expect "length" "$(header content-length)" "${#direct}"
