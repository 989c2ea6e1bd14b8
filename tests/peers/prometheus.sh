# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For tests of expositions: what Prometheus and its Python client say of one.
# Source it after tap.sh.

# A Python that has the client; "" if there is none.
for python in /usr/bin/python3 "$(command -v python3)"; do
	[[ -x $python ]] && "$python" -c 'import prometheus_client' \
		2>/dev/null && break
	python=
done

# promtool_takes NAME COMMAND [ARG]...: what it prints, in the text format.
promtool_takes() {
	local name=$1
	shift
	if command -v promtool >/dev/null; then
		is "$("$@" | promtool check metrics 2>&1; echo $?)" 0 "$name"
	else
		skip "promtool is not installed" "$name"
	fi
}

# families PARSER: type, name and samples of each in what comes in, by that
# parser of the client's.
families() {
	"$python" -c '
import sys
from prometheus_client.'"$1"' import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    print(family.type, family.name, len(family.samples))' 2>&1
}
