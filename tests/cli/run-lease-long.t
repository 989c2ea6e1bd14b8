#!/bin/bash
# SPDX-License-Identifier: MIT
# Leases that hold, though it takes a while: most heartbeats are throttled; the
# grace is longer than the timeout.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start

# ---- 60 % of the heartbeats are throttled ------------------------------------

new_task sixty heartbeat=4
# Three of five, and not by chance: what chance can do is its own lease lost.
for after in 1 6 11 16; do
	inject "$heartbeat" throttle count=3 after="$after"
done
supervise_start sixty -t 4s -i 400ms -- sh -c '
	: >"$work/sixty.up"; until [ -e "$work/sixty.go" ]; do sleep 0.02; done'
wait_for there sixty.up
wait_for called -n 8 "$heartbeat" \
	'.activityId == "sixty" and .outcome == "ok"'
: >"$work/sixty.go"
ended sixty
heal
is "$status" 0 "with 60 % of its heartbeats throttled a task completes"
is "$(outcome sixty)" ActivityTaskCompleted "SWF says so"
gap=$(calls "$heartbeat" '.activityId == "sixty" and .outcome == "ok"' |
	jq -s 'map(.arrived) | [.[1:], .[:-1]] | transpose |
		map(.[0] - .[1]) | max')
ok "the longest time between two that were accepted is below the timeout" \
	jq -ne "$gap < 4000"

# Throttling hides no cancellation for ever.
new_task hidden heartbeat=4
supervise_start hidden -t 4s -i 400ms -- sh -c '
	echo half; : >"$work/hidden.up"; exec sleep 1000'
wait_for there hidden.up
wait_for has_beaten hidden half
inject "$heartbeat" throttle count=4
cancel_task hidden
ended hidden
heal
is "$(outcome hidden)" ActivityTaskCanceled \
	"a cancellation arrives though heartbeats are throttled"

# ---- grace longer than the lease ---------------------------------------------

new_task grace heartbeat=3
supervise_start grace -t 3s -k 4s -- sh -c 'trap "" TERM
	: >"$work/grace.up"; while :; do sleep 0.05; done'
wait_for there grace.up
cancel_task grace
ended grace
is "$status" 137 "a cancel keeps its grace, though it is longer than the lease"
is "$(outcome grace)" ActivityTaskCanceled \
	"because heartbeats go on: it is canceled, not timed out"

done_testing
