#!/usr/bin/env bash
# At a terminal a password is typed twice and never seen, and what destroys asks first; the answer
# decides.
. "$(dirname "$0")/lib.sh"
command -v script > /dev/null || skip "there is no script(1) to make a terminal"
admin user add ann --balance 5 > /dev/null
admin token add ann > /dev/null 2>&1

# converse COMMAND [PROMPT ANSWER]...: runs it on a terminal of its own and types each answer after its
# prompt. Sets $status and $screen.
converse() {
  local keys typist
  rm -f "$work/keys"
  mkfifo "$work/keys"
  : > "$work/screen"
  script --quiet --return --flush --command "$CHATGATE --db $db $1" "$work/screen" \
    < "$work/keys" > /dev/null 2>&1 &
  typist=$!
  own_pids+=("$typist")
  exec {keys}> "$work/keys"
  shift
  while (($# > 0)); do
    wait_until 20 grep --quiet --fixed-strings "$1" "$work/screen"
    printf '%s\n' "$2" >&"$keys"
    shift 2
  done
  status=0
  wait "$typist" || status=$?
  exec {keys}>&-
  screen=$(< "$work/screen")
}
has_password() {
  admin user show ann --format json | json input.has_password
}
state_of_token() {
  admin token show 1 --format json | json input.state
}

converse "user passwd ann" "password: " "correct horse" "again: " "correct hors"
expect "status of two that differ" "$status" 2
expect_match "the reason" "$screen" "differ"
expect "whether there is a password" "$(has_password)" false
converse "user passwd ann" "password: " "correct horse" "again: " "correct horse"
expect "status of two that agree" "$status" 0
expect "whether there is a password" "$(has_password)" true
if grep --quiet "horse" "$work/screen"; then fail "the password is seen"; fi

converse "user passwd ann" "password: " $'\x03'
expect "status of Ctrl-C" "$status" 130
expect_match "the terminal is put right first" "$screen" "stopped at the prompt"

converse "token revoke 1" "revoke token 1" "n"
expect "status of no" "$status" 4
expect "the token" "$(state_of_token)" valid
converse "token revoke 1" "revoke token 1" "y"
expect "status of yes" "$status" 0
expect "the token" "$(state_of_token)" revoked
status=0
admin user remove ann --archive < /dev/null > /dev/null 2> err || status=$?
expect "status without a terminal" "$status" 2
expect_match "the reason" "$(< err)" "--yes"
