#!/usr/bin/env bash
# The --help of every command has a sentence, a usage line, for a verb an example of itself, and no
# line of more than 80 columns.
. "$(dirname "$0")/lib.sh"

check() {
  local help
  help=$("$CHATGATE" "$@" --help)
  grep -qE '^[a-zA-Z]' <<< "${help%%$'\n'*}" || echo "$*: no sentence"
  grep -q "^Usage: chatgate $*" <<< "$help" || echo "$*: no usage line"
  grep -nE '.{81}' <<< "$help" | sed "s/^/$*: wider than 80 columns: /" || true
}
{
  check
  while read -r noun verb; do
    # shellcheck disable=SC2086  # a verb that is empty is no word
    check $noun $verb
    if [[ -n $verb || -z $(words_of "$noun") ]]; then
      "$CHATGATE" $noun $verb --help | sed '1,/^Examples:/d' |
        grep -q "chatgate $noun $verb" || echo "$noun $verb: no example of itself"
    fi
  done < <(every_command)
} | expect_nothing "help that is not complete"
