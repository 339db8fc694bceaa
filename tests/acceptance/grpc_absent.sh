#!/usr/bin/env bash
# Whoever does not serve gRPC needs none of its libraries and carries nothing of them in memory; whoever
# does without having them is told which package is missing.
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
start_upstream
pattern='libgrpc|libgpr|libprotobuf|libabsl|libupb|memfd:chatgate-grpc'
foreign_maps() {
  grep -cE "$pattern" "/proc/$gateway_pid/maps" || true
}

! readelf --dynamic --wide "$CHATGATE" | grep NEEDED | grep -E "$pattern" || fail "the program links gRPC"
! ldd "$CHATGATE" | grep -E "$pattern" || fail "a library of the program links gRPC"

start_gateway
expect "off by default" "$(grep -c 'gRPC on' "$log" || true)" 0
expect "nothing of it in memory" "$(foreign_maps)" 0
stop_gateway

start_grpc_gateway
[[ $(foreign_maps) -gt 5 ]] || fail "this test looks for the wrong names"
expect "the module's file" "$(ls -l "/proc/$gateway_pid/fd" | grep -c 'memfd' || true)" 0
stop_gateway
expect "the end" "$exit_status" 0

mkdir broken
for library in $(ldconfig -p | sed -n 's/.*\(libgrpc++\.so\.[0-9.]*\) .*/\1/p'); do : > "broken/$library"; done
exit_status=0
LD_LIBRARY_PATH=$work/broken timeout 20 "$CHATGATE" serve --listen 127.0.0.1:0 --db "$db" \
  --upstream-url "$upstream/v1" --grpc-listen 127.0.0.1:0 > missing.log 2>&1 || exit_status=$?
[[ $exit_status != 0 && $exit_status != 124 ]] || fail "it started without the library ($exit_status)"
grep -qE 'grpc_listen.*install the package libgrpc\+\+1' missing.log ||
  fail "it does not say what is missing"
expect "in one line" "$(wc -l < missing.log)" 1
LD_LIBRARY_PATH=$work/broken start_gateway
chat gpt
expect "without gRPC" "$status" 401
stop_gateway

# The words of the configuration.
grpc_of() {
  "$CHATGATE" --db "$db" config show --format json "$@" 2> /dev/null |
    json 'input.find(row => row.key === "grpc_listen").value'
}
expect_address() {
  expect "grpc_listen=$1" "$(CHATGATE_GRPC_LISTEN=$1 grpc_of)" "$2"
}
expect_address on 127.0.0.1:9000
expect_address off ''
expect_address 192.0.2.1 192.0.2.1:9000
expect_address '[::1]' '[::1]:9000'
expect_address ::1 '[::1]:9000'
expect_address :7000 :7000
expect_address localhost:0 localhost:0
! CHATGATE_GRPC_LISTEN=no:where "$CHATGATE" --db "$db" config check > check.log 2>&1 ||
  fail "no address is taken for one"
grep -qi grpc_listen check.log || fail "the key is not named"

# What others can reach is not served with the demo's made-up answers.
exit_status=0
timeout 20 "$CHATGATE" serve --listen 127.0.0.1:0 --db demo.db --grpc-listen 0.0.0.0:0 > demo.log 2>&1 || exit_status=$?
expect "the demo for others" "$exit_status" 4
grep -q 'demo upstream is not served on 0.0.0.0' demo.log || fail "the demo is not refused with a reason"
