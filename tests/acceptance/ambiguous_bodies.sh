#!/usr/bin/env bash
# A body that two JSON parsers could read differently is never metered as one thing and served as
# another: it is refused, or both read the same.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price usage-1-1 usage-1000-1000 m
add_user ann
start_gateway

messages='"messages":[{"role":"user","content":"Hello"}]'
for sent in "{\"model\":\"usage-1-1\",\"model\":\"usage-1000-1000\",$messages}" \
  "{\"model\":\"usage-1-1\",\"mod\\u0065l\":\"usage-1000-1000\",$messages}" \
  "{\"mod\\u0065l\":\"usage-1000-1000\",$messages}" \
  "{\"\\u006dodel\":\"usage-1-1\",\"model\":\"usage-1000-1000\",$messages}" \
  "{\"model\":\"usage-1-1\\u0000x\",$messages}" \
  "{\"Model\":\"usage-1000-1000\",\"model\":\"usage-1-1\",$messages}" \
  "{\"x\":{\"model\":\"m\"},\"model\":\"usage-1-1\",$messages}" \
  "{\"model\":\"usage-1-1\",\"stream\":false,\"stream\":true,$messages}" \
  "{\"model\":\"usage-1-1\",\"stream\":true,\"stream\":false,$messages}" \
  "{\"model\":\"usage-1-1\",\"stream\":true,\"stream_options\":{\"include_usage\":false},
    \"stream_options\":{\"include_usage\":true},$messages}" \
  $'\xef\xbb\xbf'"{\"model\":\"usage-1-1\",$messages}" \
  "{\"model\":\"usage-1-1\",$messages} {\"model\":\"usage-1000-1000\"}" \
  "{'model':'usage-1-1',$messages}" "{\"model\":\"usage-1-1\",$messages,}" \
  "// x
{\"model\":\"usage-1-1\",$messages}"; do
  tell_upstream reset
  booked=$(in_books 'SELECT count(*) FROM usage')
  post /v1/chat/completions "$sent"
  expect_match "status of $sent" "$status" '^(200|400)$'
  if [[ $status == 400 ]]; then
    expect "relayed" "$(seen input.length)" 0
    continue
  fi
  served=$(seen 'JSON.parse(input[0].body).model')
  expect "the model in the books for $sent" "$(in_books 'SELECT name, prompt FROM usage
    JOIN names ON names.id = model_id ORDER BY usage.id DESC LIMIT 1')" "$served|$(cut -d- -f2 <<< "$served")"
  expect "rows" "$(in_books 'SELECT count(*) FROM usage')" $((booked + 1))
  expect "exact" "$(in_books 'SELECT sum(estimated) FROM usage')" 0
done
expect_no_holds
expect_sound_books
