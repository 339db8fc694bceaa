#!/usr/bin/env bash
# Tokens are those of the npm package tiktoken, in both encodings, on more than 10,000 texts of all kinds;
# models have the encodings that the package gives them.
. "$(dirname "$0")/lib.sh"
: "${TOKENIZE:?the path of the program that encodes for this test}"
: "${TIKTOKEN_DIR:?the folder of the npm package tiktoken}"
node "$here/tokenizer.mjs" "$TOKENIZE" "$TIKTOKEN_DIR" || fail "the tokens are not those of the package"
