#!/bin/bash
# SPDX-License-Identifier: MIT
# The numbers of a worker that works, as Prometheus and its Python client read
# them.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
. "$top/tests/cli/listen.sh"
service_start --hold 300ms
lib_register
can_listen

cat >"$work/step" <<'END'
#!/bin/sh
case ${SWF_ACTIVITY_ID##*.} in
1) echo 1234 ;;
2) exit 3 ;;
*) : >"$work/$SWF_ACTIVITY_ID.up"; exec sleep 1000 ;;
esac
END
chmod +x "$work/step"
schedule work 3
worker_start work -t 60s -i 200ms --slots 3 --listen 127.0.0.1:0 -- "$work/step"
watch work
wait_for there work.3.up
wait_for number_reaches 'tend_heartbeats_total{outcome="accepted"}' 3
wait_for number_is 'tend_tasks_total{outcome="failed"}' 1
wait_for number_is 'tend_tasks_total{outcome="completed"}' 1

if command -v promtool >/dev/null; then
	ask /metrics
	is "$(promtool check metrics <"$work/body" 2>&1; echo $?)" 0 \
		"promtool has nothing to say about the text format"
else
	skip "promtool is not installed" "the text format"
fi

for python in /usr/bin/python3 "$(command -v python3)"; do
	[[ -x $python ]] && "$python" -c 'import prometheus_client' \
		2>/dev/null && break
	python=
done
# families PARSER: their types and names, in order.
families() {
	"$python" -c '
import sys
from prometheus_client.'"$1"' import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.samples, family
    for sample in family.samples:
        assert sample.name.startswith("tend_"), sample
    print(family.type, family.name)' <"$work/body" 2>&1
}
if [[ -n $python ]]; then
	want='gauge tend_build_info
gauge tend_start_time_seconds
gauge tend_healthy
gauge tend_draining
gauge tend_slots
gauge tend_slots_in_use
gauge tend_lease_left_seconds
gauge tend_polls_outstanding
counter tend_polls
counter tend_tasks
counter tend_heartbeats
histogram tend_heartbeat_latency_seconds
histogram tend_heartbeat_lateness_seconds
counter tend_throttles
counter tend_retries
counter tend_output_bytes'
	ask /metrics
	is "$(families parser)" "$want" "its Python client reads the text format"
	ask /metrics -H 'Accept: application/openmetrics-text; version=1.0.0'
	is "$(families openmetrics.parser)" "$want" \
		"a strict reader takes OpenMetrics"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	# Without a lease the number of it is infinite.
	worker_start none -t none --listen 127.0.0.1:0 -- true
	watch none
	ask /metrics -H 'Accept: application/openmetrics-text; version=1.0.0'
	is "$(families openmetrics.parser)" "$want" "and that of an idle worker"
else
	skip "python3-prometheus-client is not installed" "OpenMetrics"
fi

# ---- what the manual says ----------------------------------------------------

grep -o '^# TYPE tend_[a-z_]*' "$work/body" | sed 's/.* //' >"$work/families"
sed -n '/^\.Sh WATCHING A WORKER/,/^\.Sh [^W]/p' "$top/src/tend/tend.1" \
	>"$work/section"
unsaid=
while read -r family; do
	grep -q "^\.It Va $family\(_total\)\?\( \|\$\)" "$work/section" ||
		unsaid+="$family "
done <"$work/families"
is "$unsaid" "" "each of them is in the manual"
for label in task empty limited throttled refused error completed failed \
	canceled lost unreported accepted gone starting running stopping \
	reporting poll heartbeat report lookup stdout stderr; do
	ok "and so is $label" grep -qE "Ql $label\\b" "$work/section"
done

done_testing
