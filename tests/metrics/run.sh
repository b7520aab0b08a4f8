#!/usr/bin/env bash
# Checks with promtool what a running server says, and the alert rules. Usage: run.sh COMMAND
set -euo pipefail
sluice=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
server=''
trap '[ -z "$server" ] || { kill -KILL "$server"; wait "$server" || true; } 2>/dev/null; rm -rf "$work"' EXIT

promtool check rules "$here/../../packaging/sluice-alerts.yml"
promtool test rules "$here/alerts_test.yml"

# An endpoint that nobody listens on: the metrics of a queue that waits are checked as well.
"$sluice" serve --url http://127.0.0.1:9 --write-key k --store "sqlite:$work/queue.db" --listen "unix:$work/sock" \
  >"$work/out" 2>"$work/err" &
server=$!
for ((i = 0; i < 200; i++)); do
  if grep -q '^listening on ' "$work/out"; then break; fi
  sleep 0.1
done
curl -sS --fail --unix-socket "$work/sock" --user k: --json '{"userId":"u","event":"e"}' http://sluice/v1/track
curl -sS --fail --unix-socket "$work/sock" http://sluice/metrics >"$work/metrics"
echo
promtool check metrics <"$work/metrics"
grep -qx 'sluice_events_total{outcome="stored"} 1' "$work/metrics"

# Every metric is documented, and nothing else is.
grep -qx 'sluice_accepted_to_stored_seconds_count 1' "$work/metrics"
sed -n 's/^# TYPE \(sluice_[a-z_]*\) .*/\1/p' "$work/metrics" | sort >"$work/said"
sed -n '/^## Metrics/,/^## Alerts/p' "$here/../../docs/operations.md" | grep '^|' | cut -d '|' -f 2 |
  grep -oE 'sluice_[a-z_]+' | sort >"$work/documented"
diff "$work/said" "$work/documented"
echo "the metrics are documented"
