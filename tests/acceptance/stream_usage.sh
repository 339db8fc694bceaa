#!/usr/bin/env bash
# The upstream is always asked for a stream's usage. A client that did not ask does not see the extra
# chunk, and all else as it came; one that asked sees it.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
start_gateway
asked=',"stream":true,"stream_options":{"include_usage":true}'

chat gpt-4o ',"stream":true'
hidden=$body
chat gpt-4o ',"stream":true,"stream_options":null'
also_hidden=$body
chat gpt-4o ',"stream":true,"stream_options":{"include_usage":false}'
expect "switched off" "$(grep -c '"choices":\[\]' <<< "$body" || true)" 0
chat gpt-4o "$asked"
shown=$body
expect "upstream is asked" \
  "$(seen 'input.map(one => JSON.parse(one.body).stream_options?.include_usage).join()')" \
  true,true,true,true

direct=$(curl -sS --data-raw "$(chat_body gpt-4o "$asked")" "$upstream/v1/chat/completions")
same_ids() { sed 's/chatcmpl-fake-[0-9]*/chatcmpl-fake/'; }
expect "asked for" "$(same_ids <<< "$shown")" "$(same_ids <<< "$direct")"
without=$(awk 'BEGIN { RS = ""; ORS = "\n\n" } !/"choices":\[\]/' <<< "$direct")
expect "not asked for" "$(same_ids <<< "$hidden")" "$(same_ids <<< "$without")"
expect "null" "$(same_ids <<< "$also_hidden")" "$(same_ids <<< "$without")"
expect "books" "$(books_of gpt-4o)" "4 52 36 0.000124"
