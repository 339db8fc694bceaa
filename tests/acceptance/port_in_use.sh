#!/usr/bin/env bash
# A port in use, or an address that is not this machine's: one sentence that names it, exit status 1.
. "$(dirname "$0")/lib.sh"
start_upstream
start_gateway
for address in "127.0.0.1:$port" 192.0.2.1:0; do
  status=0
  "$CHATGATE" serve --listen "$address" --db other.db --upstream-url "$upstream/v1" > out 2> err ||
    status=$?
  expect "exit status" "$status" 1
  expect "sentences" "$(wc -l < err)" 1
  expect_match "the sentence" "$(< err)" "$address"
done
expect "the first one is well" "$(curl -sS -o /dev/null -w '%{http_code}' "$gateway/healthz")" 200
