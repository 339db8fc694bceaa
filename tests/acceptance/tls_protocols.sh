#!/usr/bin/env bash
# What TLS is spoken: 1.2 and 1.3, forward secrecy and authenticated encryption alone, HTTP/1.1; a session
# is resumed on any loop; nothing is renegotiated.
. "$(dirname "$0")/lib.sh"
. "$here/lib_tls.sh"
start_upstream
make_authority ca
KEY=rsa make_certificate server ca /CN=localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'
start_tls_gateway --loops 4

# offered VERSION SUITE...: what the server makes of a client that offers these.
offered() { timeout 20 node "$here/tls_hello.mjs" "$port" "$@"; }

for suite in c02f c030 cca8; do
  expect "suite $suite" "$(offered 0303 "$suite")" "hello 0303 $suite"
done
expect "whose choice it is" "$(offered 0303 c030 c02f)" "hello 0303 c02f"
for version in 0300 0301 0302; do
  expect_match "version $version" "$(offered "$version" c013 c014 c02f 002f)" '^alert (40|70)$'
done
# refused WHAT SUITE...
refused() { expect "$1" "$(offered 0303 "${@:2}")" "alert 40"; }
refused "no encryption" 0001 0002 003b c006 c010
refused "export" 0003 0006 0008 000b 0014
refused "RC4" 0004 0005 c007 c011
refused "DES, 3DES" 0009 000a 0016 c008 c012
refused "CBC" 002f 0035 003c 003d c009 c00a c013 c014 c023 c024 c027 c028 0041 0084
refused "a key under RSA, without forward secrecy" 009c 009d 002f c09c
refused "an anonymous server" 0018 0034 003a 006c 00a6 00a7 c015 c018 c019
refused "finite fields" 0033 0039 009e 009f ccaa
refused "shared keys" 008c 00a8 00a9 ccab c035

for version in tls1_2 tls1_3; do
  expect_match "$version" "$(tls_request "$plain_request" "-$version")" 'HTTP/1.1 200 OK'
done
answer=$(tls_request "$plain_request" -tls1_2)
expect_match "the certificate" "$answer" 'Verify return code: 0'
expect_match "no compression" "$answer" 'Compression: NONE'

expect_match "HTTP/1.1 among others" "$(tls_request "$plain_request" -alpn h2,http/1.1)" 'ALPN protocol: http/1.1'
expect_match "HTTP/2 alone" "$(tls_request "$plain_request" -alpn h2)" 'alert no application protocol'
answer=$(tls_request "$plain_request")
expect_match "no wish" "$answer" 'No ALPN negotiated'
expect_match "no wish, served" "$answer" 'HTTP/1.1 200 OK'
expect_match "a name that is not ours" "$(tls_request "$plain_request" -servername else.example)" 'HTTP/1.1 200 OK'

# Four connections come to four loops.
for version in tls1_2 tls1_3; do
  expect_match "a first session" "$(tls_request "$plain_request" "-$version" -sess_out "$work/session")" 'New, TLSv'
  for _ in 1 2 3 4; do
    answer=$(tls_request "$plain_request" "-$version" -sess_in "$work/session")
    expect_match "resumed with $version" "$answer" 'Reused, TLSv'
    expect_match "served in it" "$answer" 'HTTP/1.1 200 OK'
  done
done

answer=$( (echo R && sleep 1) | s_client -tls1_2 || true)
expect_match "no renegotiation" "$answer" 'no renegotiation'
request GET /healthz
expect "it is well" "$status" 200
