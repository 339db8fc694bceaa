#!/usr/bin/env bash
# The administrator's listener answers those who are meant to read it and nobody else: it is never open
# to the world, no web page gets at it by a name of its own, and it keeps no gateway from serving.
. "$(dirname "$0")/lib.sh"
. "$here/metrics_lib.sh"
start_upstream

for address in 0.0.0.0:9464 '[::]:9464' :9464 8.8.8.8:9464 '[2001:db8::1]:9464' metrics.example:9464; do
  status=0
  timeout 30 "$CHATGATE" serve --listen 127.0.0.1:0 --db other.db --upstream-url "$upstream/v1" \
    --admin-listen "$address" > out 2> err || status=$?
  expect "exit status with $address" "$status" 2
  expect_match "what is said of $address" "$(< err)" 'admin-listen.*others.*127\.0\.0\.1:9464'
done
[[ ! -e other.db ]] || fail "a database was made for nothing"

start_observed_gateway
answer() {
  curl --silent --show-error --max-time 20 --output body --write-out '%{http_code}' "$@"
}
expect "health" "$(answer "$admin/healthz") $(< body)" "200 ok"
expect "metrics" "$(answer "$admin/metrics")" 200
grep -q '^chatgate_build_info{version="' body || fail "no metrics"
expect "a head alone" "$(answer --head "$admin/metrics") $(wc -l < body)" "200 $(grep -c . body)"
expect "nothing else" "$(answer "$admin/v1/models") $(answer "$admin/") $(answer "$admin/metrics/x")" "404 404 404"
expect "another method" "$(answer --data x "$admin/metrics") $(answer --request DELETE "$admin/healthz")" "405 405"
# DNS rebinding: a page whose name leads here.
for host in evil.example evil.example:9464 localhost.evil.example 127.0.0.1.nip.io; do
  expect "as $host" "$(answer --header "Host: $host" "$admin/metrics")" 403
  expect "health as $host" "$(answer --header "Host: $host" "$admin/healthz")" 403
done
for host in localhost LOCALHOST:1 127.0.0.1 10.0.0.7:9464 '[::1]:9464'; do
  expect "as $host" "$(answer --header "Host: $host" "$admin/healthz")" 200
done
expect "without CORS" "$(answer --header 'Origin: http://evil.example' -D head "$admin/metrics") \
$(grep -ci access-control head || true)" "200 0"

# It is no door: nothing of it counts, and bad bytes do no harm.
before=$(sum_of chatgate_http_requests_total)
admin_port=${admin##*:}
for bytes in 'GARBAGE\0\1\2\r\n\r\n' 'GET /metrics HTTP/1.1\r\n\r\n' 'GET /metrics HTTP/9.9\r\nHost: a\r\n\r\n' \
  'POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'; do
  expect_match "garbage" "$(printf '%b' "$bytes" | port=$admin_port raw | head -n 1 | tr -d '\r\0')" 'HTTP/1.1 [45]'
done
expect "requests of the gateway" "$(sum_of chatgate_http_requests_total)" "$before"
for _ in {1..40}; do
  exec {socket}<> "/dev/tcp/127.0.0.1/$admin_port"
  sockets+=("$socket")
done
request GET /healthz
expect "the gateway while the listener is full" "$status" 200
for socket in "${sockets[@]}"; do exec {socket}>&-; done
wait_until 10 scrape

# Scrapes at the same time, and one that is given up.
for _ in {1..8}; do
  curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}\n' "$admin/metrics" &
done > codes
timeout 0.01 curl --silent "$admin/metrics" > /dev/null || true
wait_until 20 eval '(($(wc -l < codes) == 8))'
grep -qvE '^(200|503)$' codes && fail "a scrape failed: $(< codes)"

# One address is one gateway's. Asked for, it must be had; else the gateway serves without.
status=0
timeout 30 "$CHATGATE" serve --listen 127.0.0.1:0 --db other.db --upstream-url "$upstream/v1" \
  --admin-listen "${admin#http://}" > out 2> err || status=$?
expect "exit status of a second one" "$status" 1
expect_match "what it says" "$(< err)" 'admin_listen: cannot listen on .*another program listens there'
# Running requests are observed to their end.
stop_gateway
expect "exit status" "$exit_status" 0
expect "log lines of scrapes" "$(grep -c metrics "$log")" 1

start_gateway --admin-listen off
stop_gateway
# Nobody asked for the default address: with another program there the gateway goes without.
node --eval 'const s = require("net").createServer().on("error", () => console.log("taken"))
  s.listen(9464, "127.0.0.1", () => console.log("taken"))
  setInterval(() => {}, 1000)' > holder &
own_pids+=($!)
wait_until 20 grep -q taken holder
(
  unset CHATGATE_ADMIN_LISTEN
  start_gateway
  echo "$gateway $gateway_pid" > second
)
read -r gateway gateway_pid < second
own_pids+=("$gateway_pid")
request GET /healthz
expect "a gateway without its default address" "$status" 200
grep -q 'no_metrics .*127.0.0.1:9464' "$log" || fail "nothing tells of it"
kill "$gateway_pid"
expect "announced without it" "$(grep -c 'metrics at' "$log")" 1
