#!/usr/bin/env bash
# Upstreams are reached through an HTTP or a SOCKS5 proxy with credentials, when one is configured.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
node "$here/proxies.mjs" > proxies 2> proxies.log &
own_pids+=($!)
wait_until 20 grep -q ready proxies
read -r _ http_port socks_port < proxies

for proxy in "http://user:p%40ss@127.0.0.1:$http_port" "socks5://user:p%40ss@127.0.0.1:$socks_port"; do
  echo "{\"upstreams\": [{\"name\": \"far\", \"base_url\": \"$upstream/v1\", \"proxy\": \"$proxy\"}],
    \"retries\": 0}" > gateway.json
  start_gateway --config gateway.json
  for stream in '' ',"stream":true'; do
    chat gpt-4o "$stream"
    expect "through ${proxy%%:*}" "$status" 200
  done
  stop_gateway
  expect "passed through ${proxy%%:*}" "$(grep -c "^${proxy%%:*} user:p@ss" proxies)" 1
  start_gateway --config <(sed 's/p%40ss/wrong/' gateway.json)
  chat gpt-4o
  expect "refused by ${proxy%%:*}" "$status" 502
  stop_gateway
done
if grep -q 'p@ss\|p%40ss' "$log"; then fail "the proxy's password is in the log"; fi
expect "books" "$(books_of gpt-4o | cut -d' ' -f2-)" "52 36 0.000124"
