#!/usr/bin/env bash
# A token may use the models that it was given, by name or by beginning, and sees only these.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o gpt-4o-mini o3
add_user ann 10 --models 'o3,gpt-4o-*'
start_gateway

chat gpt-4o
expect "status" "$status" 403
expect_match "error" "$(error_of)" 'model_not_allowed'
chat gpt-4o-mini
expect "status" "$status" 200
chat o3
expect "status" "$status" 200
request GET /v1/models
expect "models" "$(json 'input.data.map(one => one.id).sort().join()' <<< "$body")" gpt-4o-mini,o3
expect "books" "$(states)" "completed 2"
