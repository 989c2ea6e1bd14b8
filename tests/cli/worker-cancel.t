#!/bin/bash
# SPDX-License-Identifier: MIT
# What the heartbeats of a worker's tasks are answered: canceled, gone, lost.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms
quick=(-t 60s -i 100ms)

# ---- canceled ----------------------------------------------------------------

# The command does not wait for the first heartbeat; what that is answered
# still counts.
inject "$heartbeat" delay 3s count=1
schedule first 1
worker_start first "${quick[@]}" -i 20s --drain-timeout 0 -- sh -c '
	echo half; : >"$work/first.up"; exec sleep 1000'
wait_for there first.up
is "$(count_calls "$heartbeat")" 0 "the command runs before a heartbeat is answered"
lib_end "$pid"

inject "$heartbeat" delay-before 2s count=1
schedule waiting 1
worker_start waiting "${quick[@]}" -i 20s --max-tasks 1 -- sh -c '
	: >"$work/waiting.up"; exec sleep 1000'
wait_for there waiting.up
cancel_task waiting waiting.1
worker_ended waiting
is "$(kinds waiting)" "1 ActivityTaskCanceled" \
	"a cancel that comes before the first heartbeat is seen by it"
is "$(count_calls "$heartbeat" '.activityId == "waiting.1"')" 1 \
	"and not by the second"

schedule cancel 1
worker_start cancel "${quick[@]}" -k 60s --max-tasks 1 -- bash -c '
	trap "echo cleaned; sleep 0.3; exit 0" TERM; setsid sleep 1000 &
	echo half; : >"$work/cancel.up"; while :; do sleep 0.02; done'
wait_for there cancel.up
wait_for has_beaten cancel.1 half
cancel_task cancel cancel.1
worker_ended cancel
is "$(count_reports cancel.1)" 1 "a cancel is reported once"
is "$(kinds cancel)" "1 ActivityTaskCanceled" "as canceled"
is "$(outcome_field cancel details)" cleaned "with the last progress"
is "$(survivors cancel)" "" "when nobody of the tree is left"

schedule stopped 1
worker_start stopped "${quick[@]}" -k 60s --max-tasks 1 -- bash -c '
	trap "echo told >\"$work/stopped.told\"; exit 0" TERM
	: >"$work/stopped.up"; kill -STOP $$; while :; do sleep 0.02; done'
wait_for there stopped.up
wait_for beaten stopped.1 2
cancel_task stopped stopped.1
worker_ended stopped
is "$(cat "$work/stopped.told")" told "a command that was stopped hears of it"

# ---- gone --------------------------------------------------------------------

schedule gone 1
worker_start gone "${quick[@]}" -- bash -c '
	[ "$SWF_ACTIVITY_ID" = gone.1 ] || exit 0
	trap "sleep 0.3; : >\"$work/gone.cleaned\"; exit" TERM
	: >"$work/gone.up"; while :; do sleep 0.02; done'
wait_for there gone.up
forget_calls
terminate gone
ok "a task that SWF has closed: its command has its grace" \
	wait_for there gone.cleaned
wait_for nobody_left gone
is "$(all_reports)" 0 "nothing is reported"
like "$(<"$work/gone.err")" "SWF has closed the task" "the log says so"
schedule again 1 list=gone
wait_for all_closed again 1
is "$(kinds again)" "1 ActivityTaskCompleted" "and the slot is free"
lib_end "$pid"

# Without any heartbeat accepted the lease runs out, of each by itself.
pulse_start
schedule lost 4 heartbeat=3
worker_start lost --slots 4 -t 3s -- bash -c '
	[ "$SWF_ACTIVITY_ID" != after.1 ] || exit 0; '"$alive"
wait_for called -n 4 "$heartbeat"
inject "$heartbeat" throttle
ok "all heartbeats throttled: the commands are stopped, and dead" \
	wait_for nobody_left lost
heal
forget_calls
wait_for all_closed lost 4
dead_in_time lost "each before SWF timed it out"
is "$(kinds lost) $(all_reports)" "4 ActivityTaskTimedOut 0" \
	"and nothing is reported"
is "$(count_calls "$heartbeat" '.outcome != "ok"')" 0 \
	"nor is any heartbeat sent for a task that is lost"
schedule after 1 list=lost
wait_for all_closed after 1
is "$(kinds after)" "1 ActivityTaskCompleted" "and the slots are free"
lib_end "$(<"$work/lost.pid")"

# Some are: none is lost.
schedule kept 4 heartbeat=5
inject "$heartbeat" throttle count=12
worker_start kept --slots 4 -t 5s --max-tasks 4 -- sleep 5.5
worker_ended kept
is "$(kinds kept)" "4 ActivityTaskCompleted" \
	"a row of heartbeats throttled: no lease is lost"
heal

# ---- the answer is lost ------------------------------------------------------

inject "$completed" reset-after count=1
schedule lostanswer 1
worker lostanswer "${quick[@]}" --max-tasks 1 --outcome "$work/lost.json" -- true
is "$(kinds lostanswer)" "1 ActivityTaskCompleted" \
	"a report whose answer is lost"
is "$(jq -r .delivered "$work/lost.json")" assumed "is assumed delivered"
inject "$failed" reset-after count=1
schedule lostrefusal 1
worker lostrefusal "${quick[@]}" --max-tasks 1 --activity other=true
is "$(kinds lostrefusal)" "1 ActivityTaskFailed" \
	"the same for a task that is failed at once"
heal
inject "$failed" error500 count=2
schedule refusal 1
worker refusal "${quick[@]}" --max-tasks 1 --activity other=true
is "$(kinds refusal)" "1 ActivityTaskFailed" "which is tried again"
heal

done_testing
