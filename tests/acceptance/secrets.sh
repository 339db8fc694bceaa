#!/usr/bin/env bash
# No token, key, password or text of a request appears in anything that the gateway writes.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o status-500 stall-mid cut-chunk reset
add_user ann
CHATGATE_UPSTREAM_KEY=sk-upstream-secret-0123456789 start_gateway --log-level debug
prompt=PROMPT-THAT-NOBODY-MAY-SEE
secret_body() { printf '{"model":"%s","messages":[{"role":"user","content":"%s"}]%s}' "$1" "$prompt" "${2:-}"; }

for model in gpt-4o status-500 reset cut-chunk gpt-none; do
  post /v1/chat/completions "$(secret_body "$model")" 2> /dev/null
  post /chat "$(secret_body "$model" ',"stream":true')" 2> /dev/null
done
post "/v1/chat/completions?key=$token" "$(secret_body gpt-4o)"
post /v1/chat/completions "{\"model\":\"$prompt\",\"x\":$prompt"
request GET "/v1/$token"
good=$token
token=sk-cg-INVALID-TOKEN-0123456789
chat gpt-4o
printf 'GET / HTTP/1.1\r\nHost: a\r\nX-Bad : %s\r\n\r\n' "$good" | raw > /dev/null
kill -HUP "$gateway_pid"
stop_gateway
for secret in "$good" "${good:16}" "$prompt" sk-upstream-secret INVALID-TOKEN-0123 "quick brown"; do
  if grep -aFq -e "$secret" "$log"; then fail "'$secret' is in the log"; fi
  if grep -aFq -e "$secret" "$db"*; then fail "'$secret' is in the database"; fi
done
expect_match "requests are logged by their id" "$(< "$log")" 'req_[0-9a-f]{16}'
