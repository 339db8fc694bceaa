#!/usr/bin/env bash
# Each expression of the dashboard and of the alerts is one that Prometheus understands, and asks for
# nothing that a scrape does not have.
. "$(dirname "$0")/lib.sh"
. "$here/metrics_lib.sh"
command -v promtool > /dev/null || skip "there is no promtool"
start_upstream
set_price gpt-4o
add_user ann
start_observed_gateway
chat gpt-4o
scrape

dashboard=$CHATGATE_ROOT/packaging/grafana-dashboard.json
# Grafana puts numbers and names in place of its variables before it asks.
json '
  const expressions = []
  const look = node => {
    if (typeof node !== "object" || node === null) return
    if (typeof node.expr === "string") expressions.push(node.expr)
    Object.values(node).forEach(look)
  }
  look(input)
  expressions.map(text => text.replaceAll("$__rate_interval", "5m").replaceAll("$__range", "6h")
    .replaceAll(/\$\w+/g, ".*"))' < "$dashboard" > expressions.json
json 'input.join("\n")' < expressions.json > expressions
(($(wc -l < expressions) > 40)) || fail "the dashboard asks for hardly anything"
json '
  const rules = input.map((expr, n) => ({record: "chatgate:checked", labels: {n: String(n)}, expr}))
  JSON.stringify({groups: [{name: "dashboard", rules}]})' < expressions.json > dashboard.yml
promtool check rules dashboard.yml > rules.log 2>&1 || fail "promtool refuses an expression: $(< rules.log)"

sed -n 's/^# TYPE \([^ ]*\) histogram$/\1_bucket\n\1_sum\n\1_count/p; s/^# TYPE \([^ ]*\) .*/\1/p' scrape |
  sort -u > there
grep -ohE '\b(chatgate|process)_[a-z_]+' expressions "$CHATGATE_ROOT/packaging/prometheus-alerts.yml" |
  sort -u > wanted
expect "what no scrape has" "$(comm -23 wanted there)" ""
# And the other way round: what is measured is shown.
sed -n 's/^# TYPE \(chatgate_[^ ]*\) .*/\1/p' scrape | sort -u |
  while read -r family; do grep -q "$family" "$dashboard" || echo "$family"; done > unseen
expect "what the dashboard leaves out" \
  "$(grep -v -e build_info -e estimated -e chatgate_connections_total unseen || true)" ""

# What Grafana wants of a dashboard that is imported.
expect "its panels" "$(json '
  const ids = input.panels.map(panel => panel.id)
  const within = input.panels.every(({gridPos: {x, w}}) => x >= 0 && x + w <= 24)
  const sources = input.panels.every(panel => panel.type === "row" || panel.datasource.uid === "${datasource}")
  ;[input.title, new Set(ids).size === ids.length, within, sources, input.id === undefined].join()' < "$dashboard")" \
  chatgate,true,true,true,true
