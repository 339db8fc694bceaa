#!/usr/bin/env bash
# The running gateway deletes what is over by itself; the shell lists, shows, exports and purges the rest
# beside it, and what was purged is in no file any more.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o
add_user ann 5
admin user add bob > /dev/null

# remember CONVERSATION USER SECOND TEXT: a question, over in so many seconds, and its answer, which stays.
remember() {
  local now_ms=$(($(date +%s) * 1000))
  sqlite3 -cmd '.timeout 10000' "$db" "BEGIN IMMEDIATE;
    INSERT INTO conversations (id, user_id, created_at) VALUES ('$1', $2, $now_ms);
    INSERT INTO messages (id, conversation, parent_id, role, name, model, created_at, expires_at, content)
      VALUES ('q-$1', last_insert_rowid(), '', 'user', '', '', $now_ms, $((now_ms + $3 * 1000)), 'asked $4'),
      ('a-$1', (SELECT number FROM conversations WHERE id = '$1'), 'q-$1', 'assistant', '', 'gpt-4o',
        $now_ms, NULL, 'answered $4');
    COMMIT;"
}
in_the_files() {
  grep --quiet --text --no-messages "$1" "$db" "$db-wal"
}
messages() {
  in_books "SELECT group_concat(id, ' ') FROM (SELECT id FROM messages ORDER BY number)"
}

remember one 1 -60 alpha
remember two 1 3600 beta
remember three 2 3600 gamma
in_the_files 'asked alpha' || fail "the test does not see what is in the files"
start_gateway
wait_for_value "a-one q-two a-two q-three a-three" messages

expect "of all" "$(admin conversation list --format json | json 'input.map(each => each.id).join(" ")')" "one two three"
expect "of bob" "$(admin conversation list bob --format json | json input[0].id)" three
admin conversation show two > out
expect_match "what was said" "$(< out)" 'asked beta.*answered beta'
expect "an export" "$(admin conversation export --user ann | wc -l)" 3
expect "its last answer's parent" "$(admin conversation export two | tail -n 1 | json input.parent_id)" q-two
expect "ids" "$("$CHATGATE" __complete "chatgate --db $db conversation show th" | cut -f 1)" $'words\nthree'

status=0
admin conversation purge two < /dev/null > /dev/null 2> err || status=$?
expect "status of a purge that nobody confirms" "$status" 2
expect_match "its reason" "$(< err)" "--yes"
expect "a purge" "$(admin conversation purge --user ann --yes --format json | json input.messages)" 3
for text in alpha beta; do
  if in_the_files "asked $text" || in_the_files "answered $text"; then fail "$text is still in the files"; fi
done
in_the_files 'asked gamma' || fail "another's message is gone"
status=0
admin conversation show two > /dev/null 2> err || status=$?
expect "status of what is gone" "$status" 3
admin user remove bob --archive --yes > /dev/null 2>&1
if in_the_files 'asked gamma'; then fail "an archived account's message is still in the files"; fi

chat gpt-4o
expect "a request meanwhile" "$status" 200
expect_sound_books
stop_gateway
expect "the gateway's exit status" "$exit_status" 0
admin db check > out || fail "$(< out)"
