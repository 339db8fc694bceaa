#!/usr/bin/env bash
# Many clients of two users at once, over upstreams that behave well and badly, some leaving in the
# middle: everyone gets the answers to their own requests, each complete answer is in the books at its
# exact cost and under its own user, and nothing is left behind.
# ctest: TIMEOUT 180
. "$(dirname "$0")/lib.sh"
seed=${SEED:-$RANDOM}
echo "seed $seed"
start_upstream
models=()
for i in {1..12}; do models+=("usage-$i-$((i * 7))"); done
for ((i = 0; i < 12; i++)); do
  extra=(bytes crlf comments gap-2 chunked size-30000 cut-chunk cut-event reset status-503 end-early gzip)
  models+=("usage-$((100 + i))-$((200 + i))+${extra[i]}")
done
set_price "${models[@]}"
add_user ann 1000000
anns=$token
add_user bob 1000000
start_gateway --failures-to-set-aside 100000 --retries 1

node "$here/mixed_load.mjs" "$gateway" "$seed" 1500 "$anns,$token" "${models[@]}" > complete ||
  fail "a wrong answer with seed $seed"
expect_no_holds
expect_sound_books
in_books "SELECT printf('req_%016x', usage.id), users.name, prompt, completion
  FROM usage JOIN users ON users.id = user_id WHERE status = 0 AND NOT estimated" | sort > booked
(($(wc -l < complete) > 500)) || fail "only $(wc -l < complete) complete answers"
sed "s/|$anns|/|ann|/; s/|$token|/|bob|/" complete | sort | comm -23 - booked > missing
expect "complete answers that are booked otherwise" "$(head -n 3 missing)" ""
expect "books" "$(in_books 'SELECT count(*) FROM usage WHERE prompt * 1000 + completion * 2000 <> cost')" 0
wait_for_value '{"running":0,"waiting":0}' curl -sS "$upstream/_state"
chat "${models[0]}"
expect "the gateway is well" "$status" 200
