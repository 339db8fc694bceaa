#!/usr/bin/env bash
# A takeover that cannot be: the running gateway goes on and says why; a hostile or broken successor changes
# nothing; nobody else slips in.
# ctest: TIMEOUT 300
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o stall
add_user ann

# serve ARGUMENT...: sets $said and $served, its status.
serve() {
  served=0
  timeout 60 "$CHATGATE" serve --upstream-url "$upstream/v1" "$@" > out 2> err || served=$?
  said=$(< err)
}
still_serves() {
  chat gpt-4o
  expect "the running gateway, after $1" "$status" 200
  expect "its process" "$(< "$db.lock")" "$gateway_pid"
}
successor() { timeout 60 node "$here/takeover_successor.mjs" "$db.control" "$@"; }

# Where nothing serves, it is a start like any other.
start_gateway --takeover
still_serves "a start with --takeover"
stop_gateway
expect "the end" "$exit_status" 0

config=$work/gateway.json
settings="\"upstream_url\":\"$upstream/v1\",\"drain_timeout\":\"30s\""
echo "{$settings}" > "$config"
start_gateway --config "$config"
serve --db "$db" --listen 127.0.0.1:0
expect "without --takeover" "$served" 4
expect_match "it says how" "$said" 'process [0-9]+.*serve --takeover'
still_serves "a refused start"

# A broken configuration, by hand and by the signal.
serve --takeover --db "$db" --listen nowhere:0:0
expect "a broken configuration" "$served" 2
serve --takeover --db "$db" --listen 192.0.2.1:1
expect_match "an address of another machine" "$served $said" '^1 .*192\.0\.2\.1:1'
wait_until 20 grep -q 'takeover_failed.*has gone' "$log"
still_serves "a start that failed late"
echo "{$settings,\"no_such_key\":1}" > "$config"
kill -USR2 "$gateway_pid"
wait_until 60 grep -q 'upgrade_failed.*status 2' "$log"
still_serves "a failed upgrade"
echo "{$settings}" > "$config"

# A version whose tables are others: they are the running gateway's as long as it serves.
set_version() { sqlite3 -cmd '.timeout 10000' "$db" "PRAGMA user_version = $1"; }
version=$(in_books 'PRAGMA user_version')
set_version 2
serve --takeover --db "$db" --listen 127.0.0.1:0
expect_match "other tables" "$served $said" '^4 .*schema 2.*stop that one first'
! said=$(admin user list 2>&1) || fail "a verb has changed the tables"
expect_match "a verb" "$said" 'stop that one first'
still_serves "a version with other tables"
expect "the version of the tables" "$(in_books 'PRAGMA user_version')" 2
set_version "$version"

# Whoever speaks over the control socket, and stops at any point.
for stage in offer ready state; do
  expect "a successor that leaves after $stage" "$(successor leave "$stage")" "$stage"
  still_serves "a successor that left after $stage"
done
expect_match "another version" "$(successor protocol)" 'do not understand each other'
for garbage in offer state; do
  expect_match "garbage after $garbage" "$(successor garbage "$garbage")" 'abort.*not understood'
  still_serves "garbage after $garbage"
done
# One that has said it is ready and then leaves: requests waited for a moment, no longer.
call_in_background stall ''
wait_for_value 1 waiting_upstream
expect "one that takes over and dies" "$(successor leave go)" go
wait_until 20 grep -q serving_again "$log"
still_serves "a successor that died at once"
tell_upstream release
wait "$caller" || fail "the request that ran meanwhile"

# While one takes over, no second one does.
preparing() { # conversations that have neither failed nor handed over
  echo $(($(grep -c takeover_begins "$log") - $(grep -cE 'takeover_failed|handed_over' "$log")))
}
node "$here/takeover_successor.mjs" "$db.control" wait offer > waiting &
waiting=$!
own_pids+=("$waiting")
wait_for_value offer cat waiting
serve --takeover --db "$db" --listen 127.0.0.1:0
expect_match "a second one" "$served $said" '^4 .*taking over already'
kill "$waiting"
wait "$waiting" || true
wait_for_value 0 preparing
still_serves "two at once"

# Another database is none of its business; another port is the new one's own.
serve_other() { "$CHATGATE" serve --takeover --upstream-url "$upstream/v1" "$@"; }
tell_upstream reset
call_in_background stall ''
wait_for_value 1 waiting_upstream
old=$gateway_pid old_gateway=$gateway
own_log=$log
log=$work/other.log
start_gateway --takeover # on another free port: its configuration names the same address
expect "the same address" "$gateway" "$old_gateway"
expect "the new process" "$(< "$db.lock")" "$gateway_pid"
serve --takeover --db "$db" --listen 127.0.0.1:0
expect_match "while the old one is there" "$served $said" "^4 .*process $old,.*try again"
serve --db "$db" --listen 127.0.0.1:0
expect "a third one" "$served" 4
tell_upstream release
wait "$caller" || fail "the old process's request"
status=0
wait "$old" || status=$?
expect "the old process" "$status" 0
expect_match "its words" "$(< "$own_log")" 'handed_over.*finished'
wait_until 20 grep -q predecessor_has_finished "$log"

old=$gateway_pid
free_port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => {
  console.log(s.address().port); s.close() })')
log=$work/port.log
"$CHATGATE" serve --takeover --listen "127.0.0.1:$free_port" --db "$db" --upstream-url "$upstream/v1" \
  >> "$log" 2>&1 &
gateway_pid=$!
own_pids+=("$gateway_pid")
wait_until 60 grep -q 'listening on' "$log"
gateway=http://127.0.0.1:$free_port
still_serves "a change of the port"
wait_until 20 bash -c "! kill -0 $old"
wait "$old" || fail "the one on the other port"
! curl --silent --max-time 5 --output /dev/null "$old_gateway/healthz" || fail "the old port still answers"
stop_gateway
expect "the end" "$exit_status" 0
expect_no_holds
expect_sound_books
