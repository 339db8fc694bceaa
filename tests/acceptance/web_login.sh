#!/usr/bin/env bash
# Who may use the door `web`: passwords set by the shell hold within a second, static users are made at the
# start, guesses are slowed, and nothing tells which names exist.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann
admin user passwd ann <<< 'correct horse' > /dev/null 2>&1
export BASIC_AUTH_USER=user1,user2 BASIC_AUTH_PASSWORD=passwd1,passwd2
start_gateway --default-model gpt-4o --web-requests-per-second 0 --ops-link https://help.example

web_ask '' Hello
expect "no credentials" "$status $(header www-authenticate)" '401 Basic realm="Restricted"'
expect "no credentials" "$(json 'input.status + input.data' <<< "$body")" Failnull
web_ask ann:wrong Hello
expect_match "a wrong password" "$status $body" '^200 .*"status":"Fail".*https://help.example.*"data":null'
wrong=$body
web_ask nobody:wrong Hello
expect "an unknown name" "$status $body" "200 $wrong"
web_ask ann:wrong /login
expect "the browser asks anew" "$status $(header www-authenticate)" '401 Basic realm="Restricted"'
token=sk-cg-wrong
post /api/chat-process '{"prompt":"Hello"}'
expect "a wrong token" "$status $(json input.status <<< "$body")" "200 Fail"
web_post /api/chat-process '{"prompt":"Hello"}' '' --header 'Authorization: Basic !!!'
expect "broken credentials" "$status $(json input.status <<< "$body")" "200 Fail"
expect "upstream" "$(seen input.length)" 0
expect "for those who watch the log" "$(grep -c 'warn login_failed client=127.0.0.1 path=/api/chat-process' "$log")" 3

answers() { web_ask "$1" Hello && [[ $(json input.role <<< "$line") == assistant ]]; }
answers 'user1:passwd1' || fail "a static user: $body"
answers 'user2:passwd2' || fail "another static user: $body"
answers 'ann:correct horse' || fail "ann: $body"
refuses() { ! answers "$1"; }

within_a_second() {
  local began_ms now_ms
  began_ms=$(date +%s%3N)
  until "${@:2}"; do
    now_ms=$(date +%s%3N)
    ((now_ms - began_ms < 1000 + ${SLACK_MS:-1500})) || fail "not in force: $1"
  done
}
admin user passwd ann <<< 'battery staple' > /dev/null 2>&1
within_a_second "a new password" answers 'ann:battery staple'
refuses 'ann:correct horse' || fail "the old password still opens"
admin user block ann > /dev/null
within_a_second "a block" refuses 'ann:battery staple'
expect_match "blocked" "$body" 'blocked'
admin user unblock ann > /dev/null
within_a_second "no block" answers 'ann:battery staple'

# After ten failures a wait begins, alike for a name that exists and one that does not. A slow machine lets
# some of the waits pass.
slowed_after() {
  local guesses=0
  until web_ask "$1:guess" Hello && [[ $status == 429 ]]; do
    ((++guesses < 40)) || fail "guesses at $1 are not slowed"
  done
  expect_match "when to come again" "$(header retry-after)" '^[0-9]+$'
  echo "$guesses"
}
for name in ghost user2; do
  guesses=$(slowed_after "$name")
  ((guesses >= 10)) || fail "$name: slowed after $guesses guesses"
done
answers 'user1:passwd1' || fail "others must wait too: $body"
expect_no_holds
expect_sound_books
stop_gateway

admin user add paid --unit tokens --balance 5 > /dev/null
BASIC_AUTH_USER=paid BASIC_AUTH_PASSWORD=passwd1 "$CHATGATE" serve --db "$db" --listen 127.0.0.1:0 \
  --upstream-url "$upstream/v1" > "$work/refused" 2>&1 && fail "a metered account was taken over"
expect_match "names the account" "$(< "$work/refused")" 'paid.*static_users'
