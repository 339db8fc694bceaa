#!/usr/bin/env bash
# A client's certificate proves an account where a request has no other credential, at every door; what
# the certificate is worth follows a reload.
. "$(dirname "$0")/lib.sh"
. "$here/lib_tls.sh"
start_upstream
set_price gpt-4o
prepare_tls
make_authority clients
make_authority strangers
make_certificate ann clients /CN=ann.laptop
make_certificate bob clients /O=Example \
  'subjectAltName=DNS:b.example,email:bob@example.org,URI:spiffe://example.org/bob'
make_certificate cleo clients /CN=cleo
make_certificate nobody clients /CN=nobody
make_certificate two clients /CN=ann.laptop 'subjectAltName=email:bob@example.org'
make_certificate forged strangers /CN=ann.laptop
print=$(openssl x509 -in cleo.pem -noout -fingerprint -sha256 | sed 's/.*=//')
make_certificate printed clients /CN=printed "subjectAltName=URI:sha256:$(tr -d : <<< "${print,,}")"

# configure CLIENT_AUTH USERS [FURTHER KEYS]
configure() {
  cat > gateway.json << END
{"upstreams": [{"name": "default", "base_url": "$upstream/v1"}], "tls_client_ca": "$work/clients.pem",
 "tls_client_auth": "$1", "tls_client_users": {$2}, "default_model": "gpt-4o"${3:-}}
END
}
users="\"ann.laptop\": \"ann\", \"spiffe://example.org/bob\": \"bob\", \"bob@example.org\": \"bob\",
  \"sha256:$print\": \"cleo\", \"nobody.else\": \"ann\""
configure optional "$users"
admin user add bob --balance 10 > /dev/null
admin user add cleo --balance 10 > /dev/null
add_user ann
start_tls_gateway --config gateway.json

# with CERTIFICATE: requests of `plain_chat` and `get` show it; none: none.
shown=()
with() {
  shown=()
  [[ $1 == none ]] || shown=(--cert "$work/$1.pem" --key "$work/$1.key")
}
# A request without a credential in its head, unless one is among the arguments.
bare() {
  status=$(curl --silent --max-time 60 "${shown[@]}" --dump-header "$work/head" --output "$work/body" \
    --write-out '%{http_code}' "${@:2}" "$gateway$1") || status=none
  body=$(cat "$work/body" 2> /dev/null || true)
}
bare_chat() {
  bare /v1/chat/completions --header 'Content-Type: application/json' --data-raw "$(chat_body gpt-4o)" "$@"
}
requests_of() {
  in_books "SELECT count(*) FROM usage JOIN users ON users.id = usage.user_id WHERE users.name = '$1'"
}
# pays CERTIFICATE ACCOUNT
pays() {
  local before
  before=$(requests_of "$2")
  with "$1"
  bare_chat
  expect "a request with the certificate of $1" "$status" 200
  expect "who pays for $1" "$(requests_of "$2")" $((before + 1))
}
pays ann ann
pays bob bob
pays cleo cleo
expect "the balance" "$(balance_of ann)" 9.999969

for certificate in none nobody two printed; do
  with "$certificate"
  bare_chat
  expect "$certificate proves nothing" "$status $(error_of)" "401 invalid_request_error invalid_api_key"
done
with forged
bare_chat
expect "another authority" "$status" none

# What a request says of itself stands above the certificate.
with bob
before=$(requests_of ann)
bare_chat --header "Authorization: Bearer $token"
expect "a token wins" "$status $(requests_of ann)" "200 $((before + 1))"
bare_chat --header "Authorization: Bearer sk-cg-wrong"
expect "a wrong token is not overlooked" "$status" 401
bare_chat --header "api-key: sk-cg-wrong"
expect "nor is one in api-key" "$status" 401
bare_chat --user bob:password
expect "nor a password where none is taken" "$status" 401
bare_chat --header 'Authorization: Bearer'
expect "nothing is nothing" "$status" 200

# A page of another site cannot spend what its visitor's browser proves.
bare_chat --header 'Origin: https://evil.example'
expect "another origin" "$status" 401
bare_chat --header 'Sec-Fetch-Site: cross-site'
expect "another site" "$status" 401
bare_chat --header "Origin: $gateway" --header 'Sec-Fetch-Site: same-origin'
expect "its own page" "$status" 200

# The other ways in.
bare /v1/models
expect "models" "$status $(json 'input.data[0].id' <<< "$body")" "200 gpt-4o"
bare /data/week
expect "the week" "$status" 200
bare /ask/new --header 'Content-Type: application/json' --data-raw '{"prompt":"Hello","parent_id":null}'
expect "ask" "$status" 200
bare /api/chat-process --header 'Content-Type: application/json' --data-raw '{"prompt":"Hello"}'
expect "web" "$status $(tail -n 1 <<< "$body" | json input.role)" "200 assistant"
bare /api --header 'Content-Type: application/json' --data-raw '{"user_content":"Hello"}'
expect "platform" "$status $(json input.code <<< "$body")" "200 200"
bare /api/chat --header 'Content-Type: application/json' --data-raw '{"prompt":"Hello"}'
expect "bot" "$status $(json input.code <<< "$body")" "200 200"
wait_for_value 0 open_holds

# A blocked account is refused as with a token.
admin user block bob > /dev/null
blocked() { bare_chat && [[ $status == 403 ]]; }
wait_until 10 blocked
expect "blocked" "$(error_of)" "invalid_request_error account_blocked"
admin user unblock bob > /dev/null
unblocked() { bare_chat && [[ $status == 200 ]]; }
wait_until 10 unblocked

# A session that is resumed still proves it, until the configuration says something else.
request_text='GET /v1/models HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n'
answer=$(tls_request "$request_text" -cert bob.pem -key bob.key -sess_out session)
expect_match "the first session" "$answer" 'HTTP/1.1 200'
resume() { answer=$(tls_request "$request_text" -sess_in session); }
resume
expect_match "resumed" "$answer" 'Reused, TLSv1.3.*HTTP/1.1 200'
configure optional '"ann.laptop": "cleo"'
kill -HUP "$gateway_pid"
expires() { resume && [[ $answer == *'HTTP/1.1 401'* ]]; }
wait_until 10 expires
expect_match "still resumed" "$answer" 'Reused, TLSv1.3'
pays ann cleo

# Guests come in where the certificate proves nothing.
configure optional "$users" ', "guest_doors": ["bot"]'
stop_gateway
start_tls_gateway --config gateway.json
with none
bare /api/chat --header 'Content-Type: application/json' --data-raw '{"prompt":"Hello"}'
expect "a guest" "$status $(json input.code <<< "$body") $(requests_of guest)" "200 200 1"
with ann
bare /api/chat --header 'Content-Type: application/json' --data-raw '{"prompt":"Hello"}'
expect "no guest" "$status $(requests_of guest)" "200 1"

# A WebSocket is opened for the account as well, but not for a page of another site, not even as a guest.
configure optional "$users" ', "guest_doors": ["ask"], "allow_ips": ["127.0.0.0/8"]'
stop_gateway
start_tls_gateway --config gateway.json
ask='<|ask|>$new$new$Hello'
# asked_by_socket [HEADER]: one question and its answer.
asked_by_socket() {
  mkfifo words
  exec {pipe}<> words
  openssl s_client -connect "127.0.0.1:$port" -quiet -cert ann.pem -key ann.key < words > answers 2> s_client.log &
  client=$!
  own_pids+=("$client")
  printf '%b' 'GET /ws HTTP/1.1\r\nHost: g\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${1:-}\r\n" >&"$pipe"
  wait_until 10 grep -q '101 Switching' answers
  printf "\x81\x$(printf %02x $((128 + ${#ask})))\0\0\0\0%s" "$ask" >&"$pipe"
  wait_until 10 grep -qa '<|end|>' answers
  kill "$client"
  exec {pipe}>&-
  rm words
}
counts() { echo "$(requests_of ann) $(requests_of guest)"; }
read -r anns guests <<< "$(counts)"
asked_by_socket
expect "the account" "$(counts)" "$((anns + 1)) $guests"
asked_by_socket 'Origin: https://evil.example\r\n'
expect "a guest" "$(counts)" "$((anns + 1)) $((guests + 1))"

# Nobody without one comes in.
configure required "$users"
kill -HUP "$gateway_pid"
with none
closed() { bare /healthz && [[ $status == none ]]; }
wait_until 10 closed
with forged
bare /healthz
expect "nor with a stranger's" "$status" none
with nobody
bare /healthz
expect "any good one comes in" "$status" 200
pays ann ann
expect_no_holds
expect_sound_books
