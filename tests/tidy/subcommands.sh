#!/usr/bin/env bash
# Completion offers every command and every option of it, its manual page has it, the README names it.
. "$(dirname "$0")/lib.sh"
manual=$(mktemp -d)
trap 'rm -rf "$manual"' EXIT
"$CHATGATE" __man "$manual" 2026-12-01

# The options of a command's help, one in each line.
options_of() {
  "$CHATGATE" "$@" --help | sed -nE 's/^  (-[a-z], )?(--[a-z-]+).*/\2/p'
}
offered() {
  "$CHATGATE" __complete "chatgate $*" | cut -f 1
}
[[ -n $(words_of) ]] || expect_nothing "no subcommand in the help" <<< "$("$CHATGATE" --help)"
while read -r noun verb; do
  command="$noun${verb:+ $verb}"
  grep -qE "chatgate .*$noun.*\b$verb" README.md || echo "README.md: $command"
  offered "$command" | grep -qx -- "${verb:-$noun}" || echo "completion: $command"
  page=$manual/chatgate-$noun.1
  grep -qs "chatgate $command" "$page" || echo "manual: $command"
  options=$(offered "$command --")
  # shellcheck disable=SC2086  # a verb that is empty is no word
  for option in $(options_of $noun $verb); do
    grep -qx -- "$option" <<< "$options" || echo "completion: $command $option"
    grep -qsF -- "${option//-/\\-}" "$page" || echo "manual: $command $option"
  done
done < <(every_command) | expect_nothing "subcommands that are not mentioned"
