#!/usr/bin/env bash
# What completion asks the program: the words that may follow, quickly, quietly and without a trace.
. "$(dirname "$0")/lib.sh"

# words LINE: the candidates at the end of the line, without their remarks, in one line.
words() {
  "$CHATGATE" __complete "chatgate $1" | sed 1d | cut -f 1 | tr '\n' ' ' | sed 's/ $//'
}

expect "names without a database" "$(words "--db $db user show ")" ""
[[ ! -e $db ]] || fail "looking for names made a database"
expect "names in what is no database" "$(words "--db $0 user show ")" ""
expect "names where the configuration is broken" "$(words "--config $0 user show ")" ""

admin user add alice --note $'until\tMay\nor June' > /dev/null
admin user add ann@example.org > /dev/null
admin user add archived > /dev/null
add_token alice --name laptop
first=${token:0:12}
add_token ann@example.org
admin token revoke 2 --yes > /dev/null
# shellcheck disable=SC2016  # a model's name, not a variable
set_price 'ft:gpt-4o:org$x' gpt-4o

before=$(ls -lA --time-style=full-iso "$work")
expect "accounts" "$(words "--db $db user show ")" "alice ann@example.org archived"
expect "accounts by their beginning" "$(words "user --db=$db show an")" ann@example.org
expect "a new account" "$(words "--db $db user add a")" ""
expect "tokens that are not revoked" "$(words "--db $db token revoke ")" "$first"
expect "tokens by number" "$(words "--db $db token revoke 1")" 1
# shellcheck disable=SC2016
expect "models" "$(words "--db $db price set f")" 'ft:gpt-4o:org$x'
# shellcheck disable=SC2016
expect "models of a list" "$(words "--db $db token add alice --models=gpt-4o,f")" \
  '--models=gpt-4o,ft:gpt-4o:org$x'
expect "a remark in one line" "$("$CHATGATE" __complete "chatgate --db $db user show al")" \
  $'words\nalice\tUSD, until May or June'
expect "the folder after so many questions" "$(ls -lA --time-style=full-iso "$work")" "$before"

mkdir 'my books'
cp "$db" 'my books/a%20?#.db'
expect "names of a database in quotes" "$(words "--db 'my books/a%20?#.db' user show al")" alice
expect "and behind backslashes" "$(words '--db my\ books/a%20?#.db user show al')" alice
expect "and in the home" "$(HOME=$work words '--db ~/chatgate.db user show al')" alice

expect "files" "$("$CHATGATE" __complete 'chatgate --config ')" files
expect "values" "$(words '--format ')" "table json jsonl csv markdown"
expect "values behind =" "$(words '--format=m')" --format=markdown
expect "an option that was given" "$(words 'user list --form')" --format
expect "and not again" "$(words 'user list --format csv --form')" ""
expect "after all arguments" "$(words 'user show alice al')" ""
expect "after a wrong word" "$(words 'usr list')" ""
expect "hidden words" "$(words '__')" ""

# A writer that holds its lock does not keep anybody waiting, and many names are cut short.
sqlite3 -cmd '.timeout 10000' "$db" "
  INSERT INTO users (name, unit, created_at, revision)
  SELECT printf('u%03d', value), 'USD', 0, 9 FROM generate_series(1, 300)"
expect "at most 200 words" "$(words "--db $db user show u" | wc -w)" 200
(echo 'BEGIN EXCLUSIVE; SELECT 1;' && sleep 30) | sqlite3 "$db" > locked &
own_pids+=($!)
wait_until 10 grep -q 1 locked
expect "names beside a writer" "$(words "--db $db user show al")" alice
