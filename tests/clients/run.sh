#!/usr/bin/env bash
# Runs SDKs, unchanged, against `sluice serve`, and compares what they were told with what arrives at a sink.
# Usage: run.sh COMMAND FOLDER; FOLDER has node_modules.
set -euo pipefail
sluice=$(realpath "$1")
folder=$(realpath "$2")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
server='' sink=''
stop() {
  local pid
  for pid in $server $sink; do { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT
cp "$here"/*.mjs "$here"/*.cjs "$folder"
cd "$work"
failures=0

# listens FILE: waits, 20 s at most, for the line that says where, and prints it.
listens() {
  local i
  for ((i = 0; i < 200; i++)); do
    if grep -qs '^listening on ' "$1"; then
      sed -n 's/^listening on //p' "$1"
      return
    fi
    sleep 0.1
  done
  cat "$1" *.err >&2
  return 1
}
start_sink() { # PORT
  rm -f sink.out # what the one before has said
  "$sluice" sink --port "$1" --record record --json >sink.out 2>&1 &
  sink=$!
  url=$(listens sink.out)
}
start_server() { # ARGUMENT …
  rm -f server.out
  "$sluice" serve --url "$url" --write-key k "$@" >server.out 2>server.err &
  server=$!
  address=$(listens server.out)
}
# end_server SIGNAL: ends it, whatever its status is.
end_server() {
  kill -"$1" "$server"
  wait "$server" 2>/dev/null || true
  server=''
}
# check WORDS TOLD LEAST: what was told is taken has arrived, and is not less than that.
check() {
  local told lost twice
  sort -u "$2" >told.sorted
  cut -d ' ' -f 1 record | sort >arrived
  told=$(wc -l <told.sorted)
  lost=$(comm -23 told.sorted <(uniq arrived) | wc -l)
  twice=$(uniq -d arrived | wc -l)
  echo "$1: told $told, lost $lost, arrived twice $twice"
  if [ "$lost" -ne 0 ] || [ "$told" -lt "$3" ]; then
    cat errors server.err
    failures=$((failures + 1))
  fi
}

start_sink 0
port=${url##*:}

start_server --store sqlite:queue.db --listen 127.0.0.1:0
node "$folder/segment.mjs" "$address" segment 2000 >segment 2>errors
node "$folder/rudder.cjs" "$address" rudder 500 >rudder 2>>errors
curl -sS --fail-with-body --user k: --json '{"userId":"u","event":"signed up","messageId":"curl-1"}' "$address/v1/track" >/dev/null
echo curl-1 >curl
end_server TERM
check "@segment/analytics-node" segment 2000
check "@rudderstack/rudder-sdk-node" rudder 500
check "curl" curl 1

# The server is killed while the clients send, and comes back at its address. Before they give up, they try again.
start_server --store sqlite:queue.db --listen 127.0.0.1:0
node "$folder/segment.mjs" "$address" segment-killed 20000 >segment 2>errors &
segment=$!
node "$folder/rudder.cjs" "$address" rudder-killed 2000 >rudder 2>>errors &
rudder=$!
for ((i = 0; i < 200 && $(cat segment rudder | wc -l) < 200; i++)); do sleep 0.05; done
end_server KILL
start_server --store sqlite:queue.db --listen "${address#http://}"
wait "$segment"
wait "$rudder"
end_server TERM
check "@segment/analytics-node, the server killed" segment 20000
check "@rudderstack/rudder-sdk-node, the server killed" rudder 2000

# The endpoint is away and the buffer full: the client is put off, waits, and is told nothing that is not so.
kill -TERM "$sink"
wait "$sink" || true
echo 'sluice { max_internal_queue_size = 100 }' >small.conf
start_server --store memory --config small.conf --listen 127.0.0.1:0
node "$folder/segment.mjs" "$address" segment-put-off 1000 >segment 2>errors &
segment=$!
for ((i = 0; i < 200; i++)); do
  curl -sS "$address/metrics" >metrics
  if grep -q 'status="429"} [1-9]' metrics; then break; fi
  sleep 0.05
done
grep 'status="429"}' metrics
start_sink "$port"
wait "$segment"
end_server TERM
check "@segment/analytics-node, put off" segment 1000

[ "$failures" -eq 0 ]
