#!/usr/bin/env bash
# gRPC: no bytes of strangers stop the gateway, make it grow or cost anybody anything.
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
start_upstream
set_price gpt-4o
add_user late
late=$token
add_user ann
start_grpc_gateway --header-timeout 1s --grpc-message-bytes-max 64KiB --header-bytes-max 16KiB \
  --connections-max 40 --context-tokens 100000

# to_grpc: sends stdin there and waits until the connection is closed.
to_grpc() {
  port=${grpc##*:} raw > /dev/null
}
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | to_grpc
head -c 100000 /dev/urandom | to_grpc
printf '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' | to_grpc
preface='PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
settings='\x00\x00\x00\x04\x00\x00\x00\x00\x00'
printf '%b' "$preface" | to_grpc # and no settings
printf '%b' "$preface\x00\x00\x06\x04\x00\x00\x00\x00\x00\xff" | to_grpc # settings cut short
printf '%b' "$preface$settings\xff\xff\xff\x01\x04\x00\x00\x00\x01" | to_grpc # a frame of 16 MB
status=$(curl --silent --http2-prior-knowledge --max-time 20 --output /dev/null --write-out '%{http_code}' \
  "http://$grpc/anything") || true
expect_match "plain HTTP/2" "$status" '^(415|200|404|000)$'
node "$here/grpc_hostile.mjs" "$grpc" "$token" "$late" || fail "a strange call was not refused as it should be"
# Those that gRPC lets pass (half a message behind a whole one, a flag that says nothing, a wrong deadline,
# another type), and the two good ones.
expect "what was charged" "$(admin usage report --format json --by user |
  json 'input.find(row => row.user === "ann").requests')" 6
expect_no_holds

ask "\"prompt\":\"$(head -c 70000 /dev/zero | tr '\0' x)\""
expect "a large question" "$code" RESOURCE_EXHAUSTED
head -c 30000 /dev/zero | tr '\0' x > large
ask "\"metadata\":{\"large\":\"$(< large)\"}"
expect_match "large metadata" "$code" '^(RESOURCE_EXHAUSTED|INTERNAL|UNKNOWN|CANCELLED)$'
ask '"compress":true,"prompt":"'"$(head -c 5000 /dev/zero | tr '\0' x)"'"'
expect "what is compressed" "$code" UNIMPLEMENTED

# Connections that do nothing are closed in time, and no more than so many are kept.
sockets=()
for _ in {1..60}; do
  exec {socket}<> "/dev/tcp/127.0.0.1/${grpc##*:}"
  sockets+=("$socket")
done
is_answered() {
  ask
  [[ $code == OK ]]
}
wait_until 20 is_answered
for socket in "${sockets[@]}"; do
  timeout 20 cat <&"$socket" > /dev/null 2>&1 || (($? != 124)) || fail "a connection without a call is still open"
done

expect_match "states" "$(states)" '^(aborted 1, )?completed [0-9]+$' # the one whose deadline is none
expect_no_holds
expect_sound_books
stop_gateway
expect "the end" "$exit_status" 0
