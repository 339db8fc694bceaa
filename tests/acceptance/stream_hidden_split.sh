#!/usr/bin/env bash
# The hidden usage chunk disappears whole, however its stream is cut into pieces and lines end.
. "$(dirname "$0")/lib.sh"
start_upstream
add_user ann
shapes=(bytes bytes+crlf bytes+cr bytes+comments one-write)
set_price "${shapes[@]}"
start_gateway

for shape in "${shapes[@]}"; do
  chat "$shape" ',"stream":true'
  text=$(tr '\r' '\n' <<< "$body")
  expect "data of $shape" "$(grep -c '^data: ' <<< "$text")" 12
  [[ $text != *'"choices":[]'* && $text != *'"total_tokens"'* ]] ||
    fail "the usage of $shape is not hidden"
  expect "fragments of $shape" "$(grep -vcE '^(data: (\{.*\}|\[DONE\])|:.*|)$' <<< "$text" || true)" 0
  expect "charge of $shape" "$(books_of "$shape")" "1 13 9 0.000031"
done
