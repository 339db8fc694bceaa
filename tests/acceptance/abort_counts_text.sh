#!/usr/bin/env bash
# A client that leaves in mid-stream is charged for the tokens of its prompt and of the text that it was sent,
# not for the number of pieces in which they came.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price stall-mid
add_user ann
start_gateway

call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
wait_until 10 grep -q content "$work/background"
sent() { # the text that has come, whole events only
  node --input-type=commonjs --eval '
    const events = require("fs").readFileSync(process.argv[1], "utf8").split("\n\n").slice(0, -1)
    const texts = events.map(event => JSON.parse(event.slice(6)).choices[0]?.delta.content ?? "")
    process.stdout.write(Buffer.from(texts.join("")).toString("hex"))' "$work/background"
}
tokens_of() { # HEX
  "$TOKENIZE" <<< "o200k_base $1" | wc -w
}
text=$(sent)
kill "$caller"
wait_for_value "aborted 1" states
[[ -n $text ]] || fail "no text was sent"
# "Hello" from "user": 1 + 1 tokens, 3 for the message, 3 for the answer.
expect "what is charged" "$(in_books 'SELECT estimated, prompt, completion FROM usage')" "1|8|$(tokens_of "$text")"
expect_no_holds
expect_sound_books
