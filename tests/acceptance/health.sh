#!/usr/bin/env bash
# /healthz tells that the process lives, /readyz that it can serve: the store and an upstream.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway --failures-to-set-aside 1 --retries 0 --set-aside 2s

for path in /healthz /readyz; do
  expect "$path" "$(curl -sS -o /dev/null -w '%{http_code}' "$gateway$path")" 200
done
tell_upstream next '{"behaviour":"reset","times":1}'
chat gpt-4o
is_not_ready() { [[ $(curl -sS -o /dev/null -w '%{http_code}' "$gateway/readyz") == 503 ]]; }
wait_until 10 is_not_ready
expect "the process lives" "$(curl -sS -o /dev/null -w '%{http_code}' "$gateway/healthz")" 200
is_ready() {
  chat gpt-4o
  [[ $(curl -sS -o /dev/null -w '%{http_code}' "$gateway/readyz") == 200 ]]
}
wait_until 20 is_ready
