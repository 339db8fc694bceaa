#!/usr/bin/env bash
# Flag beats environment beats .env beats file beats default, and `config show` says which it was.
. "$(dirname "$0")/lib.sh"
echo '{"db": "file.db", "retries": 1, "loops": 1, "log_level": "warn"}' > chatgate.json
printf 'CHATGATE_DB=dotenv.db\nCHATGATE_RETRIES=2\n' > .env
export CHATGATE_RETRIES=3

value_of() { "$CHATGATE" config show --format json "${@:2}" |
  json "(({value, origin}) => value + ' from ' + origin)(input.find(row => row.key === '$1'))"; }
expect "the flag's" "$(value_of db --db flag.db)" "flag.db from flag --db"
expect "the environment's" "$(value_of retries)" "3 from environment CHATGATE_RETRIES"
expect ".env's" "$(value_of db)" "dotenv.db from .env CHATGATE_DB"
expect "the file's" "$(value_of log_level)" "warn from file chatgate.json"
expect "the default" "$(value_of idle_timeout)" "2m from default"

"$CHATGATE" user add ann > /dev/null
[[ -e dotenv.db && ! -e file.db ]] || fail "the verbs use another database than config show says"
