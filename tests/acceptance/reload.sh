#!/usr/bin/env bash
# SIGHUP reads the configuration again, without an interruption; a faulty one is refused and the old
# one stays.
. "$(dirname "$0")/lib.sh"
start_upstream
old=$upstream
start_upstream
configure() {
  printf '{"upstreams": [{"name": "%s", "base_url": "%s/v1", "keys": ["sk-%s"]}]}' "$1" "$2" "$1" \
    > gateway.json
}
configure old "$old"
set_price gpt-4o stall-mid
add_user ann
start_gateway --config gateway.json

chat gpt-4o
call_in_background stall-mid ',"stream":true'
waiting_old() { curl -sS "$old/_state" | json input.waiting; }
wait_for_value 1 waiting_old
configure new "$upstream"
kill -HUP "$gateway_pid"
reaches_new() { chat gpt-4o && (($(seen input.length) > 0)); }
wait_until 10 reaches_new
expect "the new key" "$(seen 'input[0].headers.find(h => /^authorization$/i.test(h[0]))[1]')" "Bearer sk-new"

echo '{"upstreams": 7}' > gateway.json
kill -HUP "$gateway_pid"
complains() { grep -q 'upstreams' "$log"; }
wait_until 10 complains
chat gpt-4o
expect "the configuration stays" "$status" 200
curl -sS --data-raw '' "$old/_release" > /dev/null
wait "$caller" || fail "the stream was cut by the reload"
expect_match "the stream's end" "$(< "$work/background")" 'data: \[DONE\]'
