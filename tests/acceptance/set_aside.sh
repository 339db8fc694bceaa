#!/usr/bin/env bash
# An upstream that keeps failing is set aside, so that requests do not even try it, and comes back
# when a probe succeeds.
. "$(dirname "$0")/lib.sh"
start_upstream
well=$upstream
start_upstream
cat > gateway.json << END
{"upstreams": [{"name": "shaky", "base_url": "$upstream/v1", "weight": 1000},
               {"name": "well", "base_url": "$well/v1", "weight": 1}],
 "failures_to_set_aside": 3, "set_aside": "300ms"}
END
set_price gpt-4o
add_user ann 100
start_gateway --config gateway.json
tell_upstream next '{"behaviour":"status-500","times":1000}'

for i in {1..40}; do
  chat gpt-4o
  expect "request $i" "$status" 200
done
tried=$(seen input.length)
((tried <= 20)) || fail "the failing upstream was tried $tried times in 40 requests"

tell_upstream reset
is_back() {
  chat gpt-4o
  (($(seen 'input.filter(one => one.outcome === "finished").length') >= 2))
}
wait_until 20 is_back
expect "failed" "$(states | grep -o 'failed' || true)" ""
