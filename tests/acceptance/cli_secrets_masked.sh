#!/usr/bin/env bash
# Upstream keys and passwords of proxies are masked wherever the configuration is shown, and are
# refused on the command line, where every user of the machine could read them.
. "$(dirname "$0")/lib.sh"
export OPENAI_API_KEY=sk-0123456789abcdefghij
export OPENAI_BASE_URL=https://user:hunter2@example.org/v1
export SOCKS_PROXY=socks5://user:hunter2@127.0.0.1:1080
for format in table json csv markdown; do
  "$CHATGATE" config show --format "$format"
  "$CHATGATE" config check --format "$format"
done > shown 2>&1
if grep -E '0123456789abc|hunter2' shown; then fail "a secret is shown"; fi
grep -q 'sk-0…ghij' shown || fail "a masked key cannot be told from another"

for flag in --upstream-key=sk-secret --upstream-url=http://user:sk-secret@h/; do
  status=0
  "$CHATGATE" serve "$flag" > out 2> err || status=$?
  expect "exit status of $flag" "$status" 2
  expect_match "the reason" "$(< err)" 'CHATGATE_UPSTREAM_'
  if grep -q sk-secret err; then fail "the secret is repeated"; fi
done
