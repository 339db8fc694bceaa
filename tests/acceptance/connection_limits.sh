#!/usr/bin/env bash
# Beyond the limits on connections, in total and from one address, a client is told 503 and let go;
# when a connection ends there is room again.
. "$(dirname "$0")/lib.sh"
start_upstream

for limit in --connections-max --connections-per-ip-max; do
  start_gateway "$limit" 3
  sockets=()
  for i in 1 2 3; do
    exec {socket}<> "/dev/tcp/127.0.0.1/$port"
    sockets+=("$socket")
    printf 'GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n' >&"$socket"
    read -r -t 10 line <&"$socket" || true
    expect_match "connection $i" "$line" '200'
  done
  answer=$(printf 'GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n' | raw)
  expect_match "$limit" "$answer" '^HTTP/1.1 503'
  expect_match "envelope" "$answer" '"error":'
  expect_match "advice" "${answer,,}" 'retry-after: [0-9]'
  exec {sockets[0]}>&-
  there_is_room() { [[ $(curl -sS -o /dev/null -w '%{http_code}' "$gateway/healthz") == 200 ]]; }
  wait_until 10 there_is_room
  for socket in "${sockets[@]:1}"; do exec {socket}>&-; done
  stop_gateway
done
