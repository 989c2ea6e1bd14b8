#!/bin/bash
# SPDX-License-Identifier: MIT
# --heartbeat-timeout auto, the default of a worker: each task's own timeouts.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms

schedule known 1 heartbeat=7
schedule other 1 heartbeat=30
for name in known other; do
	worker "$name" --max-tasks 1 -- sh -c 'echo "$SWF_HEARTBEAT_TIMEOUT"'
done
is "$(cat "$work/known.out" "$work/other.out")" "7
30" "each command is told its task's heartbeat timeout"

# Two tasks of one worker, with leases of their own.
pulse_start
schedule lease 2 heartbeat=3
forget_calls
worker_start lease --slots 2 -- bash -c "$alive"
wait_for called -n 4 "$heartbeat"
inject "$heartbeat" throttle
ok "all heartbeats throttled: stopped for want of a lease, and dead" \
	wait_for nobody_left lease
wait_for all_closed lease 2
dead_in_time lease "before SWF timed them out"
heal
lib_end "$(<"$work/lease.pid")"

schedule close 1 start_to_close=3
worker close --max-tasks 1 -k 200ms -- sleep 1000
is "$(kinds close)" "1 ActivityTaskFailed" \
	"a command that SWF is about to cut off is stopped and failed"
like "$(reasons close)" "start-to-close" "with a reason that says so"

# What is not allowed is guessed, and nothing is stopped for it.
inject GetWorkflowExecutionHistory error OperationNotPermittedFault
schedule guess 3 heartbeat=30
"$tend" worker --endpoint-url "$endpoint" --no-sign-request --domain test \
	--task-list work-guess --max-tasks 3 --slots 2 -- \
	sh -c 'echo "t=$SWF_HEARTBEAT_TIMEOUT"' \
	>"$work/guess.out" 2>"$work/guess.err"
heal
is "$(sed 's/.*: //' "$work/guess.out" | sort -u)" "t=" \
	"without permission to look the timeouts up the commands run"
is "$(kinds guess)" "3 ActivityTaskCompleted" "and are completed"
is "$(grep -c 'warning:.*60' "$work/guess.err")" 1 "with one warning"

# A service that is slow to say it holds a command up for a second at most.
inject GetWorkflowExecutionHistory delay 30s count=1
schedule slow 1
before=$(now_ms)
worker_start slow --max-tasks 1 -- sh -c ': >"$work/slow.up"'
wait_for there slow.up
took=$(($(now_ms) - before))
ok "a slow answer is waited for a second ($took ms)" \
	test "$took" -ge 950 -a "$took" -le 2500
worker_ended slow
is "$(kinds slow)" "1 ActivityTaskCompleted" "and the command has run"
heal

# TERM in the middle of it: the task comes in during the drain, which is over
# before the answer is there.
service_stop
rm "$work/registered"
service_start --hold 30s
lib_register
inject GetWorkflowExecutionHistory delay 30s count=1
worker_start early --drain-timeout 500ms -- sh -c ': >"$work/early.up"'
wait_for polls_wait 1
kill -TERM "$pid"
wait_for contains "$work/early.err" draining
schedule early 1
worker_ended early
is "$status $(reasons early)" "0 stopped: tend received SIGTERM" \
	"TERM while it is looked up: failed"
not_ok "and not started" test -e "$work/early.up"

done_testing
