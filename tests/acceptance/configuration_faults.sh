#!/usr/bin/env bash
# A configuration that cannot be meant stops the start: one sentence that names key and source, exit
# status 2.
. "$(dirname "$0")/lib.sh"

# start_fails REGEX ARGUMENT...
start_fails() {
  local status=0
  timeout 30 "$CHATGATE" serve --db "$db" "${@:2}" > out 2> err || status=$?
  expect "exit status of ${*:2}" "$status" 2
  expect "sentences of ${*:2}" "$(wc -l < err)" 1
  expect_match "the sentence" "$(< err)" "$1"
}
file_fails() {
  echo "$2" > bad.json
  start_fails "$1" --config bad.json
}
start_fails 'listen' --listen nonsense
start_fails 'body.bytes.max' --body-bytes-max many
start_fails 'retries' --retries -1
start_fails 'none\.json' --config none.json
file_fails 'bad\.json' '{"listen": '
file_fails 'lisen' '{"lisen": "127.0.0.1:0"}'
file_fails 'retries' '{"retries": "a lot"}'
file_fails 'base_url' '{"upstreams": [{"name": "a"}]}'
file_fails 'base_url' '{"upstreams": [{"name": "a", "base_url": "ftp://x/"}]}'
file_fails '"?a"?' '{"upstreams": [{"name": "a", "base_url": "http://x/v1"}, {"name": "a", "base_url": "http://y/v1"}]}'
CHATGATE_LOOPS=several start_fails 'CHATGATE_LOOPS' --listen 127.0.0.1:0
PORT=1 SERVER_PORT=2 start_fails 'PORT' --upstream-url http://127.0.0.1:1/v1
status=0
timeout 30 "$CHATGATE" serve --db "$db" --listen 0.0.0.0:0 > out 2> err || status=$?
expect "the demo upstream on a public address is refused" "$status $(wc -l < err)" "4 1"
expect_match "the sentence" "$(< err)" '0\.0\.0\.0'
status=0
"$CHATGATE" serve --no-such-flag > out 2> err || status=$?
expect "an unknown flag" "$status" 2
[[ ! -e $db ]] || expect "nothing was begun" "$(in_books 'SELECT count(*) FROM tokens')" 0
