#!/usr/bin/env bash
# An answer that carries no usage is charged by an estimate, marked as such and within its hold; an
# answer without content costs nothing.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price no-usage no-usage+size-4000 empty
add_user ann
start_gateway

chat no-usage
chat no-usage ',"stream":true'
chat no-usage ',"stream":true,"stream_options":{"include_usage":true}'
post /v1/completions '{"model":"no-usage","prompt":"Hello"}'
post /v1/responses '{"model":"no-usage","input":"Hello"}'
post /v1/responses '{"model":"no-usage","input":"Hello","stream":true}'
post /v1/embeddings '{"model":"no-usage","input":"Hello"}'
expect "all are estimated" "$(in_books 'SELECT count(*), sum(estimated), min(prompt) > 0 FROM usage')" "7|7|1"
expect "answers count" "$(in_books 'SELECT count(*) FROM usage WHERE completion BETWEEN 5 AND 300')" 6
chat no-usage+size-4000
expect "a longer answer costs more" \
  "$(in_books 'SELECT completion BETWEEN 400 AND 4000 FROM usage ORDER BY id DESC LIMIT 1')" 1
chat empty
expect "nothing for nothing" "$(in_books 'SELECT cost FROM usage ORDER BY id DESC LIMIT 1')" 0
expect_no_holds
expect_sound_books
