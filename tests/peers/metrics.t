#!/bin/bash
# SPDX-License-Identifier: MIT
# Expositions, as Prometheus and its Python client read them.

. "${TEND_SOURCE:?}/tests/tap.sh"
. "$TEND_SOURCE/tests/peers/prometheus.sh"
expose=${TEND_BUILD:?}/tests/unit/test_metrics
[[ -x $expose ]] || skip_all "built without cmocka"

promtool_takes "promtool has nothing to say about the text format" \
	"$expose" text

if [[ -n $python ]]; then
	is "$("$expose" openmetrics | families openmetrics.parser)" \
		"counter tend_tasks 2
gauge tend_slots 1
histogram tend_heartbeat_seconds 7" "a strict reader takes OpenMetrics"
else
	skip "python3-prometheus-client is not installed" "OpenMetrics"
fi

done_testing
