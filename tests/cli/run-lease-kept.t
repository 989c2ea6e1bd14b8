#!/bin/bash
# SPDX-License-Identifier: MIT
# A healthy task does not lose its lease to a heartbeat or two that fail.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start

# ---- one failed heartbeat ----------------------------------------------------

# survives FAULT: a task that runs while one heartbeat fails so.
survives() {
	local name=$1 seen
	shift
	new_task "$name" heartbeat=4
	supervise_start "$name" -t 4s -i 200ms -- sh -c 'echo half
		: >"$work/'"$name"'.up"
		until [ -e "$work/'"$name"'.go" ]; do sleep 0.02; done'
	wait_for there "$name.up"
	wait_for has_beaten "$name" half
	inject "$heartbeat" "$@" count=1
	wait_for fault_applied
	heal
	seen=$(count_calls "$heartbeat" '.outcome == "ok"')
	wait_for called -n $((seen + 1)) "$heartbeat" '.outcome == "ok"'
	: >"$work/$name.go"
	ended "$name"
	is "$status" 0 "$name: one failed heartbeat costs nothing"
	is "$(outcome "$name")" ActivityTaskCompleted "$name: it is completed"
	is "$(beats "$name" | tail -n +2 | sort -u)" '"half"' \
		"$name: the retry has the same details"
}
survives reset reset-before
survives lost reset-after
survives error error500
survives throttled throttle
survives hole black-hole
survives html body html
survives expired error ExpiredTokenException

# ---- the retry is soon -------------------------------------------------------

new_task soon heartbeat=6
forget_calls
inject "$heartbeat" error500 count=1 after=1
supervise_start soon -t 6s -- sh -c '
	until [ -e "$work/soon.go" ]; do sleep 0.02; done'
wait_for called -n 3 "$heartbeat" # one, one that fails, one more
: >"$work/soon.go"
ended soon
heal
again=$(calls "$heartbeat" | jq -s '(map(.outcome == "ok") | index(false)) as $i |
	.[$i + 1].arrived - .[$i].answered')
ok "a failed heartbeat is repeated, and not a period of 2 s later ($again ms)" \
	test "${again%.*}" -lt 1200

done_testing
