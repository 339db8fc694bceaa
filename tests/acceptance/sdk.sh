#!/usr/bin/env bash
# The official OpenAI SDK works unchanged: only its base URL and key are chatgate's. After each use the
# books show the exact cost.
# ctest: TIMEOUT 300
. "$(dirname "$0")/lib.sh"
[[ -d $here/node_modules/openai ]] || fail "run 'npm ci' in $here first"
start_upstream
start_gateway --relay-unmetered true

export SDK_CHATGATE=$CHATGATE SDK_DB=$db SDK_UPSTREAM=$upstream SDK_GATEWAY=$gateway
for script in "$here"/sdk/*.mjs; do
  [[ $script == */support.mjs ]] && continue
  one=$(basename "$script" .mjs)
  tell_upstream reset
  add_user "$one"
  SDK_TOKEN=$token SDK_USER=$one timeout 60 node "$script" > "$work/$one.log" 2>&1 ||
    fail "$one: $(tail -n 30 "$work/$one.log")"
  rm "$work/$one.log"
  expect_no_holds
done
expect_sound_books
