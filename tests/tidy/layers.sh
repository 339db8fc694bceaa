#!/usr/bin/env bash
# Dependencies point one way: cli -> server -> common, doors and openai -> pipeline -> upstream; no
# door touches the store or the ledger.
. "$(dirname "$0")/lib.sh"

# must_not FOLDER REGEX: no file of the folder includes a header whose path matches.
must_not() {
  [[ ! -d $1 ]] || grep -rnE "^ *#include \"($2)" "$1" || true
}
{
  must_not common 'server/|cli/|tests/'
  must_not server 'cli/|tests/'
  must_not cli 'tests/'
  must_not server/metrics 'server/(transport|upstream|guard|books|pipeline|openai|doors|admin)/'
  must_not server/transport 'server/(pipeline|openai|doors|upstream|admin)/'
  must_not server/upstream 'server/(pipeline|openai|doors)/'
  must_not server/pipeline 'server/(openai|doors|control)/'
  must_not server/control 'server/(openai|doors)/'
  must_not server/doors 'common/(store|ledger)/|server/books/'
  must_not server/openai 'common/(store|ledger)/|server/books/'
} | expect_nothing "includes against the layers"
