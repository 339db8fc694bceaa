#!/usr/bin/env bash
# Before the first byte went to the client, a request that fails at one upstream is tried at another:
# nobody listening, 429 and 5xx.
. "$(dirname "$0")/lib.sh"
start_upstream --refuse
refusing=$upstream
start_upstream
failing=$upstream
start_upstream
cat > gateway.json << END
{"upstreams": [
  {"name": "refusing", "base_url": "$refusing/v1", "weight": 1000, "models": ["gpt-4o"]},
  {"name": "failing", "base_url": "$failing/v1", "weight": 1000, "models": ["gpt-4o-mini"]},
  {"name": "well", "base_url": "$upstream/v1", "weight": 1}],
 "failures_to_set_aside": 1000}
END
set_price gpt-4o gpt-4o-mini
add_user ann
start_gateway --config gateway.json

for stream in '' ',"stream":true'; do
  chat gpt-4o "$stream"
  expect "nobody listens" "$status" 200
done
for behaviour in status-429 status-429+retry-after-60 status-500 status-502 status-503+html; do
  curl -sS --data-raw "{\"behaviour\":\"$behaviour\",\"times\":20}" "$failing/_next" > /dev/null
  chat gpt-4o-mini
  expect "$behaviour" "$status" 200
  chat gpt-4o-mini ',"stream":true'
  expect "$behaviour for a stream" "$status" 200
  curl -sS --data-raw '' "$failing/_reset" > /dev/null
done
expect "each is charged once" "$(states)" "completed 12"
expect_sound_books
