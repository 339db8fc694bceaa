#!/usr/bin/env bash
# An upstream that does not answer in time is given up with 504, before its head and in mid-stream.
. "$(dirname "$0")/lib.sh"
start_upstream
cat > gateway.json << END
{"upstreams": [{"name": "slow", "base_url": "$upstream/v1",
                "response_timeout": "1s", "idle_timeout": "1s"}], "retries": 0}
END
set_price stall stall-mid
add_user ann
start_gateway --config gateway.json

chat stall
expect "status" "$status" 504
expect_match "error" "$(error_of)" '.'
chat stall-mid ',"stream":true'
expect "status" "$status" 200
expect_match "what came" "$body" '"content":"The"'
expect_match "the end" "$body" 'data: \{"error":'
[[ $body != *'[DONE]'* ]] || fail "a stream cut off must not claim to be done"
expect "upstream is let go" "$(seen 'input.map(one => one.outcome).join()')" left,left
expect "free" "$(books_of stall | cut -d' ' -f2-)" "0 0 0.00"
expect "cut" "$(states)" "cut 1, failed 1"
expect_no_holds
expect_sound_books
