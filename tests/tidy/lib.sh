# What the tidy scripts share: the list of our own sources. Source it first.

set -euo pipefail
export LC_ALL=C.UTF-8
root=${CHATGATE_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
name=$(basename "$0" .sh)
cd "$root"

# sources SUFFIX...: our files with one of the suffixes, below the folders that hold source.
sources() {
  local suffix patterns=()
  for suffix in "$@"; do patterns+=(-o -name "*.$suffix"); done
  find cli common server tests -name node_modules -prune -o -type f \( "${patterns[@]:1}" \) -print |
    sort
}

# Fails with what stdin lists, or passes when it lists nothing.
expect_nothing() {
  local found
  found=$(cat)
  [[ -z $found ]] || {
    printf '%s: %s\n%s\n' "$name" "$1" "$found" >&2
    exit 1
  }
}

# The words under the heading of subcommands in a command's help. Needs the program.
words_of() {
  "${CHATGATE:?the path of the program under test}" "$@" --help | awk '
    tolower($0) ~ /^(sub)?commands:?$/ { inside = 1; next }
    /^[^ ]/ { inside = 0 }
    inside && /^  [a-z]/ { print $1 }'
}

# Every noun, alone, and then with each of its verbs, one in each line.
every_command() {
  local noun
  for noun in $(words_of); do
    echo "$noun"
    words_of "$noun" | sed "s/^/$noun /"
  done
}
