# What the scripts about TLS share beside lib.sh: an authority, certificates signed by it, and a
# gateway that speaks TLS with one of them. Source it after lib.sh, which does so itself when
# OVER_TLS is set: then every gateway of a script speaks TLS, and its promises are made over it.

export CURL_CA_BUNDLE=$work/ca.pem NODE_EXTRA_CA_CERTS=$work/ca.pem

# make_authority NAME: NAME.pem and NAME.key.
make_authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1 authority" \
    -keyout "$work/$1.key" -out "$work/$1.pem" 2> "$work/openssl.log" || fail "no authority $1"
}

# make_certificate NAME AUTHORITY SUBJECT [EXTENSION...]: NAME.pem, signed, and NAME.key. With
# KEY=rsa the key is one of RSA; DAYS says how long it is valid.
make_certificate() {
  local key=(ec -pkeyopt ec_paramgen_curve:P-256)
  [[ ${KEY:-} != rsa ]] || key=(rsa:2048)
  printf '%s\n' "${@:4}" > "$work/$1.extensions"
  openssl req -newkey "${key[@]}" -nodes -subj "$3" -keyout "$work/$1.key" -out "$work/$1.request" \
    2> "$work/openssl.log" || fail "no request for $1"
  openssl x509 -req -in "$work/$1.request" -CA "$work/$2.pem" -CAkey "$work/$2.key" -CAcreateserial \
    -days "${DAYS:-30}" -extfile "$work/$1.extensions" -out "$work/$1.pem" 2> "$work/openssl.log" ||
    fail "no certificate $1"
}

# The gateway's own certificate, which the clients of a script believe.
prepare_tls() {
  make_authority ca
  make_certificate server ca /CN=localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'
}

# start_tls_gateway [ARGUMENT...]
start_tls_gateway() {
  [[ -s $work/server.pem ]] || prepare_tls
  OVER_TLS=1 start_gateway "$@"
}

# s_client [ARGUMENT...]: OpenSSL's client, with stdin as it is; prints what it says of the session, then
# the answer.
s_client() {
  timeout 20 openssl s_client -connect "127.0.0.1:$port" -CAfile "$work/ca.pem" "$@" 2>&1
}

# tls_request REQUEST [ARGUMENT...]: one request, written with printf's escapes, and what s_client says.
tls_request() {
  printf '%b' "$1" | s_client -ign_eof "${@:2}" || true
}

readonly plain_request='GET /healthz HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n'
