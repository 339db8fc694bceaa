#!/usr/bin/env bash
# An alias is priced and reported under the client's name and sent upstream under the upstream's.
. "$(dirname "$0")/lib.sh"
start_upstream
echo "{\"upstream_url\": \"$upstream/v1\", \"model_aliases\": {\"house\": \"usage-100-10\"}}" > gateway.json
set_price house
add_user ann
start_gateway --config gateway.json

chat house
expect "status" "$status" 200
expect "upstream's name" "$(seen 'JSON.parse(input[0].body).model')" usage-100-10
expect "the rest" "$(seen 'JSON.parse(input[0].body).messages[0].content')" Hello
chat house ',"stream":true'
expect "status" "$status" 200
chat usage-100-10
expect "the upstream's name has no price" "$status" 400
expect "books" "$(books_of house)" "2 200 20 0.00024"
