#!/usr/bin/env bash
# An export has each request once, beside a running gateway and through pipes, and ends quietly when
# its reader has seen enough.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann 1000
start_gateway
node "$here/parallel.mjs" "$gateway" "$token" 300 "$(chat_body gpt-4o)" > /dev/null

expect "lines" "$(admin usage export | wc -l)" 301
expect "JSON lines" "$(admin usage export --format jsonl | wc -l)" 300
expect "JSON" "$(admin usage export --format json | json input.length)" 300
expect "costs" "$(admin usage export --format json | json '
  (input.reduce((sum, row) => sum + Math.round(row.cost * 1e9), 0) / 1e9).toFixed(9)')" \
  "$(admin usage report --by user --format json | json '(+input[0].cost).toFixed(9)')"
expect "ids" "$(admin usage export --format jsonl | grep -o '"id":"[^"]*"' | sort -u | wc -l)" 300

# `head` closes its end at once; with SIGPIPE ignored too, as some parents leave it.
for setup in : "trap '' PIPE"; do
  status=0
  bash -c "$setup; set -o pipefail; \"\$0\" --db \"\$1\" usage export 2> \"\$2\" | head -n 1 > /dev/null" \
    "$CHATGATE" "$db" "$work/errors" || status=$?
  [[ $status == 0 || $status == 141 ]] || fail "head: exit status $status after '$setup'"
  expect "head: errors after '$setup'" "$(< "$work/errors")" ""
done
expect_sound_books
