#!/usr/bin/env bash
# Whatever an upstream sends, the client gets a clear answer or a broken connection, never a wrong
# one; the gateway lives, and what brought nothing costs nothing.
. "$(dirname "$0")/lib.sh"
start_upstream
add_user ann
broken=(reset close garbage half-head giant-head bad-chunk)
whole=(chunked trailers until-close info extra bytes+chunked gzip)
set_price "${broken[@]}" "${whole[@]}" cut-chunk cut-event long-length short-length empty garbage-json
start_gateway --retries 0 --failures-to-set-aside 1000
for model in "${broken[@]}"; do
  chat "$model"
  expect_match "$model" "$status" '^(502|000)$'
  [[ $status != 502 ]] || expect_match "$model" "$(error_of)" '.'
done
for model in "${whole[@]}"; do
  chat "$model"
  expect "$model" "$status" 200
  expect "$model" "$(json 'input.choices[0].message.content.length' <<< "$body")" 44
  expect "charge of $model" "$(books_of "$model")" "1 13 9 0.000031"
done
for model in cut-chunk cut-event long-length; do
  chat "$model" 2> /dev/null
  [[ $status != 200 || $body != *'"system_fingerprint":"fp_fake"}' ]] || fail "$model was passed off as whole"
  chat gpt-none
  expect "after $model" "$status" 400
done
for model in short-length empty garbage-json; do chat "$model" 2> /dev/null; done
expect "a failure is free" "$(admin usage report --format json --by status |
  json 'input.filter(row => row.status === "failed").every(row => Number(row.cost) === 0)')" true
expect "empty and unreadable answers are free" \
  "$(books_of empty | cut -d' ' -f2,3) $(books_of garbage-json | cut -d' ' -f2,3)" "0 0 0 0"
expect_no_holds
expect_sound_books
