#!/usr/bin/env bash
# The weekly report goes out by mail where that is wanted and possible, else into a file; it fails,
# and says why, when a part of it fails.
. "$(dirname "$0")/lib.sh"
script=$CHATGATE_ROOT/packaging/chatgate-report
start_upstream
add_user alice
set_price gpt
start_gateway
chat gpt
expect "a request" "$status" 200
wait_for_value 1 in_books 'SELECT count(*) FROM usage'
stop_gateway
# The request becomes one of yesterday, which lies within the seven days before today.
sqlite3 "$db" "DROP TRIGGER usage_stays; UPDATE usage SET id = id - (86400000 << 20);
  UPDATE usage_daily SET day = day - 1, last_id = last_id - (86400000 << 20)"

mkdir bin
ln -s "$CHATGATE" bin/chatgate
echo "{\"db\": \"$db\"}" > config.json
since=$(date -u -d '7 days ago' +%Y-%m-%d)
run() {
  status=0
  env PATH="$work/bin:/usr/bin:/bin" CONFIG="$work/config.json" REPORTS="$work/reports" "$@" \
    "$script" 2> said || status=$?
}
run MAILTO=
expect "the script" "$status $(< said)" "0 chatgate-report: wrote $work/reports/usage-$since.txt"
report=$(< "reports/usage-$since.txt")
expect_match "the usage" "$report" 'alice +gpt +1 '
expect_match "the balances" "$report" 'Balances.*alice .*USD'
expect_match "the books" "$report" $'The books\n\nok'

cat > bin/mail << 'END'
#!/bin/sh
printf '%s\n' "$@" > "$(dirname "$0")/../mailed"
cat >> "$(dirname "$0")/../mailed"
END
chmod +x bin/mail
run MAILTO=ops@example.org
expect "the script with mail" "$status" 0
expect_match "the mail" "$(< mailed)" "^-s.chatgate: usage from $since until .* \(UTC\).ops@example.org.*alice"

sed -i 's/^printf.*/printf "by sendmail" > "$(dirname "$0")\/..\/mailed"/' bin/mail
mv bin/mail bin/sendmail
run MAILTO=ops@example.org
if [[ ! -x /usr/bin/mail ]]; then
  expect_match "the mail by sendmail" "$(< mailed)" "by sendmail.*To: ops@example.org.Subject: chatgate"
fi

sqlite3 "$db" "UPDATE users SET balance = balance + 1"
run MAILTO=
expect "books that are not exact" "$status" 1
expect_match "the report of it" "$(< "reports/usage-$since.txt")" 'balance'
