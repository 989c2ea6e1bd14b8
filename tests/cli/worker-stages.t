#!/bin/bash
# SPDX-License-Identifier: MIT
# TERM at every stage of a worker's life, also while the service is away:
# it ends in time, and what it had in hand is reported once or not at all.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms --state "$work/state"
lib_register
quick=(-t 60s -i 100ms)

# term NAME: tells it once more.
term() {
	kill -TERM "$(<"$work/$1.pid")"
	wait_for took_signals "$(<"$work/$1.pid")"
	# The same signal within a tenth of a second is one.
	sleep 0.12
}

# ended_within NAME MS TEST: since $before.
ended_within() {
	local took
	worker_ended "$1"
	took=$(($(now_ms) - before))
	ok "$3 ($took ms)" test "$took" -le "$2"
}

# ---- before the first poll ---------------------------------------------------

inject RegisterActivityType black-hole
worker_start types "${quick[@]}" --register new:1 -- true
wait_for fault_applied
before=$(now_ms)
kill -TERM "$pid"
ended_within types 1500 "TERM while types are being registered: at once"
is "$status $(polls)" "0 0" "0, and nothing was polled"
heal

# ---- polls fail --------------------------------------------------------------

inject PollForActivityTask error500
worker_start backoff "${quick[@]}" --slots 4 -- true
wait_for contains "$work/backoff.err" "poll failed again"
before=$(now_ms)
kill -TERM "$pid"
ended_within backoff 1500 "TERM between polls that fail: at once"
is "$status" 0 "0: it has lost nothing"
heal

# ---- the report is on its way ------------------------------------------------

schedule report 1
inject "$completed" delay-before 1s count=1
worker_start report "${quick[@]}" -- true
wait_for fault_applied
kill -TERM "$pid"
worker_ended report
is "$status $(kinds report)" "0 1 ActivityTaskCompleted" \
	"TERM while the outcome is being reported: it is waited for"
heal

schedule again 1
forget_calls
inject "$completed" error500
worker_start again "${quick[@]}" -- true
wait_for called "$completed"
kill -TERM "$pid"
wait_for contains "$work/again.err" draining
heal
worker_ended again
is "$status $(kinds again)" "0 1 ActivityTaskCompleted" \
	"TERM while the report is tried again: it is tried on"

schedule refusal 1
forget_calls
inject "$failed" error500
worker_start refusal "${quick[@]}" --activity other=true
wait_for called "$failed"
kill -TERM "$pid"
wait_for contains "$work/refusal.err" draining
heal
worker_ended refusal
is "$status $(kinds refusal)" "0 1 ActivityTaskFailed" \
	"the same for a task that was failed at once"

# ---- while it stops ----------------------------------------------------------

# One TERM for the command, whatever the causes: the cancel's.
schedule cancel 2
worker_start cancel "${quick[@]}" --slots 2 -k 60s --drain-timeout 0 -- bash -c '
	trap "echo told >>\"$work/$SWF_ACTIVITY_ID.told\"" TERM
	: >"$work/$SWF_ACTIVITY_ID.up"
	until [ -e "$work/cancel.go" ]; do sleep 0.02; done; exit 1'
wait_for there cancel.1.up cancel.2.up
cancel_task cancel cancel.1
wait_for there cancel.1.told
not_ok "a cancel is for one task" there cancel.2.told
kill -TERM "$pid"
wait_for there cancel.2.told
: >"$work/cancel.go"
worker_ended cancel
is "$(cat "$work/cancel.1.told")" told \
	"TERM while a command is being canceled: it is told once"
is "$(kinds cancel)" "1 ActivityTaskCanceled
1 ActivityTaskFailed" "canceled stays canceled, the other one has failed"
is "$(count_reports cancel.1)$(count_reports cancel.2)" 11 "each once"

schedule harder 1
worker_start harder "${quick[@]}" -k 60s -- bash -c '
	trap "" TERM; : >"$work/harder.up"; while :; do sleep 0.02; done'
wait_for there harder.up
cancel_task harder harder.1
wait_for contains "$work/harder.err" "the command gets SIGTERM"
before=$(now_ms)
term harder
wait_for contains "$work/harder.err" draining
term harder
term harder
ended_within harder 3000 "further ones end the grace of a cancel"
is "$(survivors harder)" "" "and nobody is left"

# ---- drained: only output is left --------------------------------------------

mkfifo "$work/slow.pipe"
exec 5<>"$work/slow.pipe"
schedule slow 1
MARK=$work/slow "$tend" worker --endpoint-url "$endpoint" --no-sign-request \
	--domain test --task-list work-slow "${quick[@]}" --max-tasks 1 \
	--log-level error -- head -c 300000 /dev/zero \
	>"$work/slow.pipe" 2>"$work/slow.err" &
pid=$!
lib_pids+=("$pid")
echo "$pid" >"$work/slow.pid"
wait_for all_closed slow 1
ok "what was printed is waited for" test -d "/proc/$pid"
before=$(now_ms)
kill -TERM "$pid"
ended_within slow 4000 "TERM when only that is left: for two seconds more"
is "$status" 0 "and the tasks are what they were"
exec 5>&-

# ---- the service is away -----------------------------------------------------

# What runs, ends, and is canceled during an outage that outlasts the worker.
schedule away 3
worker_start away "${quick[@]}" --slots 4 --stop-deadline 4s -- bash -c '
	: >"$work/$SWF_ACTIVITY_ID.up"
	case $SWF_ACTIVITY_ID in
	*.1) until [ -e "$work/away.go" ]; do sleep 0.02; done; exit ;;
	*.2) trap "" TERM ;;
	esac
	while :; do sleep 0.02; done'
wait_for there away.1.up away.2.up away.3.up
service_stop
: >"$work/away.go"
wait_for contains "$work/away.err" "poll failed"
before=$(now_ms)
kill -TERM "$pid"
ended_within away 5000 "TERM while the service is away: by the stop deadline"
is "$(survivors away)" "" "nobody is left"
is "$(grep -c "error: away\.[123]: .*could not be told" "$work/away.err")" 3 \
	"of each task the log says that SWF was not told" ||
	diag "$(<"$work/away.err")"
is "$status" 0 "0"

# One that is over before the deadline is told.
service_start --port "${endpoint##*:}" --hold 300ms --state "$work/state"
: >"$work/registered"
schedule back 1
worker_start back "${quick[@]}" -- bash -c ': >"$work/back.up"
	until [ -e "$work/back.go" ]; do sleep 0.02; done; echo done'
wait_for there back.up
service_stop
wait_for contains "$work/back.err" "poll failed|heartbeat"
kill -TERM "$pid"
wait_for contains "$work/back.err" draining
: >"$work/back.go"
service_start --port "${endpoint##*:}" --hold 300ms --state "$work/state"
: >"$work/registered"
worker_ended back
is "$status $(kinds back)" "0 1 ActivityTaskCompleted" \
	"a service that comes back during the drain is told"

done_testing
