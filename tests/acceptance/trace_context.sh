#!/usr/bin/env bash
# A client's W3C trace context goes upstream as it is, through every door and with each attempt, and
# the logs know the request by it; what is no such context stays here.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o gpt-4o-mini
add_user ann
start_gateway --access-log "$access_log" --default-model gpt-4o --retries 1

trace=4bf92f3577b34da6a3ce929d0e0e4736
parent=00-$trace-00f067aa0ba902b7-01
traced=(--header "Traceparent: $parent" --header 'tracestate: rojo=00f067aa0ba902b7' --header 'Tracestate: congo=t61')
# What the upstream was told by the last request.
told() {
  seen '["traceparent", "tracestate"].map(wanted => input.at(-1).headers
    .filter(([name]) => name.toLowerCase() === wanted).map(header => header[1]).join(" and ")).join("|")'
}
logged_last() { logged 'input.at(-1).trace_id'; }
count=0
# traced_as WHAT STATUS TRACEPARENT TRACESTATE TRACE_ID: of the last request.
traced_as() {
  expect "status of $1" "$status" "$2"
  expect "the upstream's view of $1" "$(told)" "$3|$4"
  wait_for_value $((++count)) logged_lines
  expect "the access log's view of $1" "$(logged_last)" "$5"
}

both="rojo=00f067aa0ba902b7,congo=t61"
chat gpt-4o '' "${traced[@]}"
traced_as "a chat" 200 "$parent" "$both" "$trace"
chat gpt-4o ',"stream":true' --no-buffer "${traced[@]}"
traced_as "a stream" 200 "$parent" "$both" "$trace"
post /v1/embeddings "{\"model\":\"gpt-4o\",\"input\":\"Hi\"}" "${traced[@]}"
traced_as "another endpoint" 200 "$parent" "$both" "$trace"
post /chat "$(chat_body gpt-4o)" "${traced[@]}"
traced_as "the agent's door" 200 "$parent" "$both" "$trace"
post /ask/new '{"prompt":"Hello"}' "${traced[@]}"
traced_as "the door ask" 200 "$parent" "$both" "$trace"
post /api '{"user_content":"Hello"}' --header "ApiKey: $token" "${traced[@]}"
traced_as "the platform's door" 200 "$parent" "$both" "$trace"
post /ai/chat '{"prompt":"Hello"}' --header "ApiKey: $token" "${traced[@]}"
traced_as "the door bot" 200 "$parent" "$both" "$trace"

# None comes of none, and what breaks the rules is not passed on.
chat gpt-4o
traced_as "an untraced chat" 200 "" "" ""
chat gpt-4o '' --header "traceparent: ${parent^^}" --header 'tracestate: a=1'
traced_as "capital digits" 200 "" "" ""
chat gpt-4o '' --header "traceparent: $parent" --header "traceparent: $parent" --header 'tracestate: a=1'
traced_as "two contexts" 200 "" "" ""
chat gpt-4o '' --header "traceparent: $parent" --header 'tracestate: A=1'
traced_as "a broken tracestate" 200 "$parent" "" "$trace"
chat gpt-4o '' --header "traceparent: 7f${parent#00}-more"
traced_as "a later version" 200 "7f${parent#00}-more" "" "$trace"

# Each attempt is told the same.
tell_upstream next '{"behaviour":"status-503"}'
chat gpt-4o '' "${traced[@]}"
traced_as "a second attempt" 200 "$parent" "$both" "$trace"
expect "both attempts" \
  "$(seen "input.slice(-2).every(({headers}) => headers.some(([, value]) => value === '$parent'))")" true

# Requests that come to nothing are found by their trace too.
chat gpt-none '' "${traced[@]}"
wait_for_value $((++count)) logged_lines
expect "a refusal in the access log" "$(logged_last)" "$trace"
wait_until 5 grep -q "request_refused .*trace_id=$trace .*no price" "$log"
request GET /nowhere "${traced[@]}"
wait_for_value $((++count)) logged_lines
expect "what leads nowhere" "$(logged_last)" "$trace"
tell_upstream next '{"behaviour":"cut-chunk"}'
chat gpt-4o ',"stream":true' --no-buffer "${traced[@]}"
wait_until 5 grep -q "answer_cut .*trace_id=$trace" "$log"
tell_upstream next '{"behaviour":"reset","times":2}'
chat gpt-4o '' "${traced[@]}"
wait_until 5 grep -q "upstream_failed .*trace_id=$trace" "$log"
expect "lines of untraced requests" "$(grep -c 'trace_id=""' "$log" || true)" 0
