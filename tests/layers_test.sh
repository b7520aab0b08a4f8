#!/usr/bin/env bash
# Checks the directions of includes (docs/ARCHITECTURE.md) and itself. Usage: layers_test.sh SOURCE-FOLDER
set -euo pipefail

# Prints every include of $2… (an extended regular expression) under the folders or files $3… of the tree $1.
forbidden() {
  local tree=$1 what=$2
  shift 2
  (cd "$tree" && grep -rnE "#\s*include\s*[<\"]($what)" "$@" --include='*.hpp' --include='*.cpp' 2>/dev/null) || true
}

violations() {
  local tree=$1
  forbidden "$tree" 'caf/|sluice/(detail/caf_compat|actors|messages|protocol|analytics|config|serve\.hpp)|net/|store/|transport/|server/|actors/|cli/' src/core
  forbidden "$tree" 'caf/|sluice/(detail/caf_compat|actors|messages|protocol|analytics|config|serve\.hpp)|store/|transport/|server/|actors/|cli/' src/net
  forbidden "$tree" 'caf/|sluice/(detail/caf_compat|actors|messages|protocol|analytics|config|serve\.hpp)|transport/|server/|actors/|cli/' src/store
  forbidden "$tree" 'caf/|sluice/(detail/caf_compat|actors|messages|protocol|analytics|config|serve\.hpp)|store/|server/|actors/|cli/' src/transport
  forbidden "$tree" 'caf/|sluice/(detail/caf_compat|actors|messages|protocol|analytics|config|serve\.hpp)|store/|transport/|actors/|cli/' src/server
  forbidden "$tree" 'core/|net/|store/|transport/|server/|actors/|cli/' include
  forbidden "$tree" 'cli/' actors
  forbidden "$tree" 'core/|net/|store/|transport/|server/|actors/|cli/' examples
  forbidden "$tree" 'caf/' include | grep -vE '^include/sluice/(detail/caf_compat|actors|analytics|config)\.hpp:' || true
  forbidden "$tree" 'caf/all.hpp' . | grep -v '^./include/sluice/detail/caf_compat.hpp:' || true
  forbidden "$tree" 'boost/(asio|beast)|openssl/' . | grep -vE '^\./(src/net/|src/transport/|src/server/|src/store/fingerprint|src/store/redis/socket|tests/|bench/|build/)' || true
  # What differs between CAF's versions has one place, and one in the tests.
  (cd "$tree" && grep -rnE 'CAF_(MAJOR_|MINOR_|PATCH_)?VERSION' include src actors examples bench tests --include='*.hpp' \
    --include='*.cpp' 2>/dev/null) | grep -vE '^(include/sluice/detail/caf_compat\.hpp|tests/support/virtual_scheduler\.cpp):' || true
  forbidden "$tree" 'simdjson' . | grep -vE '^\./(src/core/event/|build/)' || true
  forbidden "$tree" 'isa-l' . | grep -vE '^\./(src/core/wire/|build/)' || true
  forbidden "$tree" 'hiredis' . | grep -vE '^\./(src/store/|tests/|bench/|build/)' || true
}

found=$(violations "$1")
if [ -n "$found" ]; then
  echo "includes against the direction of the layers:"
  echo "$found"
  exit 1
fi

# The check must see each kind of violation.
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{include/sluice,src/core,src/net,src/store,src/transport,src/server,actors,examples,src/cli}
check() {
  echo "#include $2" >"$tree/$1"
  [ -n "$(violations "$tree")" ] || { echo "not seen: $1 includes $2"; exit 1; }
  rm "$tree/$1"
}
check src/core/a.cpp '"store/make_store.hpp"'
check src/core/a.cpp '<caf/actor.hpp>'
check src/core/a.cpp '"net/resolver.hpp"'
check src/net/a.cpp '"store/make_store.hpp"'
check src/store/a.cpp '"actors/context.hpp"'
check src/store/a.cpp '<boost/asio/post.hpp>'
check src/transport/a.hpp '"store/memory_store.hpp"'
check src/transport/a.hpp '"server/routes.hpp"'
check src/server/a.hpp '"transport/proxy.hpp"'
check src/server/a.hpp '"sluice/serve.hpp"'
check include/sluice/a.hpp '"core/date.hpp"'
check include/sluice/options.hpp '<caf/actor.hpp>'
check actors/a.cpp '<boost/asio/post.hpp>'
check actors/a.cpp '"cli/progress.hpp"'
check examples/a.cpp '"core/date.hpp"'
check src/core/a.cpp '<hiredis/hiredis.h>'
check src/cli/a.cpp '<simdjson.h>'
check src/cli/a.cpp '<boost/asio/post.hpp>'
check src/store/a.cpp '<isa-l.h>'
check actors/a.cpp '<caf/all.hpp>'
check actors/a.cpp '<vector> // CAF_MAJOR_VERSION'
echo "the layers hold"
