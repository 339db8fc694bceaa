#!/usr/bin/env bash
# gRPC over TLS: with the certificate that HTTP has, renewed without a start, and clients' certificates prove
# accounts there as well.
. "$(dirname "$0")/lib.sh"
. "$here/lib_tls.sh"
. "$here/lib_grpc.sh"
start_upstream
set_price gpt-4o
prepare_tls
make_authority clients
make_authority strangers
make_certificate ann clients /CN=ann.laptop
make_certificate nobody clients /CN=nobody
make_certificate forged strangers /CN=ann.laptop
admin user add bob --balance 10 > /dev/null
add_user ann
cat > gateway.json << END
{"upstreams": [{"name": "default", "base_url": "$upstream/v1"}], "tls_client_ca": "$work/clients.pem",
 "tls_client_auth": "optional", "tls_client_users": {"ann.laptop": "bob"}}
END
OVER_TLS=1 start_grpc_gateway --config gateway.json
export GRPC_CA=$work/ca.pem

with() { # CERTIFICATE [FIELDS]: asks with it.
  GRPC_CERT=$work/$1.pem GRPC_KEY=$work/$1.key ask "${2:-}"
}
ask
expect "with a token" "$code" OK
token='' ask
expect "with nothing" "$code $last" "UNAUTHENTICATED <|err|>"
token='' with ann
expect "with a certificate" "$code" OK
token='' with nobody
expect "with one that proves no account" "$code" UNAUTHENTICATED
with nobody
expect "with one, and a token" "$code" OK
with forged
expect "with one of strangers" "$code" UNAVAILABLE
expect "who paid" "$(admin usage report --format json --by user |
  json 'input.map(row => row.user + " " + row.requests).sort()')" \
  '["ann 2","bob 1"]'
GRPC_CA='' ask
expect "without TLS" "$code" UNAVAILABLE
version() {
  timeout 20 openssl s_client -connect "$grpc" -CAfile ca.pem "$@" < /dev/null 2> /dev/null |
    sed -n 's/^New, \(TLSv[0-9.]*\),.*/\1/p' | head -n 1
}
expect "TLS 1.3" "$(version -tls1_3 -alpn h2)" TLSv1.3
expect "TLS 1.2" "$(version -tls1_2 -alpn h2)" TLSv1.2
expect "TLS 1.1" "$(version -tls1_1 -alpn h2 -cipher ALL:@SECLEVEL=0)" ""

# Renewed, and taken over without a signal; a stream that runs goes on.
tell_upstream next '{"behaviour":"stall-mid"}'
ask_in_background
wait_for_value 1 waiting_upstream
make_certificate next ca /CN=localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'
renewed=$(openssl x509 -in next.pem -noout -serial)
mv next.key server.key
mv next.pem server.pem
is_renewed() {
  local served
  served=$(timeout 20 openssl s_client -alpn h2 -connect "$grpc" < /dev/null 2> /dev/null |
    openssl x509 -noout -serial)
  [[ $served == "$renewed" ]]
}
wait_until 60 is_renewed
tell_upstream release
wait "$asker" || fail "the client failed"
expect "the stream" "$(json input.code < asked)" OK
expect_no_holds
expect_sound_books
stop_gateway
expect "the end" "$exit_status" 0

sed -i 's/optional/required/' gateway.json
OVER_TLS=1 start_grpc_gateway --config gateway.json
ask
expect "none where one is required" "$code" UNAVAILABLE
with ann
expect "one where it is required" "$code" OK

# SIGHUP changes what is asked of clients that come from now on; a stream that runs goes on.
tell_upstream reset
tell_upstream next '{"behaviour":"stall-mid"}'
GRPC_CERT=$work/ann.pem GRPC_KEY=$work/ann.key ask_in_background
wait_for_value 1 waiting_upstream
sed -i 's/required/optional/' gateway.json
kill -HUP "$gateway_pid"
is_let_in() {
  ask
  [[ $code == OK ]]
}
wait_until 20 is_let_in
tell_upstream release
wait "$asker" || fail "the client failed"
expect "the stream of before" "$(json input.code < asked)" OK
expect_no_holds
stop_gateway
expect "the end" "$exit_status" 0
