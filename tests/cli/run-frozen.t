#!/bin/bash
# SPDX-License-Identifier: MIT
# tend or its guard is stopped or killed: the command does not go on working
# on a task that SWF will hand to somebody else.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start

# A tree with everything in it: deaf to TERM, in the group, in a session of
# its own, forked twice.
everything='
	trap "" TERM HUP
	deaf="trap \"\" TERM HUP; while :; do sleep 0.05; done"
	sh -c "$deaf" &
	setsid bash -c ": >\"\$work/$name.setsid\"; $lively" &
	(setsid sh -c ": >\"\$work/$name.twice\"; $deaf" &) &
	echo half; : >"$work/$name.up"
	while :; do sleep 0.05; done'

start_everything() {
	name=$1
	shift
	export name lively
	supervise_start "$name" "$@" -- sh -c "$everything"
	wait_for there "$name.up" "$name.setsid" "$name.life" "$name.twice"
}

# ---- kill -9 of tend ---------------------------------------------------------

new_task killed
start_everything killed -t 60s
guard=$(guard_of killed)
isnt "$(tree killed)" "" "a command with escapees runs"
before=$(now_ms)
kill -KILL "$pid"
wait_for nobody_left killed
took=$(last_life killed)
took=$((${took/[.,]/} / 1000 - before))
is "$(survivors killed)" "" "kill -9 of tend: its whole tree is dead"
ok "within a second ($took ms)" test "$took" -le 1000
ok "and the guard has gone" wait_for gone "$guard"
wait "$pid" 2>/dev/null
is "$(outcome killed)" "" "nobody reports; SWF will time out the task"

# ---- kill -9 of the guard ----------------------------------------------------

new_task guard
start_everything guard -t 60s -i 50ms
wait_for has_beaten guard half
kill -KILL "$(guard_of guard)"
ended guard
is "$status" 125 "kill -9 of the guard: 125"
is "$(outcome guard)" ActivityTaskFailed "the task has failed"
like "$(outcome_field guard reason)" '^guard lost' "the reason says so"
like "$(outcome_field guard details)" '^half' "with the last progress"
is "$(said guard .cause)" guard-lost "the outcome file says so"
is "$(survivors guard)" "" "nobody is left, setsid or not"

# ---- tend is stopped for longer than the lease -------------------------------

forget_calls
new_task frozen heartbeat=3
start_everything frozen -t 3s -k 100ms
wait_for has_beaten frozen half
kill -STOP "$pid"
wait_for is_stopped "$pid"
wait_for nobody_left frozen
is "$(survivors frozen)" "" "tend is stopped: the guard ends the command"
timed_out() {
	[[ $(outcome frozen) == ActivityTaskTimedOut ]]
}
wait_for timed_out
closed=$(outcome_event frozen | jq .eventTimestamp)
ok "before SWF's timeout" jq -ne "$(last_life frozen) < $closed"
kill -CONT "$pid"
ended frozen
is "$status" 123 "when tend goes on, it exits 123"
is "$(all_reports)" 0 "and reports nothing"
is "$(said frozen '"\(.outcome) \(.cause) \(.killed)"')" \
	"none lease-lost true" "the outcome file says so"

# ---- tend is stopped for less ------------------------------------------------

new_task nap
supervise_start nap -t 60s -i 300ms -- sh -c ': >"$work/nap.up"
	until [ -e "$work/nap.go" ]; do sleep 0.02; done; echo result'
wait_for there nap.up
wait_for beaten nap 2
kill -STOP "$pid"
wait_for is_stopped "$pid"
stopped=$(count_beats nap)
sleep 1 # more than three intervals, and nothing to be seen of them
kill -CONT "$pid"
wait_for beaten nap $((stopped + 3))
gaps=$(calls "$heartbeat" '.activityId == "nap"' |
	jq -sc --argjson from "$stopped" 'map(.arrived) | .[$from:] |
		[.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | .[:2]')
ok "after three intervals in stop one heartbeat comes, not a burst ($gaps)" \
	jq -ne "$gaps | add > 400"
: >"$work/nap.go"
ended nap
is "$status" 0 "and the task completes"

# ---- the guard is stopped ----------------------------------------------------

new_task halted
supervise_start halted -t 60s -i 50ms -- sh -c ': >"$work/halted.up"
	echo half; exec sleep 1000'
wait_for there halted.up
guard=$(guard_of halted)
kill -STOP "$guard"
wait_for is_stopped "$guard"
so_far=$(count_beats halted)
wait_for beaten halted $((so_far + 2))
pass "heartbeats go on while the guard is stopped"
kill -CONT "$guard"
cancel_task halted
ended halted
is "$(outcome halted)" ActivityTaskCanceled "and later the cancel is done"

done_testing
