#!/usr/bin/env bash
# No note of unfinished work stands in a source.
. "$(dirname "$0")/lib.sh"
sources cc h sh mjs sql cmake | grep -v '^tests/tidy/notes.sh$' |
  { xargs grep -HnE '\b(TODO|FIXME|XXX|HACK)\b' || true; } | expect_nothing "unfinished work"
