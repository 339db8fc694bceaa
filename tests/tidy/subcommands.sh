#!/usr/bin/env bash
# The README, and the completions once there are any, name every subcommand.
. "$(dirname "$0")/lib.sh"
: "${CHATGATE:?the path of the program under test}"

# The words under the heading of subcommands in a command's help.
words_of() {
  "$CHATGATE" "$@" --help | awk '
    tolower($0) ~ /^(sub)?commands:?$/ { inside = 1; next }
    /^[^ ]/ { inside = 0 }
    inside && /^  [a-z]/ { print $1 }'
}
[[ -f README.md ]] || expect_nothing "the README is missing" <<< README.md
nouns=$(words_of)
[[ -n $nouns ]] || expect_nothing "no subcommand in the help" <<< "$("$CHATGATE" --help)"
for noun in $nouns; do
  verbs=$(words_of "$noun")
  for verb in ${verbs:-""}; do
    command="$noun${verb:+ $verb}"
    grep -qE "chatgate .*$noun.*\b$verb" README.md || echo "README.md: $command"
    for file in completions/*; do
      [[ ! -f $file ]] || grep -qw -- "${verb:-$noun}" "$file" || echo "$file: $command"
    done
  done
done | expect_nothing "subcommands that are not mentioned"
