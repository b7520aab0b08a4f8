#!/usr/bin/env bash
# Starts a sink that fails now and then, sends it the example events many times over, kills the sender with SIGKILL in
# the middle, and shows that a second run delivers what the first had stored.
# Usage: demo.sh PATH-OF-SLUICE
set -euo pipefail

sluice=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
sink_pid=
sender_pid=
cleanup() {
  [ -z "$sink_pid" ] || kill "$sink_pid" 2>/dev/null || true
  [ -z "$sender_pid" ] || kill "$sender_pid" 2>/dev/null || true
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

export SLUICE_WRITE_KEY=demo
queue="sqlite:$work/queue.db"

echo "3. Sending, with a queue in a file; and kill -9 in the middle."
: >"$work/receipts"
"$sluice" send "$work/events.ndjson" --url "$url" --store "$queue" --flush-at 100 --receipts "$work/receipts" \
  >"$work/send.out" 2>&1 &
sender_pid=$!
for _ in $(seq 400); do
  [ "$(wc -l <"$work/receipts")" -gt 10000 ] && break
  sleep 0.01
done
kill -KILL "$sender_pid" 2>/dev/null || true
wait "$sender_pid" 2>/dev/null || true
sender_pid=
"$sluice" status --store "$queue"

echo "4. 'sluice run' delivers what was left. What fails is tried again."
status=0
"$sluice" run --until-empty --url "$url" --store "$queue" || status=$?

echo "5. The sink's side of it."
kill -TERM "$sink_pid"
wait "$sink_pid" || true
sink_pid=
tail -n 1 "$work/sink.out"
cut -d' ' -f1 "$work/record" | sort -u >"$work/arrived"
missing=$(sort -u "$work/receipts" | comm -23 - "$work/arrived" | wc -l)
echo "   stored before the kill: $(sort -u "$work/receipts" | wc -l); of them missing in its record: $missing"
[ "$status" -eq 0 ] && [ "$missing" -eq 0 ] && echo "Nothing that was stored was lost." || exit 1
