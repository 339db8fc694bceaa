#!/usr/bin/env bash
# The limits on connections count those at all ports together, and what one port lets go has room at every
# other; the administrator always gets in.
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
start_upstream

# connect PORT: sets $socket.
connect() {
  exec {socket}<> "/dev/tcp/127.0.0.1/$1"
}
# healthz PORT: the status there; 000 when the connection is closed without an answer.
healthz() {
  curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$1/healthz" || true
}
is_let_in_over_grpc() { [[ $(grpc health 2>&1) == *SERVING* ]]; }

for limit in --connections-max --connections-per-ip-max; do
  start_grpc_gateway "$limit" 3 --websocket-listen 127.0.0.1:0 --admin-listen 127.0.0.1:0
  websocket=$(sed -n 's|.*WebSocket on ws://127\.0\.0\.1:||p' "$log" | tail -n 1)
  admin_port=$(grep -oE 'metrics at http://[^/ ]+' "$log" | tail -n 1 | sed 's/.*://')
  sockets=()
  for place in "$port" "$websocket" "${grpc##*:}"; do
    connect "$place"
    sockets+=("$socket")
  done
  wait_for_value 503 healthz "$port"
  expect "at the WebSocket's port" "$(healthz "$websocket")" 503
  connect "${grpc##*:}"
  timeout 10 cat <&"$socket" > /dev/null || fail "gRPC lets a connection too many in"
  exec {socket}>&-
  expect "the administrator" "$(healthz "$admin_port")" 200

  exec {sockets[0]}>&-
  wait_until 10 is_let_in_over_grpc
  wait_for_value 200 healthz "$port" # the end of that connection was noticed, though gRPC tells nobody
  exec {sockets[1]}>&- {sockets[2]}>&-
  stop_gateway
done
