#!/usr/bin/env bash
# gRPC: a client that cancels, runs out of time, dies or takes nothing ends the upstream's work, pays
# for what was seen and leaves nothing reserved.
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
start_upstream
set_price gpt-4o
add_user ann
start_grpc_gateway --write-timeout 1s --access-log "$access_log"

left=0
# expect_left WHAT: one more stream has ended before its answer did.
expect_left() {
  wait_for_value $((++left)) seen 'input.filter(one => one.outcome === "left").length'
  wait_for_value "aborted $left" states
  expect_no_holds
}

tell_upstream next '{"behaviour":"endless"}'
ask '"cancel_after":3'
expect "cancelled" "$code" CANCELLED
expect_left

tell_upstream next '{"behaviour":"stall-mid"}'
ask '"deadline_ms":1500'
expect "out of time" "$code" DEADLINE_EXCEEDED
expect_left

tell_upstream next '{"behaviour":"endless"}'
ask_in_background
wait_for_value /chat.Chat/Ask inflight_endpoints
kill -KILL "$asker"
wait "$asker" 2> /dev/null || true
expect_left

# Ended by the administrator: the client is told.
tell_upstream next '{"behaviour":"stall-mid"}'
ask_in_background
wait_for_value /chat.Chat/Ask inflight_endpoints
admin inflight kill "$(admin inflight list --format json | json 'input[0].id')" --yes > /dev/null
wait "$asker" || fail "the client failed"
expect "ended" "$(json 'input.code + " " + input.messages.at(-1)' < asked)" "UNAVAILABLE <|err|>"
expect_left

# A client that opens no window for the answer's bytes.
tell_upstream next '{"behaviour":"endless+size-20000"}'
node "$here/grpc_slow_reader.mjs" "$grpc" "$token" > slow.log &
own_pids+=($!)
expect_left

ask
expect "another question" "$code" OK
expect_sound_books
stop_gateway
expect "the access log" "$(logged 'input.map(line => line.outcome).sort().join()')" \
  "aborted,aborted,aborted,aborted,aborted,completed"
