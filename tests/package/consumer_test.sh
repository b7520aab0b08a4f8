#!/usr/bin/env bash
# Installs the library into a temporary folder, and builds and runs a program against it, by CMake and by pkg-config.
# Of a shared library it checks what is exported as well. Usage: consumer_test.sh BUILD-FOLDER COMPILER SANITIZERS
set -euo pipefail
consumer=$(cd "$(dirname "${BASH_SOURCE[0]}")/consumer" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=${3:+-fsanitize=$3}

# What a step prints is of interest if it fails.
step() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}

step cmake --install "$1" --prefix "$work/prefix" --component development
step cmake -G Ninja -S "$consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$2" \
  -DCMAKE_CXX_FLAGS="$flags"
step cmake --build "$work/build"
"$work/build/consumer"

PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name sluice.pc)")
export PKG_CONFIG_PATH
library=$(dirname "$PKG_CONFIG_PATH")
# A program links what a static library uses; a shared one brings it.
[ -e "$library/libsluice.so" ] || static=--static
read -ra words < <(pkg-config --cflags --libs ${static:-} sluice)
step "$2" -std=c++20 $flags "$consumer/main.cpp" "${words[@]}" -o "$work/consumer"
LD_LIBRARY_PATH=$library "$work/consumer"

[ -e "$library/libsluice.so" ] || exit 0
# Weak symbols are templates and inline functions, also those of other libraries.
exported=$(nm -DC --defined-only "$library/libsluice.so" | awk '$2 !~ /[WVu]/' | cut -d' ' -f3- | sed 's/(.*//')
[ -n "$exported" ] || { echo "nothing is exported"; exit 1; }
for name in $(sed -E 's/^sluice::([a-z0-9_]+).*/\1/; s/ .*//' <<<"$exported" | sort -u); do
  grep -rPzq "SLUICE_API[^;{]*\b$name\b" "$work/prefix/include" || { echo "exported, but not public: $name"; exit 1; }
done
