#!/usr/bin/env bash
# /accounts, under the operations key: accounts are made, topped up, looked at, blocked and listed, each in
# force for the very next request.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
admin user add euro --unit EUR --balance 2.5 > /dev/null
ops_key=kdj38-3jkf-s8fh2
export OPS_KEY=$ops_key
start_gateway --default-model gpt-4o --web-requests-per-second 0 --ops-link https://help.example

message() { json input.message <<< "$body"; }
register() { accounts "$(printf '{"action":"register","i_username":"%s","i_password":"%s","count":%s}' "$@")"; }
recharge() { accounts "$(printf '{"action":"recharge","i_username":"%s","count":%s}' "$@")"; }
grant() { accounts "$(printf '{"action":"grant","i_username":"%s","count":%s}' "$@")"; }
check() { accounts "$(printf '{"action":"check","i_username":"%s"}' "$1")"; }
row() {
  json "const {Username, Balance, Usage, Model, Isblock} = input.data
    ;[Username, Balance, Usage, Model, Isblock].join()" <<< "$body"
}

# The example of the documentation, as it stands.
accounts '{"action":"register", "i_username":"arvin", "i_password":"test", "count":2000}'
expect "register" "$status $(message)" "200 success"
web_ask arvin:test Hello
expect "asks at once" "$(json input.text <<< "$line")" "The quick brown fox jumps over the lazy dog."
check arvin
expect "check" "$(message) $(json 'input.balance + " " + input.usage' <<< "$body")" "success 1978 22"
accounts '{"action":"recharge", "i_username":"arvin", "count":1000}'
expect "recharge" "$status $(message)" "200 success"
check arvin
expect "topped up" "$(row)" "arvin,2978,22,,false"
expect "the shell agrees" "$(balance_of arvin)" 2978

# In force for the next request.
grant arvin 1
expect "block" "$(message)" success
web_ask arvin:test Hello
expect_match "blocked" "$body" '"status":"Fail".*blocked'
grant arvin 0
web_ask arvin:test Hello
expect "let in" "$(json input.role <<< "$line")" assistant

register free passwd1 -1
web_ask free:passwd1 '/model gpt-4o,80,-,-,-'
web_ask free:passwd1 Hello
check free
expect "unmetered" "$(row)" "free,-1,22,gpt-4o,80,-,-,-,false"
register empty passwd1 0
web_ask empty:passwd1 Hello
expect_match "out of balance" "$body" '"status":"Fail".*https://help.example'
register small passwd1 1
recharge small 600
web_ask small:passwd1 Hello
expect "a small balance buys a short answer" "$(seen 'JSON.parse(input.at(-1).body).max_tokens < 600')" true

# Refusals change nothing.
register arvin other 5
expect_match "a taken name" "$status $(message)" '^200 .*arvin is taken'
for order in '{"action":"recharge","i_username":"nobody","count":5}' '{"action":"check","i_username":"nobody"}' \
  '{"action":"grant","i_username":"nobody","count":1}'; do
  accounts "$order"
  expect_match "$order" "$status $(message)" '^200 .*no user nobody'
done
for count in 0 -1 -5 0.5 1e3 '"7"' 9007199254740993 99999999999999999999 null; do
  recharge arvin "$count"
  [[ $status == 200 && $(message) != success ]] || fail "a recharge of $count: $status $body"
done
for order in '{}' '[]' '{' '{"action":"drop"}' '{"action":7}' \
  '{"action":"register","i_username":"x y","i_password":"test","count":1}' \
  '{"action":"register","i_username":"short","i_password":"abc","count":1}' \
  '{"action":"register","i_username":"low","i_password":"test","count":-2}' \
  '{"action":"recharge","i_username":"free","count":5}' '{"action":"recharge","i_username":"euro","count":5}'; do
  accounts "$order"
  [[ $status == 200 && $(message) != success ]] || fail "$order: $status $body"
done
expect "unchanged" "$(balance_of arvin)" 2956

accounts '{"action":"list"}'
expect "list" "$(json '
    input.status + " " + input.data.map(row => row.Username + ":" + row.Balance).join(" ")' <<< "$body")" \
  "Success arvin:2956 empty:0 euro:2.5 free:-1 small:579"
[[ $body != *argon2* && $body != *passw* ]] || fail "a list with passwords: $body"

# Nobody without the key, and guesses are slowed.
for key in '' wrong "$ops_key "x; do
  ops_key=$key accounts '{"action":"list"}'
  expect "the key '$key'" "$status $(json 'Object.keys(input).join()' <<< "$body")" "401 message"
done
guesses=0
until ops_key=guess accounts '{"action":"list"}' && [[ $status == 429 ]]; do
  ((++guesses < 20)) || fail "guesses are not slowed"
done
expect_match "when to come again" "$(header retry-after)" '^[0-9]+$'
expect_no_holds
expect_sound_books
stop_gateway

unset OPS_KEY
start_gateway --default-model gpt-4o
accounts '{"action":"list"}'
expect "closed without a key" "$status" 404
