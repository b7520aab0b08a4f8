#!/usr/bin/env bash
# Runs every query of the Grafana dashboard on a real Prometheus that scrapes a real run, and expects an answer to each.
# Usage: dashboard.sh COMMAND
set -euo pipefail
sluice=$(realpath "$1")
dashboard=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../packaging/sluice-dashboard.json")
work=$(mktemp -d)
pids=()
stop() {
  local pid
  for pid in "${pids[@]}"; do { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT
cd "$work"

# comes COMMAND …: waits, 30 s at most, until the command succeeds.
comes() {
  local i
  for ((i = 0; i < 300; i++)); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "did not come: $*" >&2
  tail -n 5 ./*.log >&2
  return 1
}

"$sluice" sink --port 0 >sink.log 2>&1 &
pids+=($!)
comes grep -q '^listening on ' sink.log
"$sluice" serve --url "$(sed -n 's/^listening on //p' sink.log)" --write-key k --store "sqlite:$work/queue.db" \
  --listen 127.0.0.1:0 >serve.log 2>&1 &
pids+=($!)
comes grep -q '^listening on ' serve.log
url=$(sed -n 's/^listening on //p' serve.log)

cat >prometheus.yml <<YAML
scrape_configs:
  - job_name: sluice
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs: [{ targets: ["${url#http://}"] }]
YAML
prometheus --config.file prometheus.yml --storage.tsdb.path data --web.listen-address 127.0.0.1:0 2>prometheus.log &
pids+=($!)
comes grep -q 'msg="Listening on"' prometheus.log
api=http://$(sed -n 's/.*msg="Listening on".*address=\([0-9.:]*\).*/\1/p' prometheus.log)

# has_data QUERY: asks until there is an answer that is a number.
has_data() {
  curl -sS --fail --data-urlencode "query=$1" "$api/api/v1/query" |
    jq -e '.status == "success" and ([.data.result[].value[1] | select(. != "NaN")] | length > 0)'
}
send() {
  curl -sS --fail --user k: --json '{"userId":"u","event":"e"}' "$url/v1/track"
  has_data "$1"
}
comes send 'increase(sluice_events_total{outcome="delivered"}[1m]) > 0'

queries=0
while IFS= read -r query; do
  query=${query//\$__rate_interval/1m}
  query=${query//\$instance/.*}
  comes send "$query"
  queries=$((queries + 1))
done < <(jq -r '.panels[].targets[].expr' "$dashboard")
[ "$queries" -gt 10 ]
comes has_data "$(jq -r '.templating.list[] | select(.name == "instance").query' "$dashboard" |
  sed 's/label_values(\(.*\), .*)/\1/')"
echo "$queries queries of the dashboard have answers"
