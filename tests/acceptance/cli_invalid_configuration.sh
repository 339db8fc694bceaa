#!/usr/bin/env bash
# A configuration that cannot be meant gets one sentence with key and source, exit status 2, from
# the administrator's verbs and from `config check` alike.
. "$(dirname "$0")/lib.sh"

# says REGEX VERB...
says() {
  local status=0
  "$CHATGATE" "${@:2}" > out 2> err || status=$?
  expect "exit status of ${*:2}" "$status" 2
  expect "lines of ${*:2}" "$(wc -l < err)" 1
  expect_match "the sentence" "$(< err)" "$1"
}
printf '{"db": "x.db",\n "retries": 2,}\n' > chatgate.json
says 'chatgate\.json, line 2, column 15' user list
says 'chatgate\.json, line 2, column 15' config check
echo '{"retires": 2}' > chatgate.json
says 'retires: unknown key; did you mean "retries"\?' user list
echo '{"ping_interval": "5s"}' > chatgate.json
says 'chatgate\.json: ping_interval: "5s" is too small; write 10s or more' config check
echo '{"upstreams": [{"name": "a", "base_url": "http://h", "wieght": 2}]}' > chatgate.json
says 'upstreams\[0\]\.wieght: unknown key; did you mean "weight"\?' config check
rm chatgate.json
CHATGATE_LISTN=:80 says 'CHATGATE_LISTN: unknown key; did you mean "CHATGATE_LISTEN"\?' config check
OPENAI_KEY=a OPENAI_API_KEY=b says 'OPENAI_API_KEY and .*OPENAI_KEY disagree' config check
says 'none\.json' --config none.json user list
printf 'A=1\nnonsense\n' > .env
says '\.env line 2' user list
