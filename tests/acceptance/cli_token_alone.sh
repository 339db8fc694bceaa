#!/usr/bin/env bash
# A fresh token is alone on standard output, so that a script can keep it; it is never shown again.
. "$(dirname "$0")/lib.sh"
admin user add ann > /dev/null
admin token add ann --name laptop > out 2> err
expect "lines" "$(wc -l < out)" 1
expect_match "the token" "$(< out)" '^sk-cg-[A-Za-z0-9_-]{43}$'
token=$(< out)
if grep -q "$token" err; then fail "the token is in the hint too"; fi
expect_match "the hint names its owner" "$(< err)" 'ann'

for format in table json csv markdown; do
  admin token list --format "$format" > "list.$format"
done
if grep -F "$token" list.* "$db"*; then fail "the token is shown or stored whole"; fi
grep -q "${token:0:12}" list.table || fail "the list does not tell tokens by their prefix"

expect "as JSON" "$(admin token add ann --format json 2> /dev/null | json input.user)" ann
