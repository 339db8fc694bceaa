#!/usr/bin/env bash
# On a full disk the gateway answers 503 and goes on living; when there is room again it serves, and
# the books are sound. Once with a file system that is really full, where one may be mounted, and once
# with a limit on the size of the gateway's files.
if [[ -z ${DISK:-} ]] && unshare --map-root-user --mount true 2> /dev/null; then
  DISK=tmpfs unshare --map-root-user --mount "$0" || exit
fi
. "$(dirname "$0")/lib.sh"
mkdir "$work/disk"
if [[ -n ${DISK:-} ]]; then
  mount -t tmpfs -o size=2m none "$work/disk"
  before_removal() { umount --lazy "$work/disk"; }
fi
db=$work/disk/chatgate.db

fill_disk() {
  if [[ -n ${DISK:-} ]]; then
    cat /dev/zero > "$work/disk/filler" 2> /dev/null || true
  else
    prlimit --pid "$gateway_pid" --fsize=1:unlimited
  fi
}
make_room() {
  if [[ -n ${DISK:-} ]]; then
    rm "$work/disk/filler"
  else
    prlimit --pid "$gateway_pid" --fsize=unlimited:unlimited
  fi
}

start_upstream
trap '' XFSZ # a full disk sends no signal, so the limit that stands for one must not either
set_price gpt-4o
add_user ann
start_gateway
chat gpt-4o
expect "before" "$status" 200

fill_disk
is_refused() { chat gpt-4o && [[ $status == 503 ]]; }
wait_until 20 is_refused # what space the files have already is used up first
expect_match "error" "$(error_of)" 'store_unavailable'
status_of() { curl -sS -o /dev/null -w '%{http_code}' "$gateway$1"; }
is_not_ready() { chat gpt-4o && [[ $(status_of /readyz) == 503 ]]; } # a small write may still have fitted
wait_until 20 is_not_ready
relayed=$(seen input.length)
for i in {1..40}; do
  chat gpt-4o "$( ((i % 2)) || echo ',"stream":true')"
  [[ $status == 503 || $body == *'data: {"error":'* ]] || fail "on a full disk: $status $body"
  [[ $body != *'[DONE]'* ]] || fail "an answer without a row in the books"
  expect "the process lives" "$(status_of /healthz)" 200
done
# Now and then one is let through to see whether the disk has room again.
(($(seen input.length) - relayed <= 8)) || fail "what cannot be booked is relayed all the same"

make_room
serves_again() { chat gpt-4o && [[ $status == 200 ]]; }
wait_until 20 serves_again
expect_no_holds
expect_sound_books
stop_gateway
expect "exit status" "$exit_status" 0
expect_sound_books
