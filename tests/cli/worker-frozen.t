#!/bin/bash
# SPDX-License-Identifier: MIT
# A worker that is stopped and continued, as by a hypervisor or a debugger: it
# does not go on working on what SWF has given to somebody else, and comes
# back without a rush.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms
lib_register
pulse_start

# freeze NAME: $pid stands still.
freeze() {
	pid=$(<"$work/$1.pid")
	kill -STOP "$pid"
	wait_for is_stopped "$pid"
}

# each_has_beaten COUNT: so often, of five tasks.
each_has_beaten() {
	calls "$heartbeat" | jq -se --argjson least "$1" 'group_by(.activityId) |
		length == 5 and (map(length) | min) >= $least' >"$work/each"
}

# Without a heartbeat timeout that from start to close is all there is.  Of
# these more further below.
forget_calls
schedule closing 2 heartbeat=NONE start_to_close=6
worker_start closing --slots 2 --max-tasks 3 -- bash -c '
	[ "$SWF_ACTIVITY_ID" != open.1 ] || exit 0; '"$alive"
wait_for there closing.{1,2}.life
# The timeouts are found before the command is started, or soon after.
wait_for called -n 2 GetWorkflowExecutionHistory
wait_for called -n 2 "$heartbeat" '.outcome == "ok"'
freeze closing

# ---- for longer than the lease -----------------------------------------------

# Tasks of the second kind end by themselves while nobody looks.
forget_calls
schedule longer 3 heartbeat=3
schedule ending 2 heartbeat=3 list=longer
worker_start longer --slots 5 -- bash -c '
	case $SWF_ACTIVITY_ID in
	next.*) : >"$work/$SWF_ACTIVITY_ID.up"
		until [ -e "$work/longer.go" ]; do sleep 0.02; done; exit ;;
	ending.*) : >"$work/$SWF_ACTIVITY_ID.up"
		until [ -e "$work/ending.go" ]; do sleep 0.02; done; exit ;;
	esac
	'"$alive"
wait_for there longer.{1,2,3}.life ending.{1,2}.up
wait_for called -n 5 "$heartbeat" '.outcome == "ok"'
freeze longer
: >"$work/ending.go"
wait_for nobody_left longer
is "$(survivors longer)" "" "stopped: the guards end the commands"
wait_for all_closed longer 3
dead_in_time longer "before SWF times them out"
wait_for all_closed ending 2

schedule next 5 list=longer
forget_calls
kill -CONT "$pid"
wait_for there next.{1,2,3,4,5}.up
pass "continued: all slots are free, and take the next tasks"
is "$(count_calls "$heartbeat" '.outcome != "ok"')" 0 \
	"no heartbeat is sent for those that were lost"
is "$(all_reports)" 0 "nothing is reported of them"
is "$(kinds longer)" "3 ActivityTaskTimedOut" "SWF has timed them out"
is "$(kinds ending)" "2 ActivityTaskTimedOut" \
	"also those whose command had ended meanwhile"
: >"$work/longer.go"
wait_for all_closed next 5
is "$(kinds next)" "5 ActivityTaskCompleted" "and the next are completed"
kill -TERM "$pid"
worker_ended longer
is "$status" 0 "the worker drains as ever"

# ---- for longer than start-to-close ------------------------------------------

wait_for nobody_left closing
is "$(survivors closing)" "" \
	"a timeout from start to close: the guards end the commands"
wait_for all_closed closing 2
dead_in_time closing "before SWF times them out"
schedule open 1 list=closing
kill -CONT "$(<"$work/closing.pid")"
worker_ended closing
is "$status $(kinds closing) $(kinds open)" \
	"0 2 ActivityTaskTimedOut 1 ActivityTaskCompleted" \
	"and the slots are free"

# ---- for less ----------------------------------------------------------------

forget_calls
schedule nap 5
worker_start nap --slots 5 -t 60s -i 400ms --max-tasks 5 -- sh -c '
	until [ -e "$work/nap.go" ]; do sleep 0.02; done'
wait_for each_has_beaten 2
freeze nap
sleep 1.6 # four intervals
forget_calls
kill -CONT "$pid"
wait_for each_has_beaten 3
# Of each task: from the first of three heartbeats to the third.
rush=$(calls "$heartbeat" | jq -sc 'group_by(.activityId) |
	map(map(.arrived) | .[2] - .[0] | round)')
ok "after four intervals each task has one heartbeat, not five ($rush ms)" \
	jq -ne "$rush | min > 500"
: >"$work/nap.go"
worker_ended nap
is "$(kinds nap)" "5 ActivityTaskCompleted" "and all are completed"

# ---- a poll that was answered meanwhile --------------------------------------

# Nobody has it, though SWF thinks so: the lease counts from the answer that
# was read late, so the heartbeat that follows at once finds out.
service_stop
rm "$work/registered"
service_start --hold 60s
lib_register
worker_start late -t 60s -i 5s -- sh -c ': >"$work/$SWF_ACTIVITY_ID.up"
	exec sleep 1000'
wait_for polls_wait 1
freeze late
forget_calls
schedule missed 1 heartbeat=1 list=late
wait_for all_closed missed 1
kill -CONT "$pid"
wait_for contains "$work/late.err" "SWF has closed the task"
wait_for nobody_left late
is "$(kinds missed) $(all_reports)" "1 ActivityTaskTimedOut 0" \
	"a task that timed out before its poll was read is dropped"
schedule found 1 list=late
wait_for there found.1.up
pass "and the next one is run"
kill -KILL "$pid"
wait "$pid" 2>/dev/null

done_testing
