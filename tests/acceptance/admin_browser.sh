#!/usr/bin/env bash
# /admin in a real browser: accounts are added, topped up, blocked, found and sorted; what strangers chose as a
# name is only text; nothing is loaded from elsewhere; a page of another origin can do nothing with the log-in.
# ctest: TIMEOUT 900
. "$(dirname "$0")/lib.sh"
[[ -d $here/node_modules/playwright-core ]] || fail "run 'npm ci' in $here first"
start_upstream
set_price gpt-4o
admin user add euro --unit EUR --balance 2.5 > /dev/null
export OPS_KEY='kdj38:3jkf@s8fh2'
start_gateway --default-model gpt-4o --web-requests-per-second 0

# No door takes such a name or makes so many accounts at once; the books could have them from elsewhere.
hostile='<img src=/x onerror="window.isHurt=1">'
sqlite3 -cmd '.timeout 10000' "$db" "
  INSERT INTO users (name, unit, created_at, revision, model_settings)
    VALUES ('$hostile', 'tokens', 0, 1, json_object('model', '<script>window.isHurt=1</script>'));
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
  INSERT INTO users (name, unit, created_at, revision) SELECT format('user%04d', i), 'tokens', 0, 1 FROM n"

timeout 840 node "$here/admin_browser.mjs" "$gateway" "$OPS_KEY" "$hostile" "${PICTURES:-}" ||
  fail "the page is not as it should be"
expect "the books" "$(balance_of arvin)" 18014398509483982
expect "unmetered" "$(admin user show free --format json | json input.unmetered)" true
web_ask free:suggested-by-nobody Hello
expect_match "another password than that of the page" "$body" '"status":"Fail"'
web_ask arvin:test1 Hello
expect "its password" "$(json input.role <<< "$line")" assistant
expect "of another page's orders" "$(in_books "SELECT count(*) FROM users WHERE name LIKE 'evil%'")" 0
expect_sound_books
