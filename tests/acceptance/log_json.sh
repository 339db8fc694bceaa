#!/usr/bin/env bash
# With log_format json every line on stderr is a JSON object with time, level and event, from the
# start to the stop, whatever clients and upstreams send.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o reset cut-chunk
add_user ann
start_gateway --log-format json --log-level debug --retries 1
for model in gpt-4o reset cut-chunk gpt-none; do chat "$model" ',"stream":true'; done
post /v1/chat/completions $'{"model":"a\\n\\"b\\u001b[31m\xff","messages":[]}'
printf 'GET / HTTP/1.1\r\nHost : "\x1b\xff\r\n\r\n' | raw > /dev/null
kill -HUP "$gateway_pid"
is_reread() { grep -q configuration_read_again "$log"; }
wait_until 10 is_reread
stop_gateway

node --input-type=commonjs --eval '
  const lines = require("fs").readFileSync(process.argv[1], "latin1").trim().split("\n")
  for (const line of lines) {
    if (/[^ -~]/.test(line)) throw Error("not plain ASCII: " + line)
    const event = JSON.parse(line)
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(event.time)) throw Error("time: " + line)
    if (!["debug", "info", "warn", "error"].includes(event.level)) throw Error("level: " + line)
    if (!/^[a-z_]+$/.test(event.event)) throw Error("event: " + line)
  }
  console.log([...new Set(lines.map(line => JSON.parse(line).event))].join("\n"))' "$log" > events
for event in started request_settled request_refused request_malformed upstream_failed answer_cut \
  configuration_read_again stopping; do
  grep -qx "$event" events || fail "no event '$event' in: $(< events)"
done

# The demo's start, with its token, is told in JSON too.
rm "$db"*
upstream=
: > "$log"
"$CHATGATE" serve --listen 127.0.0.1:0 --db "$db" --log-format json 2> "$log" &
gateway_pid=$!
own_pids+=("$gateway_pid")
announced() { grep -q demo_upstream "$log"; }
wait_until 20 announced
stop_gateway
expect_match "the demo's token" "$(grep demo_upstream "$log" | json input.token)" '^sk-cg-'
grep -v '^{' "$log" > others || true
expect "lines that are no JSON" "$(< others)" ""
