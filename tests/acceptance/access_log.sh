#!/usr/bin/env bash
# The access log has one line for each request, with the numbers of the books for those that are in
# them, and where it came from, led to and ended for all others.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o status-500 cut-chunk no-usage
add_user ann
start_gateway --access-log "$access_log" --trusted-proxies 127.0.0.1 --retries 0

chat gpt-4o
chat gpt-4o ',"stream":true' --no-buffer
post /chat "$(chat_body gpt-4o)"
chat no-usage
chat status-500
chat cut-chunk ',"stream":true'
request GET /v1/files/file-abc/content
wait_for_value 7 logged_lines

# What the books say of each request, the log says too.
admin usage export --format json | json '
  JSON.stringify(input.map(row => [row.id, row.started_at.slice(0, 10), row.user, row.token, row.model,
    row.endpoint, row.upstream, row.status, row.http_status, row.estimated, row.prompt_tokens,
    row.completion_tokens, row.cost, row.unit]).sort(), null, 1)' > books
logged '
  JSON.stringify(input.map(line => [line.id, line.time.slice(0, 10), line.user, line.token, line.model,
    line.path, line.upstream, line.outcome, line.status, line.estimated, line.prompt_tokens,
    line.completion_tokens, line.cost, line.unit]).sort(), null, 1)' > lines
diff books lines || fail "the books and the access log differ"
expect "outcomes" "$(logged 'input.map(line => line.outcome).sort().join()')" \
  "completed,completed,completed,completed,cut,failed,failed"
expect "streams" "$(logged 'input.filter(line => line.stream).length')" 2
expect "doors" "$(logged 'input.map(line => line.door).sort().join()')" \
  "agent,v1,v1,v1,v1,v1,v1"
expect "the token is a prefix" "$(logged 'input[0].token')" "${token:0:12}"
expect "times" "$(logged 'input.every(line => line.first_byte_ms >= 0 &&
  line.duration_ms >= line.first_byte_ms && line.upstream_ms >= 0 &&
  line.upstream_ms <= line.duration_ms)')" true

# Bytes as the client counts them, heads included, and the address that a trusted proxy tells of.
sizes=$(curl -sS -o /dev/null --header "Authorization: Bearer $token" --header 'X-Forwarded-For: 203.0.113.9' \
  --header 'Content-Type: application/json' --data-raw "$(chat_body gpt-4o)" \
  --write-out '%{size_request} %{size_upload} %{size_header} %{size_download}' "$gateway/v1/chat/completions")
read -r head_in body_in head_out body_out <<< "$sizes"
wait_for_value 8 logged_lines
in_bytes=$(logged 'input.at(-1).bytes_in')
# curl counts the body into the request or does not, depending on its version.
[[ $in_bytes == "$head_in" || $in_bytes == "$((head_in + body_in))" ]] || fail "$in_bytes bytes in: $sizes"
expect "bytes out" "$(logged 'input.at(-1).bytes_out')" "$((head_out + body_out))"
expect "client" "$(logged 'input.at(-1).client')" 203.0.113.9
expect "method" "$(logged 'input.at(-1).method')" POST

# Requests that never get into the books.
seen_so_far=8
one_line() { # WHAT FIELDS EXPECTED
  wait_for_value $((++seen_so_far)) logged_lines
  expect "$1" "$(logged "(({$2}) => [$2].join('|'))(input.at(-1))")" "$3"
}
request GET /v1/models
one_line "models" door,path,user,status,outcome "v1|/v1/models|ann|200|completed"
request GET /data/week
one_line "the week" door,path,user,status,outcome "agent|/data/week|ann|200|completed"
request GET "/healthz?x=1"
one_line "health" door,path,user,status,outcome "health|/healthz||200|completed"
request GET "/wp-admin//setup.php?x=1"
one_line "no such path" door,path,user,status,outcome "|/wp-admin/setup.php||404|refused"
request GET "/$(printf '%s/' {1..50})"
one_line "a long path" door,path "|/1/2/3/4/..."
request HEAD /healthz --head
one_line "HEAD" method,status,outcome "HEAD|200|completed"
id=$(header x-request-id)
expect "the id that the answer bears" "$(logged 'input.at(-1).id')" "$id"

stop_gateway
expect "exit status" "$exit_status" 0
expect "lines at the end" "$(logged_lines)" "$seen_so_far"
