#!/usr/bin/env bash
# /metrics and the books agree on requests, tokens and costs, whatever became of the requests, and what
# never got into the books is counted beside, by its status and its reason.
. "$(dirname "$0")/lib.sh"
. "$here/metrics_lib.sh"
start_upstream
set_price gpt-4o gpt-4o-mini status-500 cut-chunk no-usage stall-mid
add_user poor 0.0000001
poor=$token
add_user slow 10 --rpm 1
slow=$token
add_user ann
start_observed_gateway --access-log "$access_log" --retries 0 --model-aliases short=gpt-4o-mini \
  --failures-to-set-aside 1000

# Every way to end in the books.
chat gpt-4o
chat gpt-4o ',"stream":true' --no-buffer
tell_upstream next '{"behaviour":"usage-700-300+cached-200+reasoning-100"}'
chat gpt-4o-mini
post /chat "$(chat_body gpt-4o)"
post /ask/new '{"prompt":"Hello"}'
chat no-usage
chat status-500
chat cut-chunk ',"stream":true'
request GET /v1/files/file-abc/content
call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
expect_sum 1 chatgate_requests_in_flight
expect_sum 1 chatgate_open_holds
[[ $(sum_of chatgate_held_amount 'unit="USD"') != 0 ]] || fail "nothing is held"
kill "$caller"
expect_no_holds

# Every stage that can refuse.
good=$token
token=sk-cg-unknown
chat gpt-4o
token=$good
chat gpt-none
post /v1/chat/completions '{"model":'
request GET /chat
request GET /nowhere
token=$poor
chat gpt-4o
token=$slow
chat gpt-4o
chat gpt-4o
expect "a limited request" "$status" 429
token=$good
printf 'GET / HTTP/1.1\r\nBad Header: 1\r\n\r\n' | raw > /dev/null

# The books' numbers.
books() {
  admin usage report --format json --by model | json "
    input.filter(row => row.model === '$1' || '$1' === '*')
      .reduce((sum, row) => sum + Number(row.$2), 0).toFixed(9).replace(/\\.?0+$/, '')"
}
expect "requests in the books" "$(books '*' requests)" 11
expect_sum 11 chatgate_requests_total
for model in gpt-4o gpt-4o-mini no-usage status-500 cut-chunk stall-mid; do
  expect "requests of $model" "$(sum_of chatgate_requests_total "model=\"$model\"")" "$(books $model requests)"
  for kind in prompt completion; do
    expect "$kind tokens of $model" "$(sum_of chatgate_tokens_total "model=\"$model\"" "kind=\"$kind\"")" \
      "$(books $model ${kind}_tokens)"
  done
  expect "cost of $model" "$(sum_of chatgate_cost_total "model=\"$model\"" 'unit="USD"')" "$(books $model cost)"
done
expect "cached tokens" "$(sum_of chatgate_tokens_total 'kind="cached"')" 200
expect "reasoning tokens" "$(sum_of chatgate_tokens_total 'kind="reasoning"')" 100
for state in completed aborted cut failed; do
  expect "$state requests" "$(sum_of chatgate_requests_total "outcome=\"$state\"")" \
    "$(admin usage report --format json --by status | json "
      input.find(row => row.status === '$state')?.requests ?? 0")"
done
expect "requests of the agent" "$(sum_of chatgate_requests_total 'door="agent"')" 1
expect "requests without a model" "$(sum_of chatgate_requests_total 'model="none"')" 1

# What is not in them.
for refusal in v1,invalid_api_key,1 v1,model_not_priced,1 v1,invalid_request,1 agent,method_not_allowed,1 \
  none,not_found,1 v1,insufficient_quota,1 v1,rate_limit_exceeded,1 none,invalid_request,1; do
  IFS=, read -r door reason count <<< "$refusal"
  expect "$refusal" "$(sum_of chatgate_refused_requests_total "door=\"$door\"" "reason=\"$reason\"")" "$count"
done
expect "refused for a limit" "$(sum_of chatgate_rate_limit_refusals_total 'limit="token"')" 1

# The access log has a line for each of all requests, and tells of the same doors and statuses.
counted_by_status() {
  scrape
  sed -n 's/^chatgate_http_requests_total{door="\(.*\)",status="\(.*\)"} \(.*\)/\1 \2 \3/p' "$work/scrape" | sort
}
logged_by_status() {
  logged "
    const counts = {}
    for (const {door, status} of input) {
      const key = (door || 'none') + ' ' + (status || 'none')
      counts[key] = (counts[key] ?? 0) + 1
    }
    Object.entries(counts).map(([key, count]) => key + ' ' + count).join('\\n')" | sort
}
wait_for_value "$(counted_by_status)" logged_by_status
expect "by status" "$(sum_of chatgate_http_requests_total 'door="v1"' 'status="429"')" 2
expect "nobody there" "$(sum_of chatgate_http_requests_total 'door="none"' 'status="404"')" 1

# Upstreams, and the labels' bounds.
expect "sent" "$(sum_of chatgate_upstream_requests_total)" "$(seen input.length)"
expect "a server error" "$(sum_of chatgate_upstream_errors_total 'kind="server_error"')" 1
expect "a cut answer" "$(sum_of chatgate_upstream_errors_total 'kind="cut"')" 1
expect "first tokens" "$(sum_of chatgate_upstream_first_token_seconds_count)" 3
! grep -E 'gpt-none|nowhere|ann|sk-cg|file-abc|127\.0\.0' "$work/scrape" || fail "a label of a client's making"
expect_sound_books
