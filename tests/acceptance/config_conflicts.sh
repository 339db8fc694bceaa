#!/usr/bin/env bash
# Names that contradict each other, values that cannot be and unsafe secrets stop `serve` and
# `config check` with one sentence, exit status 2 and no secret; the administrator's verbs go on.
. "$(dirname "$0")/lib.sh"
"$CHATGATE" db init > /dev/null 2>&1 || fail "db init"

# refuses REGEX NAME=VALUE...
refuses() {
  local status verb
  for verb in "config check" "config show" serve; do
    status=0
    # shellcheck disable=SC2086  # two words
    env "${@:2}" timeout 20 "$CHATGATE" $verb > out 2> err || status=$?
    expect "exit status of $verb with ${*:2}" "$status" 2
    expect "lines of $verb" "$(wc -l < err)" 1
    expect_match "the sentence" "$(< err)" "$1"
    if grep -qE 'hunter2|sk-[ab]' err; then fail "a secret is shown: $(< err)"; fi
  done
  env "${@:2}" "$CHATGATE" user list > out 2> err || fail "user list fails with ${*:2}: $(< err)"
}
refuses 'environment OPENAI_MODEL \(a\) and environment MODEL \(b\) disagree' OPENAI_MODEL=a MODEL=b
refuses 'OPENAI_KEY and environment APIKEY disagree' OPENAI_KEY=sk-a APIKEY=sk-b
refuses 'CHATGATE_LISTEN .* and environment PORT .*disagree' CHATGATE_LISTEN=:80 PORT=81
refuses 'environment PORT: listen: "tcp" is not a port' PORT=tcp
refuses 'environment TOP_P: default_top_p: ' TOP_P=high
refuses 'hundredths; write 80 for 0.8' OPENAI_TEMPERATURE=0.8
refuses 'environment OPS_KEY: ops_key: .*everybody knows' OPS_KEY=ADMIN
refuses 'environment OPS_KEY: it is given but empty' OPS_KEY= SERVER_HOST=0.0.0.0 OPENAI_KEY=sk-a
refuses 'environment API_KEY: upstream_key: this is a token of chatgate' API_KEY=sk-cg-hunter2
refuses 'lists of different lengths \(2 and 1\)' BASIC_AUTH_USER=a,b BASIC_AUTH_PASSWORD=hunter2
refuses 'environment DATABASE_URL: .*set CHATGATE_DB to a path' DATABASE_URL=postgres://u:hunter2@h/x
refuses 'environment DATABASE_USERNAME, DATABASE_PASSWORD: ' DATABASE_USERNAME=u DATABASE_PASSWORD=hunter2
refuses 'environment PROXY: upstream_proxy: ' PROXY=ftp://u:hunter2@h:1
refuses 'environment CHATGATE_LANGUAGE: "de" is no language' CHATGATE_LANGUAGE=de

# Two spellings of one value are no conflict, and LANG is never a fault.
OPENAI_TEMPERATURE=80 TEMPREATURE=0.8 LANG=xx "$CHATGATE" config check > out 2>&1 || fail "$(< out)"

echo '{"api_key": "sk-a", "temperature": 9}' > config.json
refuses 'file config.json temperature: default_temperature: "9" is not'
echo '{"api_key": "hunter2" "port": 1}' > config.json
refuses 'file config.json, line 1, column'
