#!/usr/bin/env bash
# Where a prompt's bytes are more than an account can pay, its tokens are counted: who can pay those is served.
# A model whose tokens are not known, and a body of which not all is known, are held to the bytes.
. "$(dirname "$0")/lib.sh"
start_upstream
known=gpt-4o+usage-500-4
unknown=usage-500-4
for model in "$known" "$unknown"; do
  admin price set "$model" --input 1000 --output 1000 --max-output 10 > /dev/null # 0.001 USD for each
done
add_user ann 1
start_gateway

text=$(printf 'words %.0s' {1..400}) # 2,400 bytes and about 400 tokens
ask() {
  post /v1/chat/completions \
    "{\"model\":\"$1\",\"messages\":[{\"role\":\"user\",\"content\":\"$text\"}],\"max_tokens\":10${2:-}}"
}
ask "$unknown"
expect "by its bytes" "$status $(error_of)" "429 insufficient_quota insufficient_quota"
ask "$known" ',"tools":[]'
expect "with a member that changes the prompt" "$status" 429
ask "$known"
expect "by its tokens" "$status" 200
expect "the charge" "$(balance_of ann)" 0.496
ask "$known"
expect "what is left does not pay for the tokens" "$status" 429
expect_no_holds
expect_sound_books
