#!/usr/bin/env bash
# Runs the server with its page until Ctrl-C: in front of it a sender of the example events, behind it a sink that is
# away for half a minute in every three, and refuses some of what it gets, so that there are dead letters.
# Usage: page_demo.sh PATH-OF-SLUICE
set -euo pipefail

sluice=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
umask 077 # the token is for nobody else
work=$(mktemp -d)
processes=() # in the order in which they end
cleanup() {
  local process
  for process in ${processes[@]+"${processes[@]}"}; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'echo; echo "Stopping …"; exit 0' INT TERM

# The example events again and again, 185 a second, with ids of their own.
paced_events() {
  local round
  for ((round = 1; ; ++round)); do
    awk -v prefix="demo-$round-" '{ gsub(/"messageId": *"[^"]*"/, "\"messageId\": \"" prefix NR "\""); print }' \
      "$here/data/events.ndjson" || return 0
    sleep 1
  done
}

# Rules for a day.
faults() {
  local from
  echo '{"faults": ['
  for ((from = 60000; from < 86400000; from += 180000)); do
    echo "  {\"after_ms\": $from, \"until_ms\": $((from + 30000)), \"cut\": \"before\"},"
  done
  echo '  {"rate": 0.01, "status": 422},'
  echo '  {"rate": 0.002, "status": 409},'
  echo '  {"rate": 0.02, "status": 503},'
  echo '  {"latency_ms": 40}'
  echo ']}'
}

# listening NAME: waits until the process that writes NAME.out listens, and prints its address.
listening() {
  local url=
  for _ in $(seq 200); do
    url=$(sed -n 's/^listening on //p' "$work/$1.out")
    [ -z "$url" ] || break
    sleep 0.05
  done
  if [ -z "$url" ]; then
    cat "$work/$1.log" >&2
    echo "the $1 did not start" >&2
    return 1
  fi
  echo "$url"
}

export SLUICE_WRITE_KEY=demo
faults >"$work/faults.json"
head -c 24 /dev/urandom | base64 >"$work/token"
: >"$work/sink.out" # they may be read before the processes have begun
: >"$work/server.out"

"$sluice" sink --port 0 --script "$work/faults.json" --seed 7 >"$work/sink.out" 2>"$work/sink.log" &
processes=($!)
sink=$(listening sink)
"$sluice" serve --url "$sink" --store "sqlite:$work/queue.db" --listen 127.0.0.1:0 --admin-token-file "$work/token" \
  >"$work/server.out" 2>"$work/server.log" &
server=$!
processes=("$server" "${processes[@]}")
page=$(listening server)
mkfifo "$work/events"
paced_events >"$work/events" &
processes=($! "${processes[@]}")
"$sluice" send "$work/events" --url "$page" --store memory --flush-interval 200ms --quiet >"$work/sender.log" 2>&1 &
processes=($! "${processes[@]}")

cat <<TEXT
The page: $page
The page asks for a token, which is the line in this file: $work/token
  $(cat "$work/token")

The destination is a sink that goes away a minute from now, for half a minute, and every three minutes from then on. It
refuses one batch in a hundred: open such a dead letter, drop or edit an event, and replay the rest.

Ctrl-C ends it, and removes the queue, the token and all else.
TEXT
wait "$server" && status=0 || status=$?
tail -n 5 "$work/server.log" >&2
echo "the server has ended with $status" >&2
exit 1
