#!/usr/bin/env bash
# Completion in fish, asked of fish itself.
. "$(dirname "$0")/lib.sh"
command -v fish > /dev/null || skip "fish is not installed"
admin user add alice --note 'until May' > /dev/null
admin user add ann@example.org > /dev/null
# shellcheck disable=SC2016  # a model's name, not a variable
set_price 'ft:gpt-4o:org$x'
touch 'a file.json'
mkdir bin home
ln -s "$CHATGATE" bin/chatgate
"$CHATGATE" completion fish > chatgate.fish

# completed LINE: fish's candidates, their descriptions after a bar.
completed() {
  HOME=$work/home PATH=$work/bin:$PATH CHATGATE_DB=$db timeout 30 fish --no-config \
    -c 'source chatgate.fish; complete -C $argv[1]' "$1" | tr '\t\n' '|;'
}
expect "a noun" "$(completed 'chatgate us')" \
  "usage|what was used and what it cost;user|accounts and their balances;"
expect "a verb" "$(completed 'chatgate user sh')" "show|show one account;"
expect "an option" "$(completed 'chatgate usage report --unt')" \
  "--until|first moment left out (default: now);"
expect "values behind =" "$(completed 'chatgate --format=m')" "--format=markdown;"
expect "accounts" "$(completed 'chatgate user show a')" "alice|USD, until May;ann@example.org|USD;"
expect "an account in quotes" "$(completed "chatgate user show 'al")" "alice|USD, until May;"
# shellcheck disable=SC2016
expect "models" "$(completed 'chatgate price set ft:')" 'ft:gpt-4o:org$x;'
expect "files" "$(completed 'chatgate --config a')" "a file.json;"
expect "files behind =" "$(completed 'chatgate --config=a')" "--config=a file.json;"
expect "nothing" "$(completed 'chatgate nonsense ')" ""
