#!/usr/bin/env bash
# Ctrl-C ends long work with exit status 130 and one line, and leaves nothing half done.
# ctest: TIMEOUT 180
. "$(dirname "$0")/lib.sh"
. "$here/fill_books.sh"
set_price gpt-4o
add_user ann 100000
fill_books 200000 100

# interrupted WHEN COMMAND...: signals the command as soon as WHEN succeeds. A machine may be so fast
# that it is done by then: that is tried again.
interrupted() {
  local when=$1 try status
  shift
  for try in {1..8}; do
    "$CHATGATE" --db "$db" "$@" > out 2> err &
    own_pids+=($!)
    while kill -0 "$!" 2> /dev/null && ! "$when"; do :; done
    kill -INT "$!" 2> /dev/null || true
    status=0
    wait "$!" || status=$?
    if ((status == 130)); then
      expect "lines" "$(wc -l < err)" 1
      expect_match "the sentence" "$(< err)" 'stopped'
      return
    fi
    expect "exit status of $* that was faster" "$status" 0
    rm -f copy.db
  done
  fail "$* was never interrupted in $try tries"
}
copy_has_begun() { [[ -s copy.db.partial ]]; }
rebuilding_has_begun() { [[ -s $db.vacuuming ]]; }
restore_has_begun() { [[ -s $db.restoring ]]; }
mark() { in_books 'SELECT first_id FROM usage_kept'; }

admin db backup base.db > /dev/null
interrupted copy_has_begun db backup copy.db
expect "files" "$(find . -name 'copy.db*')" ""
interrupted rebuilding_has_begun db vacuum
rm -f "$db.before-restore"
interrupted restore_has_begun db restore base.db --yes
expect "files" "$(find . -name '*restor*' -o -name '*.vacuuming*')" ""
expect_sound_books

prune_has_begun() { (($(mark) > 0)); }
interrupted prune_has_begun db prune --older-than 2mo --yes
expect_match "how far it came" "$(< err)" 'before 20[0-9-]+ [0-9:]+Z is pruned'
expect_sound_books
left=$(in_books 'SELECT count(*) FROM usage')
((left < 200000)) || fail "nothing was pruned"
admin db prune --older-than 2mo --yes > /dev/null
expect_sound_books
(($(in_books 'SELECT count(*) FROM usage') < left)) || fail "the prune did not go on"
