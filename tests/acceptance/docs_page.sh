#!/usr/bin/env bash
# /docs in a real browser: every operation is shown, one is called with a token, no rule of the page's strict
# policy is broken and nothing is loaded from elsewhere.
# ctest: TIMEOUT 900
. "$(dirname "$0")/lib.sh"
[[ -d $here/node_modules/playwright-core ]] || fail "run 'npm ci' in $here first"
start_upstream
set_price text-embedding-3-small
add_user ann
start_gateway --default-model gpt-4o
timeout 840 node "$here/docs_page.mjs" "$gateway" "$token" "${PICTURE:-}" || fail "the page is not as it should be"
