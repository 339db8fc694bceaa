#!/usr/bin/env bash
# A database can be made and brought up to date without a gateway, once.
. "$(dirname "$0")/lib.sh"
admin db init --format json > made.json
expect "schema" "$(json 'String(input.schema_version)' < made.json)" "$(in_books 'PRAGMA user_version')"
status=0
admin db init > out 2> err || status=$?
expect "a second init" "$status $(wc -c < out)" "4 0"
admin db migrate > out 2> err
expect "version" "$(in_books 'PRAGMA user_version')" "$(json 'String(input.schema_version)' < made.json)"

admin user add ann > /dev/null
admin user passwd ann <<< 'correct horse battery' > out 2> err
expect "the password is printed" "$(grep -c horse out err | tr '\n' ' ')" "out:0 err:0 "
expect_match "its hash" "$(in_books 'SELECT password_hash FROM users')" '^\$argon2id\$'
status=0
admin user passwd ann <<< 'short' > out 2> err || status=$?
expect "a short one" "$status" 2

expect_match "keys" "$(admin config keys --format csv)" 'listen'
expect_sound_books
