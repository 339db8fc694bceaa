#!/usr/bin/env bash
# A token with an upstream key of its own uses that key, which is sealed in the database.
. "$(dirname "$0")/lib.sh"
CHATGATE_MASTER_KEY=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
export CHATGATE_MASTER_KEY
start_upstream
set_price gpt-4o
add_user ann
anns=$token
CHATGATE_UPSTREAM_KEY=sk-of-the-pool start_gateway
add_token ann --upstream-key-stdin <<< sk-of-bob-himself

authorization() { seen "input[$1].headers.find(h => /^authorization$/i.test(h[0]))[1]"; }
chat gpt-4o
expect "status" "$status" 200
expect "own key" "$(authorization 0)" "Bearer sk-of-bob-himself"
token=$anns
chat gpt-4o
expect "the pool's key" "$(authorization 1)" "Bearer sk-of-the-pool"
if grep -aq sk-of-bob-himself "$db"*; then fail "the key lies open in the database"; fi
if grep -aq -e sk-of-bob -e sk-of-the-pool "$log"; then fail "a key is in the log"; fi
