#!/usr/bin/env bash
# gRPC: many calls at a time, on one connection and on several, get each its own answer whole, and a
# small balance is not overdrawn.
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
start_upstream
set_price gpt-4o
add_user ann
start_grpc_gateway
wholes='input.filter(one => one.code === "OK" && one.messages.length === 10 &&
  one.messages.slice(0, -1).join("") === "The quick brown fox jumps over the lazy dog.").length'

ask_many() { grpc ask "$(question "\"times\":$1")"; }
for i in 1 2 3; do
  ask_many 200 > "answers.$i" &
  callers[i]=$!
done
wait "${callers[@]}" || fail "a client failed"
for i in 1 2 3; do
  expect "whole answers" "$(json "$wholes" < "answers.$i")" 200
done
expect "conversations" "$(cat answers.? | grep -oE 'end\|>\$[0-9a-f-]{36}' |
  sort -u | wc -l)" 600
expect "books" "$(books_of gpt-4o)" "600 7800 5400 0.0186"

# Each may cost a little less than a cent; there is room for a few.
add_user poor 0.03
ask_many 100 > answers
expect "refusals" "$(json 'input.filter(one => !["OK", "RESOURCE_EXHAUSTED"].includes(one.code)).length' < answers)" 0
[[ $(json "$wholes" < answers) -gt 0 ]] || fail "not one was answered"
expect_match "the balance" "$(balance_of poor)" '^0\.0'
expect_no_holds
expect_sound_books
