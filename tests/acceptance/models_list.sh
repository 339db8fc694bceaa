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
token=
request GET /v1/models
expect "without a token" "$status" 401
expect "upstream" "$(seen input.length)" 0
