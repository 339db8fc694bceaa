#!/usr/bin/env bash
# Each API is charged to the nano-unit by the usage of its answer, at the price in force.
. "$(dirname "$0")/lib.sh"
start_upstream

# price_of MODEL INPUT OUTPUT [ARGUMENT...]
price_of() {
  admin price set "$1" --input "$2" --output "$3" --max-output 100000 "${@:4}" > /dev/null
}
price_of usage-7-3 0.15 0.6
price_of usage-1234-0 0.02 0
price_of usage-100-50+cached-60+reasoning-20 2.5 10 --cached-input 1.25
price_of usage-100-50+audio-in-30+audio-out-40 2 10 --audio-input 40 --audio-output 80
price_of usage-1-0 0.0005 0
price_of usage-3-0 0.0005 0
price_of usage-2-2 1 1 --per-request 0.01
add_user ann 100
start_gateway

chat usage-7-3
expect "chat" "$(books_of usage-7-3)" "1 7 3 0.00000285"
post /v1/completions '{"model":"usage-7-3","prompt":"Hello"}'
post /v1/completions '{"model":"usage-7-3","prompt":"Hello","stream":true}'
expect "completions" "$(books_of usage-7-3)" "3 21 9 0.00000855"

post /v1/embeddings '{"model":"usage-1234-0","input":["one","two"]}'
expect "embeddings" "$(books_of usage-1234-0)" "1 1234 0 0.00002468"

chat usage-100-50+cached-60+reasoning-20
# 40 x 2.5 + 60 x 1.25 + 50 x 10 = 675 millionths
expect "cached and reasoning" "$(books_of usage-100-50+cached-60+reasoning-20)" "1 100 50 0.000675"

chat usage-100-50+audio-in-30+audio-out-40
# 70 x 2 + 30 x 40 + 10 x 10 + 40 x 80 = 4,640 millionths
expect "audio" "$(books_of usage-100-50+audio-in-30+audio-out-40)" "1 100 50 0.00464"

for model in usage-1-0 usage-3-0; do chat "$model"; done
# Half a nano-unit and one and a half: rounded once, half to even.
expect "rounding" "$(in_books 'SELECT group_concat(cost) FROM (SELECT cost FROM usage ORDER BY id DESC LIMIT 2)')" 2,0
chat usage-2-2
expect "per request" "$(books_of usage-2-2)" "1 2 2 0.010004"
expect "balance" "$(balance_of ann)" "$(in_books "SELECT printf('%d.%09d', (100000000000 - sum(cost)) / 1000000000,
  (100000000000 - sum(cost)) % 1000000000) FROM usage" | sed 's/0*$//')"
expect_sound_books
