#!/usr/bin/env bash
# Every front door in every way that a request can end: its own envelope and status, the right charge or
# none, and nothing left reserved.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
start_gateway --default-model gpt-4o --retries 0 \
  --web-requests-per-second 0
node "$here/doors.mjs" "$gateway" "$upstream" "$db" "$CHATGATE"
expect_no_holds
expect_sound_books
