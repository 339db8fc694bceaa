#!/usr/bin/env bash
# Whatever the framing of an upstream's stream, its bytes arrive unchanged and its usage is found:
# split at every byte, CR and CRLF, comments, a huge event, usage in odd places, no end mark.
. "$(dirname "$0")/lib.sh"
start_upstream
add_user ann
shapes=(bytes cr crlf comments one-write bytes+cr bytes+crlf+comments usage-null usage-each
  usage-inside no-done huge-event chunked until-close trailers info gzip size-300000)
set_price "${shapes[@]}"
start_gateway

fetch() {
  curl -sSN --max-time 60 -H 'Content-Type: application/json' -H "Authorization: Bearer $token" \
    --compressed --data-raw "$(chat_body "$1" ',"stream":true,"stream_options":{"include_usage":true}')" \
    "$2/v1/chat/completions" | sed 's/chatcmpl-fake-[0-9]*/chatcmpl-fake/g' > "$work/$3"
}
for shape in "${shapes[@]}"; do
  fetch "$shape" "$upstream" direct
  fetch "$shape" "$gateway" relayed
  cmp -s "$work/direct" "$work/relayed" || fail "the stream of $shape differs:
$(diff <(tr '\r' '@' < "$work/direct") <(tr '\r' '@' < "$work/relayed") | cut -c -300 | head -n 9)"
  expect "charge of $shape" "$(books_of "$shape")" "1 13 9 0.000031"
done
expect "exact, all of them" "$(in_books 'SELECT sum(estimated) FROM usage')" 0
expect "books" "$(states)" "completed ${#shapes[@]}"
expect_sound_books
