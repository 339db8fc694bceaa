#!/usr/bin/env bash
# Completion in bash: the function that readline calls, with its word breaks.
. "$(dirname "$0")/lib.sh"
admin user add alice > /dev/null
admin user add ann@example.org > /dev/null
# shellcheck disable=SC2016  # a model's name, not a variable
set_price 'ft:gpt-4o:org$x'
mkdir bin
ln -s "$CHATGATE" bin/chatgate
export PATH=$work/bin:$PATH CHATGATE_DB=$db

# shellcheck source=/dev/null
. <("$CHATGATE" completion bash)
COMP_WORDBREAKS=$' \t\n"\'@><=;|&(:'
compopt() { options=$*; } # works in readline alone

# completed LINE: what readline would put in the place of the last word.
completed() {
  COMP_LINE=$1 COMP_POINT=${#1} options=
  _chatgate chatgate
  echo "${COMPREPLY[*]-}${options:+($options)}"
}
expect "the registration" "$(complete -p chatgate)" "complete -F _chatgate chatgate"
expect "a noun" "$(completed 'chatgate us')" "user usage"
expect "a verb" "$(completed 'chatgate user sh')" show
expect "an option" "$(completed 'chatgate usage report --si')" --since
expect "a value" "$(completed 'chatgate user list --format m')" markdown
expect "a value behind =" "$(completed 'chatgate user list --format=m')" markdown
expect "accounts" "$(completed 'chatgate user show a')" "alice ann@example.org"
expect "an account behind @" "$(completed 'chatgate user show ann@ex')" example.org
expect "an account in quotes" "$(completed "chatgate user show 'al")" alice
expect "a model that needs quotes" "$(completed 'chatgate price set ft:gpt-4o:')" 'org\$x'
expect "files" "$(completed 'chatgate --config ')" "(-o default)"
expect "in mid-line" "$(COMP_LINE='chatgate user sh alice' COMP_POINT=16 &&
  _chatgate chatgate && echo "${COMPREPLY[*]}")" show
expect "nothing" "$(completed 'chatgate nonsense ')" ""
expect "a program that is gone" "$(PATH=/usr/bin:/bin completed 'chatgate us' 2>&1)" ""
