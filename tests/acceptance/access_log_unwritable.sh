#!/usr/bin/env bash
# An access log that cannot be written stops the start with one sentence; when its disk is full later,
# the gateway serves on, says so once, and writes the lines when there is room again.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann

# start_fails REGEX PATH
start_fails() {
  local status=0
  timeout 30 "$CHATGATE" serve --db "$db" --listen 127.0.0.1:0 --upstream-url "$upstream/v1" \
    --access-log "$2" > out 2> err || status=$?
  expect "exit status" "$status" 2
  expect "sentences" "$(wc -l < err)" 1
  expect_match "the sentence" "$(< err)" "$1"
}
touch plain
mkdir folder
mkfifo pipe
start_fails 'access_log: cannot write "plain/access.log": Not a directory' plain/access.log
start_fails 'access_log: cannot write "folder": it is not a file' folder
start_fails 'access_log: cannot write "pipe"' pipe
if ((EUID != 0)); then
  chmod 500 folder
  start_fails 'Permission denied' folder/access.log
fi

if [[ -e /dev/full ]]; then
  ln -s /dev/full "$access_log"
  start_gateway --access-log "$access_log"
  for _ in {1..20}; do
    chat gpt-4o
    expect "a request" "$status" 200
  done
  is_said() { grep -q 'access_log_fails.*No space left' "$log"; }
  wait_until 10 is_said
  sleep_until=$((SECONDS + 3)) # several attempts later
  while ((SECONDS < sleep_until)); do chat gpt-4o && expect "later" "$status" 200; done
  expect "said once" "$(grep -c 'access_log_fails' "$log")" 1
  rm "$access_log"
  is_written() { [[ $(logged_lines) -ge 20 ]]; }
  wait_until 10 is_written
  expect_match "said too" "$(< "$log")" 'access_log_goes_on'
  stop_gateway
  expect "exit status" "$exit_status" 0
  expect "every request" "$(logged_lines)" "$(admin usage export --format jsonl | wc -l)"
fi
