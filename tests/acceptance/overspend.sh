#!/usr/bin/env bash
# However many requests run at once on a balance for ten, ten are served and the balance is never
# below zero; plain and streamed.
# ctest: TIMEOUT 180
. "$(dirname "$0")/lib.sh"
start_upstream
model=usage-0-1000
admin price set "$model" --input 0 --output 1000 --max-output 1000 > /dev/null
admin price set "gap-5+$model" --input 0 --output 1000 --max-output 1000 > /dev/null
start_gateway

for stream in false true; do
  for one in "$model" "gap-5+$model"; do
    user="user-$stream-${one%%-*}"
    add_user "$user" 10
    served=$(node "$here/parallel.mjs" "$gateway" "$token" 256 \
      "$(chat_body "$one" ",\"stream\":$stream")")
    expect "served, of $one, stream $stream" "$served" "200 10, 429 246"
    expect "balance" "$(balance_of "$user")" 0.00
  done
done
expect "charged" "$(in_books 'SELECT sum(cost) FROM usage WHERE status = 0')" 40000000000
expect "lowest balance" "$(in_books 'SELECT min(balance) FROM users')" 0
expect_no_holds
expect_sound_books
