#!/usr/bin/env bash
# Starts a sink that fails sometimes, and sends it the example events many times: once with a kill -9 in the middle, after
# which another process delivers the remaining events, and once without.
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

# Repeats the 185 example events, with new ids that begin with $1.
events() {
  for _ in $(seq 200); do cat "$here/data/events.ndjson"; done |
    awk -v prefix="$1" '{ gsub(/"messageId": *"[^"]*"/, "\"messageId\": \"" prefix NR "\""); print }'
}

echo "1. A sink on a free port of this machine: it checks every request, and answers one in ten with 503."
: >"$work/sink.out" # it may be read before the sink has begun
"$sluice" sink --port 0 --fail-rate 0.1 --seed 7 --record "$work/record" >"$work/sink.out" 2>/dev/null &
sink_pid=$!
for _ in $(seq 100); do
  url=$(sed -n 's/^listening on //p' "$work/sink.out")
  [ -n "$url" ] && break
  sleep 0.05
done
[ -n "$url" ] || { echo "the sink did not start" >&2; exit 1; }
echo "   $url"

export SLUICE_WRITE_KEY=demo
queue="sqlite:$work/queue.db"
events first- >"$work/first.ndjson"
events second- >"$work/second.ndjson"

echo "2. Send 37 000 events, with a queue in a file, and kill -9 the sender in the middle."
: >"$work/receipts"
"$sluice" send "$work/first.ndjson" --url "$url" --store "$queue" --flush-at 100 --receipts "$work/receipts" \
  >"$work/send.out" 2>&1 &
sender_pid=$!
for _ in $(seq 400); do
  [ "$(wc -l <"$work/receipts")" -gt 10000 ] && break
  sleep 0.01
done
{
  kill -KILL "$sender_pid"
  wait "$sender_pid"
} 2>/dev/null || true # the shell reports the kill
sender_pid=
"$sluice" status --store "$queue"

echo "3. 'sluice run' delivers the remaining events."
"$sluice" run --until-empty --url "$url" --store "$queue"
cut -d' ' -f1 "$work/record" | sort -u >"$work/arrived"
missing=$(sort -u "$work/receipts" | comm -23 - "$work/arrived" | wc -l)
echo "   Of the $(sort -u "$work/receipts" | wc -l) events whose receipts were written before the kill, $missing are missing at the sink."
[ "$missing" -eq 0 ] || exit 1

echo "4. Send 37 000 events again, to the end. Failed deliveries are tried again."
"$sluice" send "$work/second.ndjson" --url "$url" --store "$queue" --flush-at 100

echo "5. The sink's verdict. Duplicates: batches in flight at the kill. Out of order: eight deliveries are under way at a"
echo "   time, and failed ones arrive later; the option 'ordering' keeps the order. Failed: the 503s of step 1."
kill -TERM "$sink_pid"
wait "$sink_pid" || true
sink_pid=
tail -n 1 "$work/sink.out"
echo "The page of the server, with a destination that fails: ./dev demo --page"
