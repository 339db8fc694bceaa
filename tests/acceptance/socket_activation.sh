#!/usr/bin/env bash
# serve takes over a listening socket in systemd's manner, whatever `listen` says.
. "$(dirname "$0")/lib.sh"
start_upstream
add_user alice
set_price gpt

# handed_over SOCKETS COUNT NAMES COMMAND...: runs the command with so many sockets that listen on free
# ports, from descriptor 3 on, and tells the ports in the file `ports`, the process in `pid`.
handed_over() {
  timeout 200 node --input-type=commonjs --eval '
    const [sockets, count, names, ...command] = process.argv.slice(1)
    const fs = require("fs"), net = require("net"), {spawn} = require("child_process")
    const listen = () => new Promise((next) => {
      const server = net.createServer()
      server.listen({port: 0, host: "127.0.0.1", backlog: 128}, () => next(server))
    })
    Promise.all(Array.from({length: Number(sockets)}, listen)).then((servers) => {
      // The shell becomes the program, so that LISTEN_PID is its own id.
      const script = `LISTEN_PID=$$ LISTEN_FDS=${count} LISTEN_FDNAMES=${names} exec "$@"`
      const stdio = [0, 1, 2, ...servers.map((server) => server._handle.fd)]
      const child = spawn("sh", ["-c", script, "sh", ...command], {stdio})
      fs.writeFileSync("ports", servers.map((server) => server.address().port + "\n").join(""))
      fs.writeFileSync("pid", child.pid + "\n")
      for (const server of servers) server.close() // here; they stay open in the child
      child.on("exit", (status, signal) => process.exit(signal ? 128 : status))
    })' "$@"
}
first_port() { head -n 1 ports; }

handed_over 1 1 "" "$CHATGATE" serve --listen 127.0.0.1:1 --db "$db" --upstream-url "$upstream/v1" 2> "$log" &
launcher=$!
own_pids+=("$launcher")
wait_until 20 grep -q 'listening on' "$log"
own_pids+=("$(< pid)")
expect_match "the address" "$(< "$log")" "listening on http://127.0.0.1:$(first_port)"
gateway=http://127.0.0.1:$(first_port)
chat gpt
expect "an answer" "$status" 200
kill "$(< pid)"
status=0
wait "$launcher" || status=$?
expect "the end" "$status" 0

# What cannot be served is refused in a sentence.
refused() {
  status=0
  "$@" 2> error || status=$?
  echo "$status $(< error)"
}
serve=("$CHATGATE" serve --db "$db" --upstream-url "$upstream/v1")
expect_match "two sockets" "$(refused handed_over 1 2 "" "${serve[@]}")" '^2 .*LISTEN_FDS is "2"'
expect_match "one name twice" "$(refused handed_over 2 2 http:http "${serve[@]}")" '^2 .*FileDescriptorName'
expect_match "not all there" "$(refused handed_over 1 2 http:admin "${serve[@]}")" '^2 .*descriptor 4 is not open'
expect_match "nothing is served there" "$(refused handed_over 2 2 http:websocket "${serve[@]}")" \
  '^2 .*"websocket".*does not open'
pretend='LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
expect_match "no socket" "$(refused timeout 20 sh -c "exec 3<&-; $pretend" sh "${serve[@]}")" \
  '^2 .*descriptor 3 is not open'
expect_match "a file" "$(refused timeout 20 sh -c "exec 3< gateway.log; $pretend" sh "${serve[@]}")" \
  '^2 .*inherited socket does not listen'

# Another process's socket is none of ours.
LISTEN_PID=1 LISTEN_FDS=1 start_gateway
chat gpt
expect "without a socket" "$status" 200
stop_gateway

# Several are told apart by their names, whatever their order, and pass on to the next process.
handed_over 3 3 admin:http:websocket "$CHATGATE" serve --listen 127.0.0.1:1 --websocket-listen 127.0.0.1:1 \
  --admin-listen 127.0.0.1:1 --db "$db" --upstream-url "$upstream/v1" 2> several.log &
launcher=$!
own_pids+=("$launcher")
wait_until 20 grep -q 'listening on' several.log
own_pids+=("$(< pid)")
mapfile -t ports < ports
gateway=http://127.0.0.1:${ports[1]}
all_answer() {
  chat gpt
  expect "http $1" "$status" 200
  expect "admin $1" "$(curl --silent --max-time 20 "http://127.0.0.1:${ports[0]}/healthz")" ok
  expect "websocket $1" "$(curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' \
    "http://127.0.0.1:${ports[2]}/ws")" 426
}
all_answer "at first"
kill -USR2 "$(< pid)"
has_moved_on() { [[ $(< "$db.lock") != "$(< pid)" ]]; }
wait_until 100 has_moved_on
own_pids+=("$(< "$db.lock")")
all_answer "after a takeover"
status=0
wait "$launcher" || status=$?
expect "the first one's end" "$status" 0
all_answer "without the first one"
kill "$(< "$db.lock")"
