#!/usr/bin/env bash
# 64 MB of body pass by default, one byte more is 413 and closes, with a length and in chunks.
# ctest: TIMEOUT 300 PROCESSORS 2
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann 1000
start_gateway

# sized BYTES FILE: a chat request of exactly so many bytes.
sized() {
  local start='{"model":"gpt-4o","max_tokens":1,"messages":[{"role":"user","content":"' end='"}]}'
  { printf '%s' "$start"; head -c $(($1 - ${#start} - ${#end})) /dev/zero | tr '\0' x
    printf '%s' "$end"; } > "$2"
}
limit=$((64 << 20))
sized "$limit" "$work/largest"
sized $((limit + 1)) "$work/too-large"

send() {
  request POST /v1/chat/completions -H 'Content-Type: application/json' --data-binary "@$1" \
    -H 'Expect:' "${@:2}"
}
send "$work/largest"
expect "64 MB" "$status" 200
expect "bytes" "$(seen 'input[0].body_sha256')" "$(sha256sum < "$work/largest" | cut -d' ' -f1)"
send "$work/largest" -H 'Transfer-Encoding: chunked'
expect "64 MB in chunks" "$status" 200
send "$work/too-large"
expect "64 MB and a byte" "$status" 413
expect "error" "$(error_of)" "invalid_request_error request_too_large"
expect "close" "$(header connection)" "close"
send "$work/too-large" -H 'Transfer-Encoding: chunked'
expect "in chunks" "$status" 413
expect "relayed" "$(seen input.length)" 2
expect_no_holds
