#!/usr/bin/env bash
# /openapi.json is a valid document, and every operation of it answers as it says: its examples, with the fake
# upstream and with the demo, and whatever may be wrong with a request.
. "$(dirname "$0")/lib.sh"
[[ -d $here/node_modules/ajv ]] || fail "run 'npm ci' in $here first"
start_upstream
set_price gpt-4o gpt-4o-mini-tts whisper-1 gpt-image-1 dall-e-2 text-embedding-3-small
add_user poor 0.000001
poor=$token
add_user ann
export OPS_KEY=kdj38-3jkf-s8fh2 ACCESS_TOKEN=secret-access-9
cat > "$work/gateway.json" << END
{
  "upstreams": [{"name": "internal-upstream", "base_url": "$upstream/v1", "keys": ["sk-upstream-secret"]}],
  "static_users": {"hidden-user": "hidden-password"},
  "ops_link": "https://internal.example/help",
  "bot_desc": "You are a hidden assistant."
}
END
start_gateway --config "$work/gateway.json" --default-model gpt-4o --own-keys bot --chat-proxy-hosts 127.0.0.1 \
  --web-requests-per-second 0 --ip-requests-per-hour 3 --trusted-proxies 127.0.0.1 --deny-ips 192.0.2.7 \
  --body-bytes-max 200000 --platform-route answers
printf '%s\n' "$OPS_KEY" "$ACCESS_TOKEN" "$token" sk-upstream-secret internal-upstream "${upstream#http://}" \
  hidden "internal.example" "$db" "$work" |
  node "$here/openapi.mjs" "$gateway" fake "$token" "$poor" "$OPS_KEY" "$upstream"
expect_no_holds
expect_sound_books

# With the demo upstream the examples work when they are pasted.
stop_gateway
unset OPS_KEY ACCESS_TOKEN
db=$work/demo.db
echo '{}' > "$work/demo.json"
start_gateway --config "$work/demo.json" --web-requests-per-second 0
token=$(grep -oE 'sk-cg-[A-Za-z0-9_-]+' "$log" | tail -n 1)
node "$here/openapi.mjs" "$gateway" demo "$token" < /dev/null
