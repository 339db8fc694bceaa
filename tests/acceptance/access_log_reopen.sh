#!/usr/bin/env bash
# SIGHUP opens the access log again, so that another program may rotate it, and takes over another
# path, size or number of files; one that cannot be written changes nothing.
. "$(dirname "$0")/lib.sh"
start_upstream
configure() {
  printf '{"upstreams": [{"name": "a", "base_url": "%s/v1"}], %s}' "$upstream" "$1" > gateway.json
}
configure "\"access_log\": \"$access_log\", \"access_log_files\": 0"
start_gateway --config gateway.json
touch_gateway() { curl -sS -o /dev/null "$gateway/healthz"; }
lines_in() { wc -l < "$1"; }

touch_gateway
wait_for_value 1 lines_in "$access_log"
mv "$access_log" moved
touch_gateway
wait_for_value 2 lines_in moved
kill -HUP "$gateway_pid"
exists() { [[ -e $access_log ]]; }
wait_until 10 exists
touch_gateway
wait_for_value 1 lines_in "$access_log"
expect "the moved file" "$(lines_in moved)" 2

# A configuration that is refused as a whole must not keep another program from rotating.
mv "$access_log" moved2
echo '{' > gateway.json
kill -HUP "$gateway_pid"
wait_until 10 exists

configure '"access_log": "other.log"'
kill -HUP "$gateway_pid"
other_exists() { [[ -e other.log ]]; }
wait_until 10 other_exists
touch_gateway
wait_for_value 1 lines_in other.log

configure '"access_log": "gateway.json/impossible.log"'
kill -HUP "$gateway_pid"
is_told() { grep -q 'access_log_kept' "$log"; }
wait_until 10 is_told
touch_gateway
wait_for_value 2 lines_in other.log

configure '"access_log": ""'
kill -HUP "$gateway_pid"
reread() { (($(grep -c configuration_read_again "$log") == 4)); }
wait_until 10 reread
touch_gateway
stop_gateway
expect "no log any more" "$(lines_in other.log)" 2
expect "nothing lost" "$(cat moved moved2 "$access_log" other.log | wc -l)" 5
