#!/usr/bin/env bash
# Rotation by size under parallel load loses no line and breaks none; only so many rotated files stay.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann 1000
start_gateway --access-log "$access_log" --access-log-bytes-max 20KB --access-log-files 1000
for _ in 1 2 3; do
  node "$here/parallel.mjs" "$gateway" "$token" 200 "$(chat_body gpt-4o)" > answers
  expect "answers" "$(< answers)" "200 200"
done
wait_for_value 600 logged_lines
for file in "$access_log"*; do
  (($(wc -c < "$file") <= 20000)) || fail "${file##*/} is larger than its limit"
done
files=$(compgen -G "$access_log.*" | wc -l)
((files >= 10)) || fail "only $files rotated files"
expect_match "names" "$(compgen -G "$access_log.*" | sort | head -n 1)" \
  'access\.log\.[0-9]{4}-[0-9]{2}-[0-9]{2}\.00001$'
expect "each request of the books" \
  "$(logged 'input.map(line => line.id).sort().join()')" \
  "$(admin usage export --format json | json 'input.map(row => row.id).sort().join()')"
expect "in their order" "$(logged 'input.every((line, i) => i === 0 ||
  Date.parse(line.time) + line.duration_ms >= Date.parse(input[i - 1].time) + input[i - 1].duration_ms - 1000)')" true
newest=$(compgen -G "$access_log.*" | sort | tail -n 1)
stop_gateway

# A new start goes on with the numbers, and keeps no more than it shall.
start_gateway --access-log "$access_log" --access-log-bytes-max 20KB --access-log-files 3
node "$here/parallel.mjs" "$gateway" "$token" 100 "$(chat_body gpt-4o)" > answers
pruned() { (($(compgen -G "$access_log.*" | wc -l) == 3)); }
wait_until 10 pruned
[[ $(compgen -G "$access_log.*" | sort | tail -n 1) > $newest ]] || fail "an older name was used again"
stop_gateway

# What another day has left is put away under that day's name, by the first line of this one.
echo '{"id":"of another day"}' > "$access_log"
rm "$access_log".*
touch -d 2026-01-02T03:04:05Z "$access_log"
start_gateway --access-log "$access_log"
curl -sS -o /dev/null "$gateway/healthz"
wait_for_value 2 logged_lines
expect "the other day's" "$(< "$access_log.2026-01-02.00001")" '{"id":"of another day"}'
