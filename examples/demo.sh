#!/usr/bin/env bash
# Starts a sink that fails now and then, sends it the example events many times over, and shows the ledger.
# Usage: demo.sh PATH-OF-SLUICE
set -euo pipefail

sluice=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
sink_pid=
cleanup() {
  [ -z "$sink_pid" ] || kill "$sink_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

echo "1. A sink on a free port of this machine: it checks every request, and answers one in ten with 503."
"$sluice" sink --port 0 --fail-rate 0.1 --seed 7 --record "$work/record" >"$work/sink.out" 2>/dev/null &
sink_pid=$!
for _ in $(seq 100); do
  url=$(sed -n 's/^listening on //p' "$work/sink.out")
  [ -n "$url" ] && break
  sleep 0.05
done
[ -n "$url" ] || { echo "the sink did not start" >&2; exit 1; }
echo "   $url"

echo "2. The 185 example events, 200 times over: 37 000 events, with fresh message ids."
for _ in $(seq 200); do cat "$here/data/events.ndjson"; done |
  awk '{ gsub(/"messageId": *"[^"]*"/, "\"messageId\": \"demo-" NR "\""); print }' >"$work/events.ndjson"

echo "3. Sending. What fails is tried again; watch 'retrying'."
status=0
SLUICE_WRITE_KEY=demo "$sluice" send "$work/events.ndjson" --url "$url" --flush-at 100 --json \
  >"$work/ledger.json" || status=$?
tail -n 1 "$work/ledger.json"

echo "4. The sink's side of it."
kill -TERM "$sink_pid"
wait "$sink_pid" || true
sink_pid=
tail -n 1 "$work/sink.out"
unique=$(cut -d' ' -f1 "$work/record" | sort -u | wc -l)
echo "   different message ids in its record: $unique"
[ "$status" -eq 0 ] && [ "$unique" -eq 37000 ] && echo "Everything read was delivered. Nothing was lost." || exit 1
