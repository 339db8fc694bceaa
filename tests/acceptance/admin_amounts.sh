#!/usr/bin/env bash
# The page /admin reads, compares and writes amounts exactly, and finds and sorts accounts.
. "$(dirname "$0")/lib.sh"
page=$here/../../server/doors/admin_page
node "$here/admin_amounts.mjs" "$page" || fail "the page's modules are not as they should be"
