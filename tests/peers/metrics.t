#!/bin/bash
# SPDX-License-Identifier: MIT
# Expositions, as Prometheus and its Python client read them.

. "${TEND_SOURCE:?}/tests/tap.sh"
expose=${TEND_BUILD:?}/tests/unit/test_metrics
[[ -x $expose ]] || skip_all "built without cmocka"

if command -v promtool >/dev/null; then
	is "$("$expose" text | promtool check metrics 2>&1; echo $?)" 0 \
		"promtool has nothing to say about the text format"
else
	skip "promtool is not installed" "the text format"
fi

for python in /usr/bin/python3 "$(command -v python3)"; do
	[[ -x $python ]] && "$python" -c 'import prometheus_client' \
		2>/dev/null && break
	python=
done
if [[ -n $python ]]; then
	is "$("$expose" openmetrics | "$python" -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    print(family.type, family.name, len(family.samples))' 2>&1)" \
		"counter tend_tasks 2
gauge tend_slots 1
histogram tend_heartbeat_seconds 7" "a strict reader takes OpenMetrics"
else
	skip "python3-prometheus-client is not installed" "OpenMetrics"
fi

done_testing
