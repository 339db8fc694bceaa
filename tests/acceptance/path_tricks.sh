#!/usr/bin/env bash
# A path that the gateway and an upstream could read differently is metered as what is served, or
# refused; none reaches an endpoint that was not meant.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price usage-5-5
add_user ann
start_gateway

question=$(chat_body usage-5-5)
for target in /v1/chat/completions?x=1 '/v1/chat/completions?a=b&c=%20d' /v1/%63hat/completions \
  /v1/chat%2Fcompletions /v1/chat%2fcompletions /v1/./chat/completions /v1/x/../chat/completions \
  /v1/embeddings/../chat/completions /v1/files/%2e%2e/chat/completions '/v1/chat/completions;x' \
  /v1/chat/completions%00 /v1/chat/completions%20 /v1/chat/completions%23 /V1/chat/completions \
  /v1/models/../chat/completions '/v1/chat/completions#x' /v1\\chat\\completions; do
  tell_upstream reset
  booked=$(in_books 'SELECT count(*) FROM usage WHERE cost > 0')
  post /v1/chat/completions "$question" --request-target "$target"
  served=$(seen 'input.filter(one => /completions/.test(decodeURIComponent(one.target))).length')
  [[ $status == 200 ]] || expect_match "status of $target" "$status" '^40[0-9]$'
  charged=$(($(in_books 'SELECT count(*) FROM usage WHERE cost > 0') - booked))
  [[ $status != 200 ]] || expect "$target is served and charged" "$served $charged" "1 1"
  [[ $(seen 'input.map(one => one.target).join()') != *..* ]] || fail "$target passed on with dots"
done
post /v1/chat/completions "$question" --request-target '/v1/chat/completions?a=b&c=%20d'
expect "the query passes" "$(seen 'input.at(-1).target')" '/v1/chat/completions?a=b&c=%20d'
expect_no_holds
