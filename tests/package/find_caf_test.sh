#!/usr/bin/env bash
# Checks which CAF cmake/FindCAF.cmake and the installed package take, and what they say of others, with prefixes that
# have nothing but a version.
# Usage: find_caf_test.sh SOURCE-FOLDER BUILD-FOLDER COMPILER
set -euo pipefail
source=$1 build=$2 compiler=$3
unset CAF_ROOT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# prefix NAME VERSION: a CAF whose version is expressions, as in 0.17.
prefix() {
  local major minor patch
  IFS=. read -r major minor patch <<<"$2"
  mkdir -p "$work/$1/include/caf" "$work/$1/lib"
  touch "$work/$1/lib/libcaf_"{core,io}.a
  printf '#define CAF_%s_VERSION (%s + 0)\n' MAJOR "$major" MINOR "$minor" PATCH "$patch" \
    >"$work/$1/include/caf/config.hpp"
}
prefix old 0.17.6
prefix new 1.10.0
prefix between 0.18.5
prefix late 0.19.5
prefix future 2.10.0
mkdir -p "$work/empty" "$work/headers" "$work/libraries"
cp -r "$work/old/include" "$work/headers"
cp -r "$work/old/lib" "$work/libraries"

mkdir "$work/project"
cat >"$work/project/CMakeLists.txt" <<'TEXT'
cmake_minimum_required(VERSION 3.22)
project(finds LANGUAGES CXX)
find_package(${PACKAGE} REQUIRED)
TEXT

# says TEXT ARGUMENT …: one line of what CMake says with these arguments has the text.
says() {
  local text=$1
  shift
  cmake -G Ninja -S "$work/project" -B "$work/build" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_COMPILER_WORKS=ON \
    -DPACKAGE=CAF -DCMAKE_MODULE_PATH="$source/cmake" "$@" >"$work/log" 2>&1 || true
  grep -qF -- "$text" "$work/log" || { echo "expected: $text"; cat "$work/log"; exit 1; }
}
fresh() {
  rm -rf "$work/build"
  says "$@"
}

fresh "CAF 0.17.6 in $work/old" -DCAF_ROOT="$work/old"
says "CAF_ROOT is $work/new, and this build folder has CAF of $work/old: use another build folder" -DCAF_ROOT="$work/new"
CAF_ROOT=$work/new fresh "CAF 1.10.0 in $work/new"
fresh "CAF 1.10.0 in $work/new" -DCMAKE_PREFIX_PATH="$work/new"
fresh "CAF (headers, caf_core and caf_io) is not in CAF_ROOT ($work/empty)" -DCAF_ROOT="$work/empty"
for other in "between 0.18.5" "late 0.19.5" "future 2.10.0"; do
  read -r name version <<<"$other"
  fresh "Sluice needs CAF 0.17.6 or CAF 1.x; $work/$name has $version" -DCAF_ROOT="$work/$name"
  fresh "Sluice needs CAF 0.17.6 or CAF 1.x; $work/$name has $version" -DCMAKE_PREFIX_PATH="$work/$name"
done
fresh "CAF's headers are mixed: $work/new/include is wanted, the compiler includes $work/old/include" \
  -DCAF_ROOT="$work/new" -DCMAKE_CXX_FLAGS="-I$work/old/include"
fresh "CAF's headers and libraries do not belong to one another: $work/headers/include and $work/libraries/lib/" \
  -DCMAKE_PREFIX_PATH="$work/headers;$work/libraries"

# The installed package takes the CAF that it was built with, and none of another major version.
cmake --install "$build" --prefix "$work/sluice" >"$work/log" || { cat "$work/log"; exit 1; }
installed=(-DPACKAGE=sluice -DCMAKE_MODULE_PATH= -DCMAKE_PREFIX_PATH="$work/sluice")
fresh "Generating done" "${installed[@]}"
built_with=$(sed -n 's/^-- CAF \(.*\) in .*/\1/p' "$work/log")
other=$([[ $built_with == 0.* ]] && echo new || echo old)
fresh "sluice was built with CAF $built_with; $work/$other has" "${installed[@]}" -DCAF_ROOT="$work/$other"
echo "CAF is found or refused"
