#!/usr/bin/env bash
# Checks the Debian packages after their installation, in a root that has nothing but them and what a user of them has:
# g++, cmake, make, pkg-config and man-db; zsh and systemd are of use. Usage: installed_test.sh FOLDER-OF-PACKAGES
set -uo pipefail
consumer=$(cd "$(dirname "${BASH_SOURCE[0]}")/consumer" && pwd)
packages=$(cd "${1:?Usage: installed_test.sh FOLDER-OF-PACKAGES}" && pwd) || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# check WORDS COMMAND …: one line that says whether it holds, and what was printed if it does not.
check() {
  local words=$1
  shift
  if "$@" >"$work/log" 2>&1; then
    echo "ok      $words"
  else
    echo "FAILED  $words"
    sed 's/^/        /' "$work/log"
    failures=$((failures + 1))
  fi
}
# check_with PROGRAM WORDS COMMAND …: the same, if there is such a program.
check_with() {
  local program=$1
  shift
  if command -v "$program" >/dev/null; then check "$@"; else echo "skipped $1: there is no $program"; fi
}

is_installed() { # PACKAGE FILE
  [ "$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$1")" = "installed $(dpkg-deb -f "$2" Version)" ]
}
says_its_version() { [ "$(sluice --version)" = "sluice $(dpkg-query -W -f '${Version}' sluice | cut -d- -f1)" ]; }
shows_man_page() { man "$1" | grep -q '^SYNOPSIS'; }
man_pages_are_clean() {
  local page
  for page in $(dpkg -L sluice | grep '/man1/'); do
    man --warnings -l "$page" 2>&1 >/dev/null | grep . && return 1
  done
  return 0
}
builds_by_cmake() {
  cmake -S "$consumer" -B by-cmake && cmake --build by-cmake && by-cmake/consumer
}
builds_by_pkg_config() {
  local words
  read -ra words < <(pkg-config --cflags --libs --static sluice)
  g++ -std=c++20 "$consumer/main.cpp" "${words[@]}" -o by-pkg-config && ./by-pkg-config
}
bash_completes() {
  local COMP_WORDS=(sluice send --durability n) COMP_CWORD=3 COMPREPLY=()
  # shellcheck source=/dev/null
  . /usr/share/bash-completion/completions/sluice && _sluice && [ "${COMPREPLY[*]}" = normal ]
}
# Types into an interactive shell: there is no other way to ask zsh.
zsh_completes() {
  TERM=dumb timeout 20 zsh -f -c '
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -D; echo re\"\"ady"
    zpty -r -m shell line "*ready*"
    zpty -w -n shell $1
    zpty -r -m shell line "*sluice dead list*--older-than*--write-key-file*"' zsh $'sluice dead li\t--old\t1h --write-key-fi\t'
}
# What systemd ignores, as an unknown setting, is a warning.
service_is_valid() { ! systemd-analyze verify sluice.service sluice-serve.service sluice-serve.socket 2>&1 | grep .; }
is_not_enabled() { ! find /etc/systemd/system -name 'sluice*' | grep .; }

for package in sluice libsluice-dev; do
  files=("$packages/${package}"_*.deb)
  check "$package is installed" is_installed "$package" "${files[0]}"
  check "$package says its licence" grep -q Copyright "/usr/share/doc/$package/copyright"
done
check "sluice --version runs" says_its_version
check "man sluice shows" shows_man_page sluice
check "man sluice-dead-list shows" shows_man_page sluice-dead-list
check "the man pages have no warnings" man_pages_are_clean
check "bash completes" bash_completes
check_with zsh "zsh can read its completion" zsh -n /usr/share/zsh/vendor-completions/_sluice
# A bare root may have no pseudo terminals.
[ ! -e /dev/pts/ptmx ] || check_with zsh "zsh completes" zsh_completes
check_with systemd-analyze "the service is valid" service_is_valid
check "the service is not enabled" is_not_enabled
check "a program builds by CMake" builds_by_cmake
check "a program builds by pkg-config" builds_by_pkg_config
[ $failures -eq 0 ]
