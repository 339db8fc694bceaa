#!/usr/bin/env bash
# /metrics tells until when the certificate in force is valid, and whether newer files were not taken over.
. "$(dirname "$0")/lib.sh"
. "$here/lib_tls.sh"
. "$here/metrics_lib.sh"
start_upstream
prepare_tls
OVER_TLS=1 start_observed_gateway

not_after() { date -d "$(openssl x509 -noout -enddate -in "$1" | cut -d= -f2)" +%s; }
expires() { sum_of chatgate_tls_certificate_not_after_timestamp_seconds; }
expect "the first" "$(expires)" "$(not_after server.pem)"
expect_sum 0 chatgate_tls_certificate_files_kept

cp server.pem first.pem
echo nonsense > server.pem
kill -HUP "$gateway_pid"
expect_sum 1 chatgate_tls_certificate_files_kept
expect "the one in force" "$(expires)" "$(not_after first.pem)"

DAYS=60 make_certificate next ca /CN=localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'
mv next.key server.key
mv next.pem server.pem
wait_for_value "$(not_after server.pem)" expires # without a signal
expect_sum 0 chatgate_tls_certificate_files_kept

stop_gateway
start_observed_gateway
expect "without TLS" "$(expires)" 0
if grep -q '^chatgate_tls' scrape; then fail "there is a certificate without TLS"; fi
