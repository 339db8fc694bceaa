# What the acceptance scripts share: a gateway and fake upstreams of their own on free ports, an
# administrator's shell over the same database, and assertions that show the gateway's log when one
# fails. Every wait polls with a bound. Source it first; it needs $CHATGATE and $FAKE_UPSTREAM.

set -euo pipefail
shopt -s inherit_errexit

: "${CHATGATE:?the path of the program under test}"
: "${FAKE_UPSTREAM:?the path of the fake upstream}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=$(basename "$0" .sh)

work=$(mktemp -d "${TMPDIR:-/tmp}/chatgate-$name.XXXXXX")
db=$work/chatgate.db
log=$work/gateway.log
own_pids=()
cd "$work" # a chatgate.json or .env of the caller's folder must not count

# Nothing of the caller's environment reaches the gateway.
others='BIND_ADDRESS|PORT|DB|API_?KEY|SOCKS_PROXY|PROXY|ROUTE|ACCESS_TOKEN|ALLOW_ORIGIN|BOT_DESC'
others+='|MODEL|MAX_TOKENS|TEMPREATURE|TEMPERATURE|TOP_P|FREQ|PRES|(HOUR|MINUTE|SECOND)_LIMIT'
prefixes='CHATGATE_|OPENAI_|OPS_|CHAT_|DATABASE_|SERVER_|BASIC_AUTH_'
for variable in $(compgen -e | grep -E "^($prefixes|($others)\$)"); do
  [[ $variable == CHATGATE_ROOT ]] || unset "$variable"
done
# Many gateways run at once: a script that wants the administrator's listener says where.
export CHATGATE_ADMIN_LISTEN=off

clean_up() {
  local status=$?
  trap - EXIT
  if ((${#own_pids[@]} > 0)); then
    kill -KILL "${own_pids[@]}" 2> /dev/null || true
    wait "${own_pids[@]}" 2> /dev/null || true
  fi
  if ((status != 0 && status != 77)); then
    local file
    for file in "$work"/*.log; do
      [[ -s $file ]] && echo "--- ${file##*/}" && tail -n 60 "$file"
    done >&2
  fi
  cd /
  before_removal
  rm -rf "$work"
  exit "$status"
}
before_removal() { :; } # for a script to replace
trap clean_up EXIT
trap 'exit 130' INT TERM

fail() {
  echo "$name: $*" >&2
  exit 1
}

skip() {
  echo "$name: skipped, $*" >&2
  exit 77
}

# expect WHAT ACTUAL EXPECTED
expect() {
  [[ $2 == "$3" ]] || fail "$1: expected '$3' but got '$2'"
}

# expect_match WHAT ACTUAL REGEX
expect_match() {
  [[ $2 =~ $3 ]] || fail "$1: expected a match of '$3' but got '$2'"
}

# wait_until SECONDS COMMAND...: polls until the command succeeds; fails after so many seconds.
wait_until() {
  local deadline=$((SECONDS + $1 + 1))
  shift
  until "$@" > /dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "waited in vain for: $*"
    sleep 0.02
  done
}

# Waits until "$1" prints "$2", and tells what it printed last if it does not within ten seconds.
wait_for_value() {
  local expected=$1 actual deadline=$((SECONDS + 11))
  shift
  until actual=$("$@") && [[ $actual == "$expected" ]]; do
    ((SECONDS < deadline)) || fail "waited in vain for '$expected' from: $* (it says '$actual')"
    sleep 0.02
  done
}

# Every gateway of this script then speaks TLS.
[[ -z ${OVER_TLS:-} ]] || . "$here/lib_tls.sh"

# ---- Programs ------------------------------------------------------------------------------------

# start_upstream [ARGUMENT...]: sets $upstream, its address without /v1, and $upstream_pid.
start_upstream() {
  local out
  out=$(mktemp "$work/upstream.XXXXXX")
  "$FAKE_UPSTREAM" "$@" > "$out" 2> "$out.log" &
  upstream_pid=$!
  own_pids+=("$upstream_pid")
  wait_until 20 grep -q '^listening' "$out"
  upstream=http://127.0.0.1:$(sed -n 's/^listening //p' "$out")
}

# start_gateway [ARGUMENT...]: sets $gateway, $port and $gateway_pid. Without --config it relays to
# $upstream.
start_gateway() {
  local arguments=("$@")
  [[ " $* " == *" --config "* ]] || arguments+=(--upstream-url "$upstream/v1")
  : >> "$log"
  if [[ -n ${OVER_TLS:-} ]]; then
    [[ -s $work/server.pem ]] || prepare_tls
    arguments=(--tls-cert "$work/server.pem" --tls-key "$work/server.key" "${arguments[@]}")
  fi
  local lines
  lines=$(wc -l < "$log")
  "$CHATGATE" serve --listen 127.0.0.1:0 --db "$db" "${arguments[@]}" >> "$log" 2>&1 &
  gateway_pid=$!
  own_pids+=("$gateway_pid")
  wait_until 30 gateway_is_up_or_gone "$lines"
  gateway=$(listening_address "$lines")
  [[ -n $gateway ]] || fail "the gateway did not start"
  port=${gateway##*:}
}

listening_address() {
  tail -n "+$(($1 + 1))" "$log" | grep -oE 'listening on https?://[^ "]+' | head -n 1 |
    sed 's|listening on ||; s|/$||' || true
}

gateway_is_up_or_gone() {
  [[ -n $(listening_address "$1") ]] || ! kill -0 "$gateway_pid"
}

# stop_gateway [SIGNAL]: ends it and sets $exit_status.
stop_gateway() {
  kill "-${1:-TERM}" "$gateway_pid"
  gateway=
  wait_for_gateway_to_leave
}

wait_for_gateway_to_leave() {
  wait_until 20 gateway_is_gone
  exit_status=0
  wait "$gateway_pid" || exit_status=$?
}

# A child that has ended but was not waited for is a zombie, which kill -0 still finds.
gateway_is_gone() {
  ! kill -0 "$gateway_pid" 2> /dev/null || grep -q '^State:.*Z' "/proc/$gateway_pid/status"
}

# ---- The administrator ---------------------------------------------------------------------------

admin() {
  "$CHATGATE" --db "$db" "$@"
}

# add_user NAME [BALANCE] [TOKEN ARGUMENT...]: sets $token.
add_user() {
  admin user add "$1" --balance "${2:-10}" > /dev/null
  add_token "$1" "${@:3}"
}

# add_token NAME [ARGUMENT...]: sets $token. A gateway that runs already knows it then, and with it
# every change that was made before.
add_token() {
  token=$(admin token add "$@" 2> "$work/token.log") || fail "token add: $(< "$work/token.log")"
  rm "$work/token.log"
  [[ -z ${gateway:-} ]] || wait_until 10 knows_token
}

knows_token() {
  [[ $(curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' \
    --header "Authorization: Bearer $token" "$gateway/v1/models") == 200 ]]
}

# set_price MODEL...: 1 USD per million tokens in, 2 out, at most 4,096 tokens out.
set_price() {
  local model
  for model in "$@"; do
    admin price set "$model" --input 1 --output 2 --max-output 4096 > /dev/null
  done
}

# Prints `REQUESTS PROMPT COMPLETION COST` of a model, all 0 when it was never used.
books_of() {
  admin usage report --format json --by model | json "
    const row = input.find(row => row.model === '$1')
    row ? [row.requests, row.prompt_tokens, row.completion_tokens, row.cost].join(' ') : '0 0 0 0'"
}

# Prints the states of all requests in the books and their number: `aborted 1, completed 2`.
states() {
  admin usage report --format json --by status | json "
    input.map(row => row.status + ' ' + row.requests).sort().join(', ')"
}

balance_of() {
  admin user show "$1" --format json | json input.balance
}

# in_books SQL: the answer of a query over the database.
in_books() {
  sqlite3 -readonly -cmd '.timeout 10000' "$db" "$1"
}

open_holds() {
  in_books 'SELECT count(*) FROM holds'
}

expect_no_holds() {
  wait_for_value 0 open_holds
}

expect_sound_books() {
  admin ledger verify > "$work/verify.log" 2>&1 || fail "the books do not verify"
}

# ---- The access log -------------------------------------------------------------------------------

access_log=$work/access.log # where scripts that want one let it be written

# logged EXPRESSION: evaluates it over the lines of the access log, rotated files first. Fails when one
# is no JSON.
logged() {
  local files=()
  mapfile -t files < <(compgen -G "$access_log.*" | sort)
  cat "${files[@]}" "$access_log" | node --input-type=commonjs --eval '
    const lines = require("fs").readFileSync(0, "utf8").split("\n")
    if (lines.pop() !== "") throw Error("the last line has no end")
    const input = lines.map(line => JSON.parse(line))
    const value = eval(process.argv[1])
    console.log(typeof value === "string" ? value : JSON.stringify(value))' "$1"
}

logged_lines() {
  logged input.length
}

# ---- Requests ------------------------------------------------------------------------------------

# request METHOD PATH [CURL ARGUMENT...]: sets $status, $head and $body. Uses $token.
request() {
  status=$(curl --silent --show-error --max-time 60 --request "$1" \
    --header "Authorization: Bearer ${token:-}" --dump-header "$work/head" \
    --output "$work/body" --write-out '%{http_code}' "${@:3}" "$gateway$2") || true
  head=$(tr -d '\r' < "$work/head")
  body=$(tr -d '\0' < "$work/body" 2> /dev/null || true)
}

# post PATH JSON [CURL ARGUMENT...]
post() {
  request POST "$1" --header 'Content-Type: application/json' --data-raw "$2" "${@:3}"
}

# chat MODEL [FURTHER FIELDS [CURL ARGUMENT...]]: chat gpt ',"stream":true' --no-buffer
chat() {
  post /v1/chat/completions "$(chat_body "$1" "${2:-}")" "${@:3}"
}

chat_body() {
  printf '{"model":"%s","messages":[{"role":"user","content":"Hello"}]%s}' "$1" "${2:-}"
}

# answered_within_a_second MODEL STATUS WHAT: polls until a chat is answered so; the bound leaves room for a
# busy machine.
answered_within_a_second() {
  local began_ms now_ms
  began_ms=$(date +%s%3N)
  while chat "$1" && [[ $status != "$2" ]]; do
    now_ms=$(date +%s%3N)
    ((now_ms - began_ms < 1000 + ${SLACK_MS:-1500})) || fail "still $status instead of $2: $3"
    sleep 0.02
  done
}

# call_in_background MODEL [FURTHER FIELDS]: a chat that goes on beside the script, as $caller. What it
# gets is in $work/background.
call_in_background() {
  : > "$work/background"
  curl --silent --no-buffer --max-time 100 --output "$work/background" \
    --header "Authorization: Bearer $token" --header 'Content-Type: application/json' \
    --data-raw "$(chat_body "$1" "${2:-}")" "$gateway/v1/chat/completions" &
  caller=$!
  own_pids+=("$caller")
}

# web_post PATH JSON NAME:PASSWORD [CURL ARGUMENT...]: the same at the door `web`, as its pages do. With an
# empty log-in there is none.
web_post() {
  local login=()
  [[ -z $3 ]] || login=(--user "$3")
  status=$(curl --silent --show-error --max-time 60 --request POST "${login[@]}" \
    --header 'Content-Type: application/json' --data-raw "$2" --dump-header "$work/head" \
    --output "$work/body" --write-out '%{http_code}' "${@:4}" "$gateway$1") || true
  head=$(tr -d '\r' < "$work/head")
  body=$(tr -d '\0' < "$work/body" 2> /dev/null || true)
}

# web_ask NAME:PASSWORD PROMPT [FURTHER FIELDS]: sets $line, the last one of the answer, beside $body.
web_ask() {
  web_post /api/chat-process "{\"prompt\":\"$2\"${3:-}}" "$1"
  line=${body##*$'\n'}
}

# accounts JSON: an order at /accounts with the key $ops_key.
accounts() {
  web_post /accounts "$1" "" --header "opskey: ${ops_key:-}"
}

# The value of a header of the last answer, by its name in lower case.
header() {
  sed -n "s/^$1: //Ip" <<< "$head" | tail -n 1
}

# error_of: `TYPE CODE PARAM` of the last answer, which must be OpenAI's envelope.
error_of() {
  json 'const {message, type, param, code} = input.error
    if (typeof message !== "string" || !message) throw Error("no message")
    if ([type, param, code].includes(undefined)) throw Error("a field is missing")
    ;[type, code, param].join(" ").trim()' <<< "$body" || fail "no OpenAI envelope: '$body'"
}

# Sends stdin to the gateway's port as it is and prints what comes back until the gateway closes the
# connection. Fails when it does not within 20 seconds.
raw() {
  if [[ -n ${OVER_TLS:-} ]]; then
    timeout 20 openssl s_client -connect "127.0.0.1:$port" -quiet 2> /dev/null || [[ $? != 124 ]] ||
      fail "the connection is still open"
    return
  fi
  local socket
  exec {socket}<> "/dev/tcp/127.0.0.1/$port"
  cat >&"$socket" || true
  timeout 20 cat <&"$socket" 2> /dev/null || [[ $? == 1 ]] ||
    fail "the connection is still open"
  exec {socket}>&-
}

# ---- The upstream's side -------------------------------------------------------------------------

# tell_upstream next '{"behaviour":"reset"}'; also step, release and reset.
tell_upstream() {
  curl --silent --show-error --fail --max-time 20 --data-raw "${2:-{\}}" "$upstream/_$1" > /dev/null
}

# seen EXPRESSION: evaluates it over the requests that the upstream received.
seen() {
  curl --silent --show-error --fail --max-time 20 "$upstream/_seen" | json "$1"
}

waiting_upstream() {
  curl --silent --show-error --fail --max-time 20 "$upstream/_state" | json input.waiting
}

# ---- JSON ----------------------------------------------------------------------------------------

# json EXPRESSION: prints its value over `input`, the JSON on stdin; text bare, all else as JSON.
json() {
  node --input-type=commonjs --eval '
    const input = JSON.parse(require("fs").readFileSync(0, "utf8") || "null")
    const value = eval(process.argv[1])
    console.log(typeof value === "string" ? value : JSON.stringify(value))' "$1"
}
