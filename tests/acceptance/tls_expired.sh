#!/usr/bin/env bash
# A certificate that has expired is served where there is none better, as after a start, but never takes the
# place of one that is valid.
. "$(dirname "$0")/lib.sh"
. "$here/lib_tls.sh"
start_upstream
names='subjectAltName=DNS:localhost,IP:127.0.0.1'
make_authority ca
DAYS=0 make_certificate server ca /CN=localhost "$names"
start_tls_gateway
grep -q 'tls_warning reason="tls_cert .*server.pem: the certificate expired on' "$log" || fail "no warning"

serial() {
  openssl s_client -connect "127.0.0.1:$port" < /dev/null 2> /dev/null | openssl x509 -noout -serial
}
# give NAME: puts that certificate in the place of the one that is served. Sets $given, its serial.
give() {
  given=$(openssl x509 -in "$1.pem" -noout -serial)
  cp "$1.key" server.key
  cp "$1.pem" server.pem
}
expect "at the start" "$(serial)" "$(openssl x509 -in server.pem -noout -serial)"
for days in 0 30; do
  DAYS=$days make_certificate "days$days" ca /CN=localhost "$names"
  give "days$days"
  kill -HUP "$gateway_pid"
  wait_for_value "$given" serial # expired for expired, then good for expired
done
good=$given
is_said() {
  local reason='server.pem: the certificate expired on [^ ]+Z, and the one in force is valid until [^ ]+Z'
  (($(grep -cE "tls_files_kept reason=\"tls_cert .*$reason" "$log") >= $1))
}
give days0
kill -HUP "$gateway_pid"
wait_until 10 is_said 1
expect "the good one stays" "$(serial)" "$good"
DAYS=0 make_certificate another ca /CN=localhost "$names"
give another
wait_until 30 is_said 2 # without a signal
expect "the good one stays" "$(serial)" "$good"

DAYS=30 make_certificate renewed ca /CN=localhost "$names"
give renewed
wait_for_value "$given" serial
