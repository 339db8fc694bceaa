#!/usr/bin/env bash
# serve takes over a listening socket in systemd's manner, whatever `listen` says.
. "$(dirname "$0")/lib.sh"
start_upstream
add_user alice
set_price gpt

# handed_over COUNT COMMAND...: runs the command with descriptor 3 a socket that listens on a free
# port, and tells the port in the file `port`.
handed_over() {
  timeout 100 node --input-type=commonjs --eval '
    const [count, ...command] = process.argv.slice(1)
    const fs = require("fs"), net = require("net"), {spawn} = require("child_process")
    const server = net.createServer()
    server.listen({port: 0, host: "127.0.0.1", backlog: 128}, () => {
      // The shell becomes the program, so that LISTEN_PID is its own id.
      const script = "LISTEN_PID=$$ LISTEN_FDS=" + count + " exec \"$@\""
      const child = spawn("sh", ["-c", script, "sh", ...command], {stdio: [0, 1, 2, server._handle.fd]})
      fs.writeFileSync("port", server.address().port + "\n")
      fs.writeFileSync("pid", child.pid + "\n")
      server.close() // here; it stays open in the child
      child.on("exit", (status, signal) => process.exit(signal ? 128 : status))
    })' "$@"
}

handed_over 1 "$CHATGATE" serve --listen 127.0.0.1:1 --db "$db" --upstream-url "$upstream/v1" 2> "$log" &
launcher=$!
own_pids+=("$launcher")
wait_until 20 grep -q 'listening on' "$log"
own_pids+=("$(< pid)")
expect_match "the address" "$(< "$log")" "listening on http://127.0.0.1:$(< port)"
gateway=http://127.0.0.1:$(< port)
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
expect_match "two sockets" "$(refused handed_over 2 "${serve[@]}")" '^2 .*LISTEN_FDS is "2"'
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
