#!/usr/bin/env bash
# Peers that stall in their handshake hold up nobody and are let go after header_timeout; whoever does not
# speak TLS learns it at once.
. "$(dirname "$0")/lib.sh"
. "$here/lib_tls.sh"
start_upstream
set_price gpt-4o
add_user ann
start_tls_gateway --header-timeout 1m --loops 1

# 100 that say nothing, 50 with the beginning of a word, 100 that never say their second.
sockets=()
for n in {1..150}; do
  exec {socket}<> "/dev/tcp/127.0.0.1/$port"
  sockets+=("$socket")
  ((n <= 100)) || printf '\x16\x03\x01\x02\x00\x01\x00' >&"$socket"
done
node "$here/tls_hello.mjs" "$port" hold 100 > held 2> held.log &
own_pids+=("$!")
wait_until 20 grep -q held held
for _ in 1 2 3 4 5; do
  chat gpt-4o
  expect "served beside them" "$status" 200
done
expect "they were still there" "$(wc -l < held)" 1
stop_gateway
expect "an orderly end in spite of them" "$exit_status" 0
for socket in "${sockets[@]}"; do exec {socket}>&-; done

OVER_TLS=1 start_gateway --header-timeout 500ms
# ended WHAT: the connection of stdin is closed by the gateway.
expect "silence" "$(printf '' | OVER_TLS='' raw)" ""
expect "half a word" "$(printf '\x16\x03\x01\x02\x00\x01\x00' | OVER_TLS='' raw)" ""
node "$here/tls_hello.mjs" "$port" hold 3 > held 2> held.log &
own_pids+=("$!")
wait_until 20 grep -q 'ended 3' held
for _ in {1..30}; do
  head -c 600 /dev/urandom | OVER_TLS='' raw > noise
done
stop_gateway

OVER_TLS=1 start_gateway
# Whole answers, before the gateway closes: nobody waits for a timeout.
for method in GET DELETE OPTIONS; do
  answer=$(printf '%s /v1/models HTTP/1.1\r\nHost: g\r\n\r\n' "$method" | OVER_TLS='' raw)
  expect_match "$method without TLS" "$answer" '^HTTP/1.1 400 '
  body=$(tail -n 1 <<< "$answer")
  expect "its envelope" "$(error_of)" "invalid_request_error"
  expect_match "its words" "$body" 'https://'
done
# alert BYTES: the alert, as hexadecimal digits, that these bytes get.
alert() { printf '%b' "$1" | OVER_TLS='' raw | od -An -tx1 | tr -d ' \n'; }
unexpected=1503010002020a # fatal, unexpected_message
expect "words of another protocol" "$(alert 'SSH-2.0-OpenSSH_9.2\r\n')" "$unexpected"
expect "a hello of SSL 2" "$(alert '\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10')" "$unexpected"
expect "zeros" "$(alert '\x00\x00\x00\x00\x00\x00\x00\x00')" "$unexpected"
expect "a version of another world" "$(alert '\x16\x99\x99\x00\x10aaaaaaaaaaaaaaaa')" "$unexpected"
expect_match "a broken hello" "$(alert '\x16\x03\x01\x00\x05\x01\x00\x00\x01\xff')" '^15030[13]000202'
expect_match "an alert at once" "$(alert '\x15\x03\x01\x00\x02\x02\x28')" '^(15030[13]000202..)?$'
chat gpt-4o
expect "it is well" "$status" 200
stop_gateway
expect "an orderly end" "$exit_status" 0

start_gateway # without TLS
answer=$(timeout 20 openssl s_client -connect "127.0.0.1:$port" < /dev/null 2>&1 || true)
expect_match "TLS to the plain port" "$answer" 'wrong version number'
printf '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03%0512d' 0 | raw > answer
expect_match "what it says" "$(tr -d '\0' < answer)" '^HTTP/1.1 400 '
expect_sound_books
