#!/usr/bin/env bash
# Every noun and verb has --help with a usage line, and every verb examples that name it.
. "$(dirname "$0")/lib.sh"
commands() { sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\+\) .*/\1/p' <<< "$1"; }
verbs=0
for noun in $(commands "$("$CHATGATE" --help)"); do
  help=$("$CHATGATE" "$noun" --help)
  expect_match "help of $noun" "$help" 'Usage: '
  for verb in $(commands "$help"); do
    expect_match "help of $noun $verb" "$("$CHATGATE" "$noun" "$verb" --help)" \
      "Usage: .*Examples:.*chatgate $noun $verb"
    verbs=$((verbs + 1))
  done
done
((verbs >= 14)) || fail "only $verbs verbs were found"

status=0
"$CHATGATE" > out 2> err || status=$?
expect "nothing asked for" "$status $(wc -c < out)" "2 0"
expect_match "the help" "$(< err)" 'Exit status'
