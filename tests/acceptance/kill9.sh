#!/usr/bin/env bash
# Killed at any moment under load, the gateway loses nothing that a client saw complete and leaves no
# hold behind.
# ctest: TIMEOUT 600 PROCESSORS 2
. "$(dirname "$0")/lib.sh"
rounds=${ROUNDS:-50}
seed=${SEED:-$RANDOM}
echo "seed $seed"
RANDOM=$seed
start_upstream
models=(usage-7-3 usage-70-30+chunks-6+gap-3 usage-700-300+chunks-8+gap-50)
set_price "${models[@]}"
add_user ann 1000000

for ((round = 1; round <= rounds; round++)); do
  start_gateway --log-level warn
  expect "holds at the start of round $round" "$(open_holds)" 0
  node "$here/kill9.mjs" "$gateway" "$token" "$gateway_pid" "$((RANDOM % 700))" "${models[@]}" >> complete
  wait "$gateway_pid" 2> /dev/null || true
done
start_gateway
expect "holds after the last restart" "$(open_holds)" 0
expect_sound_books

seen_complete=$(wc -l < complete)
((seen_complete > rounds)) || fail "the clients saw only $seen_complete answers in $rounds rounds"
expect "ids that came twice" "$(sort complete | uniq -d | head -n 3)" ""
in_books "SELECT printf('req_%016x', id) FROM usage WHERE status = 0 AND NOT estimated AND
  (prompt, completion, cost) IN (VALUES (7, 3, 13000), (70, 30, 130000), (700, 300, 1300000))" | sort > booked
lost=$(sort complete | comm -23 - booked)
expect "answers that are not in the books" "$lost" ""
interrupted=$(in_books 'SELECT count(*) FROM usage WHERE status = 4')
((interrupted > 0)) || fail "no kill ever met a hold in the database"
expect "interrupted requests cost" "$(in_books 'SELECT sum(cost) FROM usage WHERE status = 4')" 0
echo "$seen_complete answers seen, $(wc -l < booked) in the books, $interrupted interrupted"
