#!/usr/bin/env bash
# The WebSocket of the door `ask`, on /ws and on a port of its own: its whole contract, with npm's client.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user poor 0
poor=$token
add_user ann
start_gateway --default-model gpt-4o --retries 0 --websocket-listen 127.0.0.1:0 \
  --cors-origins https://app.example --access-log "$access_log"
socket=${gateway/http/ws}/ws
own=$(sed -n 's|.*WebSocket on \(wss*://[^ ]*\)$|\1|p' "$log")
[[ -n $own ]] || fail "the WebSocket's own port is not announced"

node "$here/websocket_door.mjs" "$socket" "$own" "$token" "$poor" "$upstream"
expect_no_holds
expect_sound_books
endpoints=$(admin usage report --format json --by endpoint | json 'input.map(row => row.endpoint).sort().join()')
expect "one endpoint" "$endpoints" "/ask/{id},/ws"

# The access log has a line for each handshake and each question, and the tokens in neither.
expect "handshakes" "$(logged 'input.filter(line => line.status === 101).every(line =>
  line.method === "GET" && line.path === "/ws" && line.user && line.outcome === "completed")')" true
expect "questions" "$(logged 'input.filter(line => line.method === "WEBSOCKET" && line.status === 200 &&
  line.user === "ann" && line.path === "/ws" && line.door === "ask" && line.bytes_out > 0).length')" \
  "$(in_books "SELECT count(*) FROM usage JOIN names ON names.id = endpoint_id
    WHERE names.name = '/ws' AND http_status = 200")"
! grep -qF "$token" "$access_log" "$log" || fail "a token is in a log"

# A plain request to the port of its own, and to /ws.
for address in "${own/ws/http}/" "$gateway/ws"; do
  head=$(curl --silent --max-time 20 --include --header "Authorization: Bearer $token" "$address" | tr -d '\r')
  expect_match "no upgrade" "$head" '^HTTP/1.1 426 '
  expect "to what" "$(header upgrade) $(header connection | cut -d, -f1)" "websocket Upgrade"
done
request POST /ws --data-raw x
expect "POST" "$status $(header allow)" "405 GET, OPTIONS"

# A token that is revoked ends its connection at the next question.
node --input-type=module --eval "
  import { check, connect } from '$here/websocket.mjs'
  import { execFileSync } from 'node:child_process'
  const [address, token, ...program] = process.argv.slice(1)
  const client = await connect(address, { token })
  check('it works', (await client.ask('Hi')).text.length > 0, true)
  execFileSync(program[0], [...program.slice(1), 'token', 'revoke', token, '--yes'], { stdio: 'ignore' })
  let error
  for (let i = 0; i < 200 && error === undefined; ++i) ({ error } = await client.ask('Hi'))
  check('it works no more', error.length > 0, true)
  check('and is over', await client.closed, '1008 the token is no longer valid')
" "$socket" "$token" "$CHATGATE" --db "$db"
expect_no_holds
expect_sound_books

stop_gateway
start_gateway --doors agent --default-model gpt-4o
expect "a closed door" "$(curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' "$gateway/ws")" 404
