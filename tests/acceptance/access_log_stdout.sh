#!/usr/bin/env bash
# The access log may go to the gateway's standard output, which is never rotated, even when it is a file.
. "$(dirname "$0")/lib.sh"
start_upstream
start_gateway --access-log /proc/self/fd/1 --access-log-bytes-max 4KiB
for _ in {1..30}; do request GET /healthz; done
lines_in_output() { grep -c '^{"time".*"path":"/healthz"' "$log"; }
wait_for_value 30 lines_in_output
stop_gateway
if grep -q access_log_not_rotated "$log"; then fail "it tried to rotate its output"; fi
expect "files" "$(compgen -G "$log*" | wc -l)" 1
