#!/usr/bin/env bash
# Prometheus itself takes what /metrics says: its linter finds no fault, a server of its own scrapes it
# and answers with the books' numbers, and the alerting rules fire for what they are made for.
. "$(dirname "$0")/lib.sh"
. "$here/metrics_lib.sh"
for program in prometheus promtool; do
  command -v $program > /dev/null || skip "there is no $program"
done
rules=$CHATGATE_ROOT/packaging/prometheus-alerts.yml
promtool check rules "$rules" > rules.log 2>&1 || fail "the rules are wrong: $(< rules.log)"
cp "$rules" "$here/alerts.test.yml" .
promtool test rules alerts.test.yml > rules.log 2>&1 || fail "the alerts do not behave: $(< rules.log)"

start_upstream
set_price gpt-4o cut-chunk
add_user ann
start_observed_gateway --retries 0
for _ in 1 2 3; do chat gpt-4o; done
chat gpt-4o ',"stream":true' --no-buffer
chat cut-chunk ',"stream":true'
chat gpt-none
scrape
promtool check metrics < scrape > lint.log 2>&1 || fail "the metrics are wrong: $(< lint.log)"
expect "what the linter says" "$(< lint.log)" ""
expect "the type" "$(curl -sS -o /dev/null -w '%{content_type}' "$admin/metrics")" \
  "text/plain; version=0.0.4; charset=utf-8"

free_port() {
  node --eval 'const s = require("net").createServer().listen(0, "127.0.0.1", () => {
    console.log(s.address().port); s.close() })'
}
cat > prometheus.yml << YAML
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [prometheus-alerts.yml]
scrape_configs:
  - job_name: chatgate
    static_configs: [{targets: ["${admin#http://}"]}]
YAML
prometheus=http://127.0.0.1:$(free_port)
prometheus --config.file prometheus.yml --storage.tsdb.path data --web.listen-address "${prometheus#http://}" \
  > prometheus.log 2>&1 &
own_pids+=($!)

# answer_to QUERY: the value of its one sample, or nothing.
answer_to() {
  curl --silent --max-time 10 --get --data-urlencode "query=$1" "$prometheus/api/v1/query" |
    json 'input?.data?.result?.map(sample => sample.value[1]).join() ?? ""' 2> /dev/null || true
}
wait_for_answer() {
  local deadline=$((SECONDS + 60)) actual
  until actual=$(answer_to "$2") && [[ $actual == "$1" ]]; do
    ((SECONDS < deadline)) || fail "waited in vain for '$1' as the answer to $2 (it is '$actual')"
    sleep 0.2
  done
}
wait_for_answer 1 'up{job="chatgate"}'
wait_for_answer 5 'sum(chatgate_requests_total)'
wait_for_answer 4 'sum(chatgate_requests_total{model="gpt-4o",outcome="completed"})'
wait_for_answer 1 'chatgate_refused_requests_total{reason="model_not_priced"}'
wait_for_answer "$(books_of gpt-4o | cut -d' ' -f2)" 'chatgate_tokens_total{model="gpt-4o",kind="prompt"}'
wait_for_answer "$(books_of gpt-4o | cut -d' ' -f4)" 'chatgate_cost_total{model="gpt-4o",unit="USD"}'
[[ $(answer_to 'process_resident_memory_bytes > 1e6 and process_threads > 1 and process_open_fds > 5 and
  process_start_time_seconds > 1e9 and process_cpu_seconds_total > 0') != "" ]] || fail "no figures of the process"
chat gpt-4o
wait_for_answer 5 'sum(chatgate_requests_total{model="gpt-4o"})'
stop_gateway
wait_for_answer 0 'up{job="chatgate"}'
wait_for_answer 1 'count(ALERTS{alertname="ChatgateDown"})'
