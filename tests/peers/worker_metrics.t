#!/bin/bash
# SPDX-License-Identifier: MIT
# The numbers of a worker that works, as Prometheus and its Python client read
# them.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
. "$top/tests/cli/listen.sh"
. "$top/tests/peers/prometheus.sh"
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

ask /metrics
promtool_takes "promtool has nothing to say about the text format" \
	cat "$work/body"

if [[ -n $python ]]; then
	want='gauge tend_build_info 1
gauge tend_start_time_seconds 1
gauge tend_healthy 1
gauge tend_draining 1
gauge tend_slots 1
gauge tend_slots_in_use 4
gauge tend_lease_left_seconds 1
gauge tend_polls_outstanding 1
counter tend_polls 6
counter tend_tasks 6
counter tend_heartbeats 5
histogram tend_heartbeat_latency_seconds 13
histogram tend_heartbeat_lateness_seconds 17
counter tend_throttles 4
counter tend_retries 4
counter tend_output_bytes 2'
	is "$(families parser <"$work/body")" "$want" "its Python client reads the text format"
	ask /metrics -H 'Accept: application/openmetrics-text; version=1.0.0'
	is "$(families openmetrics.parser <"$work/body")" "$want" \
		"a strict reader takes OpenMetrics"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	# Without a lease the number of it is infinite.
	worker_start none -t none --listen 127.0.0.1:0 -- true
	watch none
	ask /metrics -H 'Accept: application/openmetrics-text; version=1.0.0'
	is "$(families openmetrics.parser <"$work/body")" "$want" "and that of an idle worker"
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
unsaid=
while read -r label; do
	grep -q "Ql $label\( \|$\)" "$work/section" || unsaid+="$label "
done < <(grep -oE '="[a-z]+"' "$work/body" | tr -d '="' | sort -u)
is "$unsaid" "" "and so is each label"

done_testing
