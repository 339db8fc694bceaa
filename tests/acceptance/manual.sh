#!/usr/bin/env bash
# The manual pages are well-formed, and say what the help says.
. "$(dirname "$0")/lib.sh"
command -v mandoc > /dev/null || skip "mandoc is not installed"
mkdir man
"$CHATGATE" __man man "$(date -u +%Y-%m-%d)"
for page in chatgate chatgate-serve chatgate-user chatgate-token chatgate-price chatgate-usage; do
  [[ -s man/$page.1 ]] || fail "there is no page $page"
done
for page in man/*; do
  mandoc -T lint -W warning "$page" > lint || fail "$(< lint)"
done

# page NAME: as it reads, in one line, without the marks of bold letters.
page() { mandoc -T utf8 "man/$1.1" | col -b | tr -s ' \t\n' ' '; }
text=$(page chatgate-token)
expect_match "the sentence" "$text" 'Make a token for an account and print it, once\.'
expect_match "the usage" "$text" 'chatgate token add USER \[options\]'
expect_match "an option" "$text" '--expires TIME 30d, 2026-12-01'
expect_match "an example" "$text" "chatgate token add alice --models 'gpt-4o,o3\*' --rpm 60"
expect_match "a global option" "$text" '--color auto\|always\|never'
expect_match "the exit statuses" "$text" '3 not found'
text=$(page chatgate)
expect_match "the commands" "$text" 'chatgate user list \[options\] list the accounts'
expect_match "the environment" "$text" 'CHATGATE_UPSTREAM_KEY .*OPENAI_API_KEY'
expect_match "other pages" "$text" 'chatgate-user\(1\)'

status=0
"$CHATGATE" __man missing 2026-12-01 2> error || status=$?
expect "a folder that is missing" "$status $(< error)" \
  "1 chatgate: cannot write missing/chatgate.1: check its folder"
