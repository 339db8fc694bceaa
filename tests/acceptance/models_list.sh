#!/usr/bin/env bash
# GET /v1/models lists the priced models in OpenAI's format, with aliases, without an upstream's help.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o o3
add_user ann
start_gateway

request GET /v1/models
expect "status" "$status" 200
expect "list" "$(json '[input.object, ...input.data.map(one => one.id)].join()' <<< "$body")" \
  list,gpt-4o,o3
expect "fields" "$(json 'Object.keys(input.data[0]).sort().join()' <<< "$body")" \
  created,id,object,owned_by
request GET /v1/models/o3
expect "one" "$status $(json input.id <<< "$body")" "200 o3"
request GET /v1/models/none
expect "an unknown one" "$status" 404

# Nobody is offered what the account could not pay for.
ids() { request GET /v1/models && json 'input.data.map(one => one.id).join()' <<< "$body"; }
admin user add yuan --unit CNY --balance 1 > /dev/null
admin user add euro --unit EUR --balance 1 > /dev/null
admin price set dear --input 1 --output 2 --currency EUR > /dev/null
add_token yuan
expect "another currency" "$(ids)" ""
request GET /v1/models/o3
expect "one of another currency" "$status $(error_of)" "404 invalid_request_error not_found model"
stop_gateway
echo "{\"upstream_url\": \"$upstream/v1\", \"exchange_rates\": {\"USD/CNY\": \"7.1\"}}" > gateway.json
start_gateway --config gateway.json
expect "with a rate" "$(ids)" gpt-4o,o3
request GET /v1/models/o3
expect "one with a rate" "$status" 200
request GET /v1/models/dear
expect "one without" "$status" 404
add_token euro
expect "the own currency" "$(ids)" dear
token=
request GET /v1/models
expect "without a token" "$status" 401
expect "upstream" "$(seen input.length)" 0
