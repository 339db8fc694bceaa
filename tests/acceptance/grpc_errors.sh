#!/usr/bin/env bash
# gRPC: whatever goes wrong, the last message is `<|err|>`, the call's status says what it was, and
# nothing is charged or held.
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
start_upstream
set_price gpt-4o
add_user ann
ann=$token
start_grpc_gateway --retries 0 --deny-ips 192.0.2.0/24 --trusted-proxies 127.0.0.1

# refused WHAT CODE DETAILS: of the last question.
refused() {
  expect "$1: the status" "$code" "$2"
  expect "$1: the last message" "$last" '<|err|>'
  expect_match "$1: the reason" "$(json input.details <<< "$answer")" "$3"
}

token='' ask
refused "no token" UNAUTHENTICATED 'token'
token=sk-cg-wrong ask
refused "a wrong token" UNAUTHENTICATED 'token'
ask '"prompt":" \n "'
refused "no prompt" INVALID_ARGUMENT 'prompt'
ask '"conversation_id":"00000000-0000-4000-8000-000000000000"'
refused "an unknown conversation" NOT_FOUND 'conversation'
ask "\"prompt\":\"$(printf 'word %.0s' {1..6000})\""
refused "a prompt too long" INVALID_ARGUMENT 'tokens'
ask '"metadata":{"x-forwarded-for":"192.0.2.7"}'
refused "a denied address" PERMISSION_DENIED '192.0.2.7'
ask '"metadata":{"accept-language":"zh-CN"},"prompt":""'
expect_match "in the client's language" "$(json input.details <<< "$answer")" '[^ -~]'
admin user block ann > /dev/null
wait_until 10 eval '! knows_token'
ask
refused "a blocked account" PERMISSION_DENIED 'blocked'
admin user unblock ann > /dev/null
wait_until 10 knows_token

upstream_fails() { # BEHAVIOUR CODE [TIMES]
  tell_upstream next "{\"behaviour\":\"$1\",\"times\":${3:-1}}"
  ask
  refused "the upstream's $1" "$2" '.'
}
upstream_fails status-500 UNAVAILABLE
upstream_fails status-400 INVALID_ARGUMENT
upstream_fails status-401 UNAVAILABLE
upstream_fails reset UNAVAILABLE 2 # the first finds a kept connection, which may be old
upstream_fails garbage UNAVAILABLE
upstream_fails cut-event UNAVAILABLE
expect "what had come of it" "$text" "The quick brown fox jumps"
upstream_fails error-mid UNAVAILABLE
tell_upstream next '{"behaviour":"status-429+retry-after-7"}'
ask
expect "a busy upstream" "$code $last $(json 'input.trailer["retry-after-ms"] ?? ""' <<< "$answer")" \
  "RESOURCE_EXHAUSTED <|err|> 7000"

add_user poor 0.000001
ask
refused "no balance" RESOURCE_EXHAUSTED 'balance'
add_user slow 5 --rpm 1
ask
expect "within the limit" "$code $(json 'input.head["x-ratelimit-limit-requests"]' <<< "$answer")" "OK 1"
ask
refused "over the limit" RESOURCE_EXHAUSTED 'limit'
expect_match "when to come again" "$(json 'input.trailer["retry-after-ms"]' <<< "$answer")" '^[0-9]{4,5}$'

token=$ann ask
expect "all is well after all" "$code" OK
expect_no_holds
expect_sound_books
