#!/usr/bin/env bash
# What is wrong with certificates is said in one sentence before anything is begun; what is odd, as a
# warning; and the line that a start prints works as it stands.
. "$(dirname "$0")/lib.sh"
. "$here/lib_tls.sh"
prepare_tls
make_certificate other ca /CN=other
make_certificate gate ca /CN=gate 'subjectAltName=DNS:gate.example'
DAYS=0 make_certificate old ca /CN=old
openssl pkey -in server.key -aes256 -passout pass:secret -out locked.key
cat ca.pem server.pem > turned.pem
sed '3d' server.pem > torn.pem
echo nonsense > nonsense.pem
chmod 644 other.key

# fails REGEX KEYS...: neither starts nor passes the check.
fails() {
  local command status
  for command in serve 'config check'; do
    status=0
    # shellcheck disable=SC2086  # one or two words
    env "${@:2}" timeout 30 "$CHATGATE" $command --db "$db" > out 2> err < /dev/null || status=$?
    expect "exit status of $command with ${*:2}" "$status" 2
    expect "sentences of $command with ${*:2}" "$(wc -l < err)" 1
    expect_match "the sentence of $command" "$(< err)" "$1"
  done
}
cert() { printf 'CHATGATE_TLS_CERT=%s\nCHATGATE_TLS_KEY=%s' "$1" "$2"; }
# fails_with REGEX CERTIFICATE KEY [VARIABLE...]
fails_with() { fails "$1" "CHATGATE_TLS_CERT=$2" "CHATGATE_TLS_KEY=$3" "${@:4}"; }
fails 'tls_cert needs tls_key' CHATGATE_TLS_CERT=server.pem
fails 'tls_key needs tls_cert' CHATGATE_TLS_KEY=server.key
fails 'tls_client_ca needs tls_cert' CHATGATE_TLS_CLIENT_CA=ca.pem
fails_with 'tls_cert none.pem: No such file' none.pem server.key
fails_with 'tls_key none.key: No such file' server.pem none.key
fails_with "tls_cert $work: it is no file" "$work" server.key
fails_with 'tls_cert nonsense.pem: there is no certificate' nonsense.pem server.key
fails_with 'tls_cert torn.pem: certificate 1 is broken' torn.pem server.key
fails_with 'tls_key nonsense.pem: there is no private key' server.pem nonsense.pem
fails_with 'tls_key other.key: it is not the key of .* server.pem' server.pem other.key
fails_with 'tls_key server.key: .*must be the first' turned.pem server.key
fails_with 'tls_key locked.key: it is locked with a password' server.pem locked.key
fails_with 'tls_client_ca server.key: there is no cert' server.pem server.key CHATGATE_TLS_CLIENT_CA=server.key
fails_with 'tls_client_auth.*tls_client_ca' server.pem server.key CHATGATE_TLS_CLIENT_AUTH=required
fails_with 'write off, optional or required' server.pem server.key CHATGATE_TLS_CLIENT_AUTH=perhaps
fails_with 'tls_client_users needs tls_client_ca' server.pem server.key CHATGATE_TLS_CLIENT_USERS=a=ann
fails_with 'no fingerprint' server.pem server.key CHATGATE_TLS_CLIENT_CA=ca.pem \
  CHATGATE_TLS_CLIENT_USERS=sha256:12=ann
[[ ! -e $db ]] || fail "a database was begun"

# said CERTIFICATE KEY: what the check says besides.
said() { env "CHATGATE_TLS_CERT=$1" "CHATGATE_TLS_KEY=$2" "$CHATGATE" config check 2>&1; }
expect_match "a good pair" "$(said server.pem server.key)" 'TLS: the main port speaks https alone'
[[ $(said server.pem server.key) != *warning* ]] || fail "a warning for nothing"
expect_match "an old certificate" "$(said old.pem old.key)" 'warning: tls_cert old.pem: the certificate expired on'
expect_match "an open key" "$(said other.pem other.key)" 'warning: tls_key other.key: every user .* may read it'

# pasted CERTIFICATE: the curl line of a start without an upstream, run by a shell in another folder.
pasted() {
  unset CURL_CA_BUNDLE
  "$CHATGATE" serve --listen "$2" --db "$1.db" --tls-cert "$1.pem" --tls-key "$1.key" > "$1.log" 2>&1 &
  gateway_pid=$!
  own_pids+=("$gateway_pid")
  wait_until 30 grep -q Hello "$1.log"
  expect_match "says https" "$(< "$1.log")" 'listening on https://'
  sed -n '/^  curl/,/^$/p' "$1.log" > "$1.command"
  answer=$(cd / && bash "$work/$1.command" 2> "$work/$1.curl.log") || fail "$(cat "$1.command" "$1.curl.log")"
  expect_match "its answer" "$answer" '"choices"'
  stop_gateway
}
pasted server 127.0.0.1:0
pasted gate 127.0.0.1:0 # made out to a name, not to the address
[[ ! -e /proc/net/if_inet6 || -z $(grep ' lo$' /proc/net/if_inet6) ]] || pasted other '[::1]:0'
