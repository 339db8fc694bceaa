#!/usr/bin/env bash
# New certificates are taken over while the gateway runs, on SIGHUP and by themselves: no request fails,
# connections that are open go on. What cannot be served with is not taken over.
. "$(dirname "$0")/lib.sh"
. "$here/lib_tls.sh"
start_upstream
set_price gpt-4o step
add_user ann
prepare_tls
start_tls_gateway

serial() {
  openssl s_client -connect "127.0.0.1:$port" < /dev/null 2> /dev/null | openssl x509 -noout -serial
}
# renew [KIND]: makes the next certificate, with a key of that kind, and puts it in the place of the one that
# is served, the key first, as two files cannot be replaced at once. Sets $renewed.
renew() {
  KEY=${1:-} make_certificate next ca /CN=localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  renewed=$(openssl x509 -in next.pem -noout -serial)
  mv next.key server.key
  mv next.pem server.pem
}
first=$(serial)
call_in_background step ',"stream":true'
wait_for_value 1 waiting_upstream
node "$here/tls_load.mjs" "$gateway/v1/models" "$token" "$work/stop" > load 2> load.log &
load=$!
own_pids+=("$load")

for kind in ec rsa ec; do
  renew "$kind"
  kill -HUP "$gateway_pid"
  wait_for_value "$renewed" serial
done
[[ $(serial) != "$first" ]] || fail "nothing was taken over"
renew
is_renewed() { [[ $(serial) == "$renewed" ]]; }
wait_until 60 is_renewed # without a signal

# Broken files change nothing, and the log says why, once.
cp server.pem good.pem
echo nonsense > server.pem
kill -HUP "$gateway_pid"
complains() { grep -q "tls_files_kept reason=\"tls_cert .*server.pem: there is no certificate in it" "$log"; }
wait_until 10 complains
expect "the old one stays" "$(serial)" "$renewed"
make_certificate other ca /CN=other
cp other.pem server.pem
kill -HUP "$gateway_pid"
mismatches() { grep -q 'tls_files_kept.*server.key: it is not the key of the certificate' "$log"; }
wait_until 10 mismatches
expect "the old one stays" "$(serial)" "$renewed"
rm server.pem
kill -HUP "$gateway_pid"
misses() { grep -q 'tls_files_kept.*server.pem: No such file' "$log"; }
wait_until 10 misses
expect "the old one stays" "$(serial)" "$renewed"
mv good.pem server.pem
kill -HUP "$gateway_pid"

touch stop
wait "$load" || fail "$(< load.log)"
expect_match "no request failed" "$(< load)" '^[1-9][0-9]+ \{\}$'
tell_upstream release
wait "$caller" || fail "the stream was cut"
expect_match "the stream's end" "$(< background)" 'data: \[DONE\]'
expect "what was begun under the first certificate" "$(books_of step)" "1 13 9 0.000031"
