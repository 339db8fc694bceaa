#!/usr/bin/env bash
# gRPC: certificates that are renewed again and again cut no stream and fail no call, neither of the clients
# that are connected nor of those that come; the ones that come get the new certificate at once.
. "$(dirname "$0")/lib.sh"
. "$here/lib_tls.sh"
. "$here/lib_grpc.sh"
start_upstream
set_price gpt-4o
add_user ann
prepare_tls
OVER_TLS=1 start_grpc_gateway
export GRPC_CA=$work/ca.pem

serial() {
  timeout 20 openssl s_client -alpn h2 -connect "$grpc" < /dev/null 2> /dev/null | openssl x509 -noout -serial
}
renew() {
  make_certificate next ca /CN=localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  renewed=$(openssl x509 -in next.pem -noout -serial)
  mv next.key server.key
  mv next.pem server.pem
  kill -HUP "$gateway_pid"
  wait_for_value "$renewed" serial
}
# Some streams begin under each certificate and go on one piece at a time.
streams=0
askers=()
begin_streams() {
  tell_upstream next '{"behaviour":"step","times":4}'
  node "$here/grpc_client.mjs" "$grpc" ask "$(question '"times":4')" > "asked$streams" &
  askers+=($!)
  own_pids+=($!)
  streams=$((streams + 4))
  wait_for_value "$streams" waiting_upstream
}
begin_streams
for _ in 1 2; do
  renew
  begin_streams
done
node "$here/grpc_load.mjs" "$grpc" "$token" 8 "$work/stop" > load 2> load.log &
load=$!
own_pids+=("$load")
for _ in {1..6}; do
  renew
  tell_upstream step "{\"n\":$streams}"
done
touch stop
wait "$load" || fail "$(< load.log)"
expect_match "no call failed" "$(< load)" '^[1-9][0-9]+ \{\}$'
tell_upstream release
for asker in "${askers[@]}"; do wait "$asker" || fail "a client failed"; done
for asked in asked*; do
  expect "whole streams" \
    "$(json 'input.filter(one => one.code === "OK" && one.messages.length === 10).length' < "$asked")" 4
done

expect_no_holds
expect_sound_books
stop_gateway
expect "the end" "$exit_status" 0
