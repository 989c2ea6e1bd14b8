#!/bin/bash
# SPDX-License-Identifier: MIT
# The lease: when no heartbeat is accepted the command is dead before SWF may
# start another attempt, and nothing is reported.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start

# lost NAME: what all of these have in common.
lost() {
	is "$status" 123 "$1: tend exits 123"
	is "$(all_reports)" 0 "$1: nothing is reported"
	is "$(survivors "$1")" "" "$1: nobody is left"
}

# timed_out NAME: whether SWF has given the task up.
timed_out() {
	[[ $(outcome "$1") == ActivityTaskTimedOut ]]
}

# dead_in_time NAME: whether its last sign of life was before SWF's timeout.
dead_in_time() {
	local closed life
	wait_for timed_out "$1" || return
	closed=$(outcome_event "$1" | jq .eventTimestamp)
	life=$(last_life "$1")
	diag "$1: dead $(jq -n "$closed - $life") s before the timeout"
	jq -ne "$life < $closed" >/dev/null
}

export lively name

# ---- permanent throttle: a zombie and its duplicate --------------------------

# Three commands at once: one that stops when told, one that does not, and
# one whose grandchild has left the group.
for name in polite deaf escaped; do
	new_task "$name" heartbeat=4
done
supervise_start polite -t 4s -k 60s -- bash -c '
	trap "echo \$EPOCHREALTIME >\"\$work/polite.life\"; exit 0" TERM
	echo half; : >"$work/polite.up"; while :; do sleep 0.02; done'
name=deaf
supervise_start deaf -t 4s -k 60s -- bash -c "$lively"
name=escaped
supervise_start escaped -t 4s -k 60s -- sh -c 'setsid bash -c "$lively" & wait'
wait_for there polite.up deaf.life escaped.life
wait_for has_beaten polite half
inject "$heartbeat" throttle
for name in polite deaf escaped; do
	ended "$name"
done
for name in polite deaf escaped; do
	lost "$name"
	is "$(said "$name" '"\(.outcome) \(.cause) \(.delivered)"')" \
		"none lease-lost no" "$name: the outcome file says so"
	ok "$name: it was dead before SWF's timeout" dead_in_time "$name"
done
ok "the command is asked to stop first" there polite.life
is "$(said polite .killed)" false "and is not killed if it does"
is "$(said deaf .killed)" true "and is killed if it does not"
last=$(calls "$heartbeat" '.outcome != "ok"' | wc -l)
ok "throttled heartbeats are not sent in a rush ($last of three tends)" \
	test "$last" -lt 100
sent=$(calls "$heartbeat" | jq -s 'map(.wall) | max / 1000')
closed=$(for name in polite deaf escaped; do
	outcome_event "$name" | jq .eventTimestamp
done | jq -s max)
ok "and no heartbeat goes on after the lease" jq -ne "$sent < $closed"
heal

# ---- a service that swallows everything --------------------------------------

new_task hole heartbeat=3
name=hole
supervise_start hole -t 3s -k 0 -- bash -c "$lively"
wait_for there hole.life
inject '*' black-hole
ended hole
heal
lost hole
ok "hole: it was dead before SWF's timeout" dead_in_time hole

# ---- SWF has closed the task -------------------------------------------------

forget_calls
new_task closed
supervise_start closed -t 60s -i 50ms -k 60s -- sh -c '
	trap "sleep 0.3; : >\"\$work/closed.cleaned\"; exit 0" TERM
	: >"$work/closed.up"; while :; do sleep 0.02; done'
wait_for there closed.up
terminate closed
ended closed
lost closed
ok "closed: the command has its grace" there closed.cleaned
is "$(said closed '"\(.outcome) \(.cause) \(.exitStatus)"')" "none gone 0" \
	"closed: the outcome file says so"
is "$(count_calls "$heartbeat" '.outcome != "ok"')" 1 "closed: one UnknownResourceFault is enough"

done_testing
