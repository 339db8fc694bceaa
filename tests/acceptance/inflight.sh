#!/usr/bin/env bash
# `inflight list` shows the requests that run in the gateway now; `inflight kill` ends one whatever the
# abort policy: its client is told, its upstream let go, what was seen charged, and nothing stays held.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price stall-mid stall gpt-4o endless+size-60000
add_user ann
control=$db.control

# Prints an expression's value over the list.
running() { admin inflight list --format json | json "$1"; }
inflight_status() {
  local status=0
  admin inflight "$@" > "$work/out" 2> "$work/err" || status=$?
  echo "$status"
}
kill_the_one() { admin inflight kill "$(running 'input[0].id')" --yes --format json 2> /dev/null; }

expect "no gateway" "$(inflight_status list) $(inflight_status kill req_0000000000000001)" "5 5"
expect_match "it says so" "$(< "$work/err")" 'no gateway serves'

for policy in cancel drain; do
  start_gateway --abort-policy "$policy"
  expect "its mode" "$(stat -c '%a %F' "$control")" "600 socket"
  expect "nothing runs" "$(running input.length)" 0
  call_in_background stall-mid ',"stream":true'
  wait_for_value streaming running 'input[0]?.state ?? "none"'
  expect "row" "$(running '[input.length, input[0].user, input[0].model, input[0].endpoint,
    input[0].answer_bytes > 0, input[0].elapsed_ms >= 0, Number(input[0].hold) > 0, input[0].unit].join()')" \
    "1,ann,stall-mid,/v1/chat/completions,true,true,true,USD"
  expect "the token's prefix" "$(running 'input[0].token')" "$(admin token list --format json | json 'input[0].prefix')"
  [[ $(admin inflight list --format json) != *"$token"* ]] || fail "the token is shown whole"
  expect "an unknown id" "$(inflight_status kill req_0000000000000001)" 3

  expect "unasked" "$(inflight_status kill "$(running 'input[0].id')" < /dev/null)" 2
  expect "killed" "$(kill_the_one | json 'input.model + " " + input.state')" "stall-mid streaming"
  wait "$caller" || fail "$policy: the stream was cut instead of ended"
  expect_match "the client is told" "$(tail -n 2 "$work/background")" '^data: \{"error":.*"ended_by_administrator"'
  [[ $(< "$work/background") != *'[DONE]'* ]] || fail "the stream was passed off as whole"
  wait_for_value left seen 'input.at(-1).outcome'
  expect_no_holds
  expect "the books" "$(in_books 'SELECT status, estimated, prompt > 0, completion > 0, cost > 0
    FROM usage ORDER BY id DESC LIMIT 1')" "1|1|1|1|1"

  # Before the answer's head the client gets an error, and no SDK tries again.
  call_in_background stall ''
  wait_for_value waiting running 'input[0]?.state ?? "none"'
  kill_the_one > /dev/null
  wait "$caller" || fail "$policy: the connection was cut"
  expect_match "an error answer" "$(< "$work/background")" '^\{"error":.*"ended_by_administrator"'
  wait_for_value 0 running input.length
  expect "the prompt is charged" "$(in_books 'SELECT status, estimated, prompt > 0, completion, cost > 0,
    http_status FROM usage ORDER BY id DESC LIMIT 1')" "1|1|1|0|1|503"

  # A client that has left is of no concern under the drain policy: what is read on can be ended too.
  if [[ $policy == drain ]]; then
    call_in_background stall-mid ',"stream":true'
    wait_for_value 1 waiting_upstream
    kill "$caller"
    wait "$caller" || true
    wait_for_value draining running 'input[0]?.state ?? "none"'
    kill_the_one > /dev/null
    wait_for_value left seen 'input.at(-1).outcome'
    expect_no_holds
  fi
  chat gpt-4o
  expect "the next request" "$status" 200
  stop_gateway
  [[ ! -e $control ]] || fail "the socket is left behind"
done
expect "all of them" "$(states)" "aborted 5, completed 2"

# A client that takes nothing cannot be told: it is cut off, long before its write_timeout.
start_gateway
exec {socket}<> "/dev/tcp/127.0.0.1/$port"
body=$(chat_body endless+size-60000 ',"stream":true')
printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n%s' \
  "$token" "Content-Length: ${#body}" "$body" >&"$socket"
stands_still() {
  local bytes
  bytes=$(running 'input[0].answer_bytes')
  sleep 0.3
  ((bytes > 0)) && [[ $(running 'input[0].answer_bytes') == "$bytes" ]]
}
wait_until 30 stands_still
kill_the_one > /dev/null
wait_for_value "aborted 6, completed 2" states
wait_for_value left seen 'input.at(-1).outcome'
expect_no_holds
exec {socket}>&-
stop_gateway

# What a killed gateway leaves behind is replaced; what is no socket stays, and the gateway serves.
start_gateway
stop_gateway KILL
[[ -S $control ]] || fail "the dead gateway's socket should be there"
expect "a dead gateway" "$(inflight_status list)" 5
start_gateway
expect "the next one" "$(inflight_status list)" 0
printf 'garbage\n' | timeout 10 node -e '
  const socket = require("net").connect(process.argv[1])
  process.stdin.pipe(socket)
  socket.pipe(process.stdout)' "$control" > "$work/out"
expect_match "garbage" "$(< "$work/out")" '^\{"error":'
stop_gateway
echo precious > "$control"
start_gateway
chat gpt-4o
expect "it serves all the same" "$status" 200
expect_match "and says why" "$(< "$log")" 'no_control_socket'
expect "the file" "$(< "$control")" precious
stop_gateway
expect_sound_books
