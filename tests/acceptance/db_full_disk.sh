#!/usr/bin/env bash
# On a full disk a backup, a restore and a rebuilding fail with a sentence and leave no half file; what
# was there before is whole. With a file system that is really full, where one may be mounted, else with
# a limit on the size of files.
if [[ -z ${DISK:-} ]] && unshare --map-root-user --mount true 2> /dev/null; then
  DISK=tmpfs unshare --map-root-user --mount "$0" || exit
  exit
fi
. "$(dirname "$0")/lib.sh"
. "$here/fill_books.sh"
mkdir disk
set_price gpt-4o
add_user ann 1000
"$CHATGATE" --db "$db" db backup small.db > /dev/null
fill_books 40000 40
size=$(stat -c %s "$db")
if [[ -n ${DISK:-} ]]; then
  mount -t tmpfs -o "size=$((size + size / 2))" none disk
  before_removal() { umount --lazy "$work/disk"; }
fi

# on_full_disk COMMAND...
on_full_disk() {
  local status=0
  (
    trap '' XFSZ
    [[ -n ${DISK:-} ]] || ulimit -f $((size / 2 / 1024))
    exec "$CHATGATE" "$@"
  ) > out 2> err || status=$?
  expect "exit status of $*" "$status" 5
  expect "lines" "$(wc -l < err)" 1
  expect_match "the sentence" "$(< err)" 'free some space|check its disk'
  expect "half files" "$(find . -name '*.partial*' -o -name '*.restoring*' -o -name '*.vacuuming*')" ""
}

echo precious > disk/copy.db
[[ -z ${DISK:-} ]] || head -c "$size" /dev/zero > disk/filler
on_full_disk --db "$db" db backup --force disk/copy.db
expect "the file that was there" "$(< disk/copy.db)" precious
on_full_disk --db "$db" db backup disk/other.db
expect "files" "$(find disk -name 'other*')" ""
rm -f disk/filler

# A database on that disk: a second copy of it does not fit.
"$CHATGATE" --db "$db" db backup disk/books.db > /dev/null
on_full_disk --db disk/books.db db restore "$db" --yes
on_full_disk --db disk/books.db db restore small.db --yes
on_full_disk --db disk/books.db db vacuum
"$CHATGATE" --db disk/books.db ledger verify > /dev/null
expect "rows" "$(sqlite3 disk/books.db 'SELECT count(*) FROM usage')" 40000
"$CHATGATE" --db disk/books.db db restore --discard small.db --yes > /dev/null
expect "rows of the backup" "$(sqlite3 disk/books.db 'SELECT count(*) FROM usage')" 0
