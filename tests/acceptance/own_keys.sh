#!/usr/bin/env bash
# Callers who bring the key of an upstream account of their own: it goes upstream, what it used is
# recorded, and nobody is charged. Closed unless configured.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
mine=$token
text="The quick brown fox jumps over the lazy dog."
key=sk-caller-0123456789
export CHATGATE_UPSTREAM_KEY=sk-of-the-pool

sent_key() { seen 'input.at(-1).headers.find(h => /^authorization$/i.test(h[0]))?.[1] ?? "none"'; }
requests() { seen input.length; }

start_gateway --default-model gpt-4o
token=$key chat gpt-4o
expect "/v1 closed" "$status" 401
post /api '{"user_content":"Hi","api_key":"'$key'"}'
expect "platform closed" "$status" 401
post /ai/chat_custom '{"api_key":"'$key'","messages":[{"role":"user","content":"Hi"}]}'
expect "custom closed" "$(json input.code <<< "$body")" 404
expect "nothing was sent" "$(requests)" 0
stop_gateway

start_gateway --default-model gpt-4o --own-keys v1,platform,bot --chat-proxy-hosts 127.0.0.1:9
token=$key chat gpt-unpriced
expect "/v1" "$status $(sent_key)" "200 Bearer $key"
token=$key chat gpt-unpriced ',"stream":true'
expect_match "/v1 streamed" "$body" 'data: \[DONE\]'
post /api '{"user_content":"Hi","api_key":"'$key'","model":"gpt-unpriced"}'
expect "platform" "$(json input.current_response <<< "$body") $(sent_key)" "$text Bearer $key"
post /ai/chat_custom '{"api_key":"'$key'","model":"gpt-x","top_p":0.5,"max_tokens":9,
  "messages":[{"role":"user","content":"Hi"}]}'
expect "custom" "$(json 'input.code + " " + input.data' <<< "$body") $(sent_key)" "200 $text Bearer $key"
expect "custom" "$(seen '
    (({model, top_p, max_tokens}) => [model, top_p, max_tokens])(JSON.parse(input.at(-1).body))')" \
  '["gpt-x",0.5,9]'
expect "nobody is charged" "$(in_books "SELECT sum(cost), sum(prompt), count(*) FROM usage")" "0|52|4"

token=$mine chat gpt-4o
expect "a token of chatgate's is charged as ever" "$status $(balance_of ann)" "200 9.999969"
expect "it stays here" "$(sent_key)" "Bearer sk-of-the-pool"
before=$(requests)
token=$key post /api/chat '{"prompt":"Hi"}'
expect "the bot itself takes no such key" "$(json input.code <<< "$body") $(requests)" "403 $before"
token=sk-cg-unknown chat gpt-4o
expect "what looks like a token of chatgate's is no key" "$status $(requests)" "401 $before"
token=$'sk-caller\tx' chat gpt-4o
expect "what no header can hold" "$(requests)" "$before"

proxied() {
  post /ai/chat_proxy '{"api_key":"'"$1"'","proxy_url":"'"$2"'","messages":[{"role":"user","content":"Hi"}]}'
  json input.code <<< "$body"
}
expect "another proxy" "$(proxied $key http://127.0.0.1:10)" 403
expect "another host" "$(proxied $key http://169.254.169.254:9)" 403
expect "no proxy" "$(proxied $key '')" 400
expect "the gateway's key is not for a caller's proxy" "$(proxied "$mine" http://127.0.0.1:9)" 403
expect "a proxy that is not there" "$(proxied $key http://127.0.0.1:9)" 502
expect "not sent past the proxy" "$(requests)" "$before"
stop_gateway
unset CHATGATE_UPSTREAM_KEY
start_gateway --own-keys v1
token=$key chat gpt-4o
expect "an upstream without keys" "$status $(requests)" "401 $before"
if grep -qF "$key" "$log"; then fail "the caller's key is in the log"; fi
expect_no_holds
expect_sound_books
