#!/usr/bin/env bash
# Prompts that are slash commands are answered by the gateway itself: nothing goes upstream, nothing is
# charged.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o gpt-4o-mini
admin user add ann1 --unit tokens --balance 5000 > /dev/null
admin user passwd ann1 <<< 'correct horse' > /dev/null 2>&1
admin user add bob1 > /dev/null
export BASIC_AUTH_USER=carl BASIC_AUTH_PASSWORD=passwd1
start_gateway --default-model gpt-4o-mini --web-requests-per-second 0 --ops-link https://help.example

ann='ann1:correct horse'
says() { json input.text <<< "$line"; }
sent() { seen "JSON.parse(input.at(-1).body).$1"; }

web_ask "$ann" /help
expect "status" "$status $(header content-type)" "200 application/octet-stream"
expect "one line" "$(json 'input.role + Object.keys(input).join()' <<< "$body")" \
  "assistantrole,id,parentMessageId,text,delta,detail"
expect_match "help" "$(says)" '/me.*/model.*/user.*/login'
web_ask "$ann" /me
expect_match "account" "$(says)" 'ann1.*5000 tokens.*gpt-4o-mini.*default.*4096'
web_ask 'carl:passwd1' '  /me  '
expect_match "static" "$(says)" 'carl.*not metered'
web_ask "$ann" /login
expect_match "login" "$(says)" 'https://help.example'

# /model is what the next question is asked with, and stands above what the page sends.
web_ask "$ann" '/model gpt-4o,80,-50,10,2000'
expect_match "changed" "$(says)" 'changed'
web_ask "$ann" Hi ',"temperature":0.1'
expect "in force" "$(sent model) $(sent temperature) $(sent presence_penalty) $(sent frequency_penalty)" \
  "gpt-4o 0.8 -0.5 0.1"
expect "of 2000 tokens" "$(sent max_tokens)" "$((2000 - 8))"
web_ask "$ann" /me
expect_match "told" "$(says)" 'gpt-4o, temperature: 0.8.*-0.5.*0.1.*2000'
web_ask "$ann" '/model -,-,-,-,-'
web_ask "$ann" Hi ',"temperature":0.1'
expect "reset" "$(sent model) $(sent temperature) $(sent presence_penalty)" "gpt-4o-mini 0.1 undefined"
for wrong in '/model' '/model gpt-4o,300' '/model gpt-4o,0.8' '/model -,-,-,-,100'; do
  web_ask "$ann" "$wrong"
  expect_match "$wrong" "$(says)" 'no model settings'
done
web_ask "$ann" '/model unpriced'
expect_match "unpriced" "$(says)" 'has no price'

# The conversation goes on after a command.
web_ask "$ann" One
first=$(json input.id <<< "$line")
web_ask "$ann" /me ",\"options\":{\"parentMessageId\":\"$first\"}"
web_ask "$ann" Two ",\"options\":{\"parentMessageId\":\"$(json input.id <<< "$line")\"}"
expect "goes on" "$(sent messages.length)" 3

# /user gives the account another name and password, at once.
web_ask "$ann" '/user bob1:secret7'
expect_match "taken" "$(says)" 'bob1 is taken'
web_ask "$ann" '/user admin:secret7'
expect_match "reserved" "$(says)" 'taken'
web_ask "$ann" '/user x:secret7'
expect_match "a wrong name" "$(says)" '/user newname:newpassword'
web_ask 'carl:passwd1' '/user carl2:secret7'
expect_match "static" "$(says)" 'ask the administrator'
web_ask "$ann" '/user anna1:secret7'
expect_match "renamed" "$(says)" 'anna1'
web_ask "$ann" /me
expect "the old name" "$status $(json input.status <<< "$body")" "200 Fail"
web_ask 'anna1:secret7' /me
expect_match "the new name" "$(says)" 'anna1'
token=$(admin token add anna1 2> /dev/null)
wait_until 10 knows_token
post /api/chat-process '{"prompt":"/user mine1:secret7"}'
expect_match "by a token" "$body" 'ask the administrator'

expect "upstream" "$(seen input.length)" 4
expect "charged" "$(balance_of anna1)" "$((5000 - 4 * 22))"
expect_no_holds
expect_sound_books
