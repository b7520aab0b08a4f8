#!/usr/bin/env bash
# Runs fuzzers, as many at a time as there are cores. Usage: run.sh FOLDER SECONDS [NAME …]; FOLDER is that of the build.
# Inputs that add coverage are kept in FOLDER/corpus/NAME, those that fail in FOLDER/findings/NAME.
set -euo pipefail
seeds=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/corpus

# Runs one fuzzer, and prints one line: how much it did, and how to repeat what it found.
fuzz() {
  local folder=$1 seconds=$2 name=$3 log=$1/$3.log found=$1/findings/$3/ status=0
  mkdir -p "$folder/corpus/$name" "$found"
  "$folder/${name}_fuzzer" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$found" "$folder/corpus/$name" "$seeds/$name" >"$log" 2>&1 || status=$?
  local runs coverage seed
  runs=$(awk '/stat::number_of_executed_units:/ { print $2 }' "$log")
  coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1 || true) # a seed that fails leaves none
  seed=$(awk '/INFO: Seed:/ { print $3 }' "$log")
  printf '%-14s %10s runs  %s  seed: %s\n' "$name" "${runs:-0}" "$coverage" "$seed"
  [ "$status" -ne 0 ] || return 0
  local input
  input=$(grep -oE 'Test unit written to .*' "$log" | cut -d ' ' -f 5- || true)
  printf '%s: %s\n  repeat it with %s\n  all it said is in %s\n' "$name" \
    "$(grep -m 1 -E '^does not hold|ERROR: |runtime error' "$log" || tail -n 1 "$log")" \
    "$folder/${name}_fuzzer ${input:-}" "$log" >&2
  return 1
}

folder=$1 seconds=$2
shift 2
[ $# -gt 0 ] || set -- $(cd "$seeds" && ls)
for name in "$@"; do
  [ -x "$folder/${name}_fuzzer" ] || { echo "there is no fuzzer $name; there are: $(cd "$seeds" && echo *)" >&2; exit 2; }
done
export seeds
export -f fuzz
printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -n 1 bash -c 'set -euo pipefail; fuzz "$@"' run.sh "$folder" "$seconds" ||
  exit 1
