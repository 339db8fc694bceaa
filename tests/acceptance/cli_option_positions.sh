#!/usr/bin/env bash
# Global options are accepted before, between and after the words of a command; the last one wins.
. "$(dirname "$0")/lib.sh"
"$CHATGATE" --db one.db user add ann > /dev/null
"$CHATGATE" user --db two.db add bob > /dev/null
"$CHATGATE" user add eve --db=three.db > /dev/null

names() { json 'input.map(user => user.name).join()'; }
expect "before" "$("$CHATGATE" --db one.db --format json user list | names)" ann
expect "between" "$("$CHATGATE" user --format json --db two.db list | names)" bob
expect "after" "$("$CHATGATE" user list --format=json --db three.db | names)" eve
expect "the last" "$("$CHATGATE" --db one.db user list --format json --db two.db | names)" bob
expect "a user named as a command" "$("$CHATGATE" user add list --db one.db --format json |
  json input.name)" list
