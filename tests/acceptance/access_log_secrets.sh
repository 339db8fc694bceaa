#!/usr/bin/env bash
# No token, key, password, prompt, query or header of a client appears in the access log or in the
# program's log, whatever their format and however the request ends.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o status-500 cut-chunk reset
add_user ann
good=$token
CHATGATE_UPSTREAM_KEY=sk-upstream-secret-0123456789 start_gateway --log-level debug --log-format json \
  --access-log "$access_log"
prompt=PROMPT-THAT-NOBODY-MAY-SEE
secret_body() { printf '{"model":"%s","user":"%s","messages":[{"role":"user","content":"%s"}]%s}' \
  "$1" "$prompt" "$prompt" "${2:-}"; }
send() { post "$1" "$2" --header "X-Secret: HEADER-SECRET" --header "Cookie: COOKIE-SECRET" \
  --user-agent AGENT-SECRET "${@:3}" 2> /dev/null; }

for model in gpt-4o status-500 reset cut-chunk gpt-none; do
  send "/v1/chat/completions?key=QUERY-SECRET&$good" "$(secret_body "$model")"
  send "/chat?q=$prompt" "$(secret_body "$model" ',"stream":true')"
done
send "/v1/files/$good/content?QUERY-SECRET" "$(secret_body gpt-4o)"
send "/$good/v1/models" "$(secret_body gpt-4o)"
send "/sk-short/$prompt/$good" "$(secret_body gpt-4o)"
send /v1/chat/completions "{\"x\":$prompt"
token=sk-cg-INVALID-TOKEN-0123456789
send /v1/chat/completions "$(secret_body gpt-4o)"
token=
send /v1/chat/completions "$(secret_body gpt-4o)" --header "api-key: sk-proj-OTHERS-KEY-0123456789"
printf 'GET /%s HTTP/1.1\r\nHost: a\r\nX-Bad : %s\r\n\r\n' "$prompt" "$good" | raw > /dev/null
wait_for_value 17 logged_lines
kill -HUP "$gateway_pid"
stop_gateway

for secret in "$good" "${good:12}" "${good:16}" "$prompt" sk-upstream-secret INVALID-TOKEN-0123 sk-proj \
  OTHERS-KEY sk-short QUERY-SECRET HEADER-SECRET COOKIE-SECRET AGENT-SECRET "quick brown"; do
  for file in "$log" "$access_log"; do
    if grep -aFq -e "$secret" "$file"; then fail "'$secret' is in ${file##*/}"; fi
  done
done
expect "what people tell tokens apart by is there" "$(grep -c "\"token\":\"${good:0:12}\"" "$access_log")" 12
