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

# The master key too: a token's own upstream key was sealed under another one than at the start.
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' > master.key
chmod 600 master.key
CHATGATE_MASTER_KEY=$(< master.key) add_token ann --upstream-key-stdin <<< sk-own
chat gpt-4o
expect "without the master key" "$status" 500
sed "s|^{|{\"master_key_file\": \"master.key\", \"loops\": 7, |" gateway.json > with-key.json
cp with-key.json gateway.json
kill -HUP "$gateway_pid"
opens() { chat gpt-4o && [[ $status == 200 ]]; }
wait_until 10 opens
expect "the own key" "$(seen 'input.at(-1).headers.find(h => /^authorization$/i.test(h[0]))[1]')" "Bearer sk-own"
expect_match "what needs a start is told" "$(< "$log")" 'needs_a_start'
rm master.key
kill -HUP "$gateway_pid"
misses() { grep -q 'configuration_kept.*master.key' "$log"; }
wait_until 10 misses
chat gpt-4o
expect "the key stays" "$status" 200

echo '{"upstreams": 7}' > gateway.json
kill -HUP "$gateway_pid"
complains() { grep -q 'upstreams' "$log"; }
wait_until 10 complains
chat gpt-4o
expect "the configuration stays" "$status" 200
curl -sS --data-raw '' "$old/_release" > /dev/null
wait "$caller" || fail "the stream was cut by the reload"
expect_match "the stream's end" "$(< "$work/background")" 'data: \[DONE\]'
