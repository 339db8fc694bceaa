# What the scripts about gRPC share. Source it after lib.sh.

# start_grpc_gateway [ARGUMENT...]: the same as start_gateway, and sets $grpc, the address of gRPC.
start_grpc_gateway() {
  local lines=0
  [[ ! -e $log ]] || lines=$(wc -l < "$log")
  start_gateway --default-model gpt-4o --grpc-listen 127.0.0.1:0 "$@"
  grpc=$(tail -n "+$((lines + 1))" "$log" | sed -n 's/.*gRPC on //p')
  [[ $grpc =~ ^127\.0\.0\.1:[1-9] ]] || fail "the gateway does not say where gRPC is"
}

# grpc VERB [JSON]: see grpc_client.mjs. Prints what it says.
grpc() {
  timeout 100 node "$here/grpc_client.mjs" "$grpc" "$@"
}

# question [FIELDS]: the JSON of a question with $token: question '"prompt":"Hi","times":3'
question() {
  printf '{"token":"%s"%s}' "${token:-}" "${1:+,$1}"
}

# ask [FIELDS]: one question over gRPC. Sets $answer, $code, $text (all messages but the last), $last,
# and by the last $id and $parent.
ask() {
  answer=$(grpc ask "$(question "${1:-}")") || fail "the client failed"
  code=$(json input.code <<< "$answer")
  text=$(json 'input.messages.slice(0, -1).join("")' <<< "$answer")
  last=$(json 'input.messages.at(-1) ?? ""' <<< "$answer")
  if [[ $last == '<|end|>'* ]]; then IFS='$' read -r _ id parent <<< "$last"; fi
}

# ask_in_background [FIELDS]: sets $asker; what the client says in the end is in $work/asked.
ask_in_background() {
  : > "$work/asked"
  node "$here/grpc_client.mjs" "$grpc" ask "$(question "${1:-}")" > "$work/asked" &
  asker=$!
  own_pids+=("$asker")
}

inflight_endpoints() {
  admin inflight list --format json | json 'input.map(row => row.endpoint).join()'
}
