#!/bin/bash
# SPDX-License-Identifier: MIT
# The end of a worker: drained, stopped, killed; none of it loses a task.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 60s
lib_register
quick=(-t 10s -i 100ms)

# ---- a poll that waits -------------------------------------------------------

# SWF may hand a task to a poll that is given up: nobody would hear of it.
worker_start arrives "${quick[@]}" -- sh -c 'echo "ran $SWF_ACTIVITY_ID"'
wait_for polls_wait 1
kill -TERM "$pid"
wait_for contains "$work/arrives.err" draining
schedule arrives 1
worker_ended arrives
is "$status" 0 "TERM while a poll waits: 0"
is "$(kinds arrives)" "1 ActivityTaskCompleted" \
	"a task that comes in on that poll is run"
is "$(cat "$work/arrives.out")" "ran arrives.1" "by the command"
is "$(polls)" 1 "and nothing is polled any more"

forget_calls
worker_start fails "${quick[@]}" --on-drain fail -- sh -c 'echo ran'
wait_for polls_wait 1
kill -TERM "$pid"
wait_for contains "$work/fails.err" draining
schedule fails 1
worker_ended fails
is "$(kinds fails)" "1 ActivityTaskFailed" "--on-drain fail: it is failed"
is "$(reasons fails)" "stopped: tend received SIGTERM" "with the reason"
is "$(cat "$work/fails.out")" "" "and not run"
is "$status" 0 "and the drain is done"

# The service holds polls for longer than docker waits.
worker_start bound "${quick[@]}" --stop-deadline 3s -- true
wait_for polls_wait 1
before=$(now_ms)
kill -TERM "$pid"
worker_ended bound
took=$(($(now_ms) - before))
is "$status" 0 "a poll that does not come back by --stop-deadline"
ok "is left then ($took ms)" test "$took" -ge 2900 -a "$took" -le 4500
like "$(<"$work/bound.err")" "1 poll was not let return" "with a warning"

worker_start hurry "${quick[@]}" -- true
wait_for polls_wait 1
for i in 1 2 3; do
	kill -TERM "$pid"
	wait_for took_signals "$pid"
	# The same signal within a tenth of a second is one.
	sleep 0.12
done
worker_ended hurry
is "$status" 143 "a third TERM leaves at once: 143"
service_stop
rm -f "$work/registered"
service_start --hold 1500ms
lib_register
worker_start empty "${quick[@]}" --slots 3 -- true
wait_for polls_wait 3
kill -INT "$pid"
wait_for contains "$work/empty.err" draining
since=$(now_ms)
worker_ended empty
is "$status $(count_calls PollForActivityTask ".wall > $since")" "0 0" \
	"INT, and the polls come back empty: no further one"
service_stop
rm -f "$work/registered"
service_start --hold 300ms

# ---- what runs ---------------------------------------------------------------

schedule finish 2
worker_start finish --slots 2 -t 3s -- sh -c ': >"$work/$SWF_ACTIVITY_ID.up"
	until [ -e "$work/finish.go" ]; do sleep 0.02; done; echo done'
wait_for there finish.1.up finish.2.up
forget_calls
kill -TERM "$pid"
# Its lease is 3 s, and it is beaten each second.
wait_for called -n 4 "$heartbeat"
is "$(kinds finish)" "" "TERM: what runs goes on, heartbeats too"
: >"$work/finish.go"
worker_ended finish
is "$(kinds finish)" "2 ActivityTaskCompleted" "and is completed"
is "$status" 0 "and the worker ends"

schedule deaf 1
worker_start deaf "${quick[@]}" --drain-timeout 300ms -k 400ms -- sh -c '
	trap "" TERM; : >"$work/deaf.up"; while :; do sleep 0.02; done'
wait_for there deaf.up
before=$(now_ms)
kill -TERM "$pid"
worker_ended deaf
took=$(($(now_ms) - before))
is "$(reasons deaf)" "stopped: tend received SIGTERM" \
	"a command that is deaf to TERM is failed after --drain-timeout"
is "$(survivors deaf)" "" "and dead"
ok "after the grace ($took ms)" test "$took" -ge 700 -a "$took" -le 8000
is "$status" 0 "0 all the same: SWF has been told"

# The stop deadline is the drain's and the ladder's together.
schedule deadline 1
worker_start deadline "${quick[@]}" --stop-deadline 3s -k 60s -- sh -c '
	trap "" TERM; : >"$work/deadline.up"; while :; do sleep 0.02; done'
wait_for there deadline.up
before=$(now_ms)
kill -TERM "$pid"
worker_ended deadline
took=$(($(now_ms) - before))
is "$(reasons deadline)" "stopped: tend received SIGTERM" \
	"--stop-deadline is kept, whatever the grace"
ok "all is over by then ($took ms)" test "$took" -le 3400
is "$(survivors deadline)" "" "and nobody is left"

schedule second 2
worker_start second "${quick[@]}" --slots 2 -- sh -c '
	trap "echo told >>\"$work/second.log\"; exit 1" TERM
	: >"$work/$SWF_ACTIVITY_ID.up"; while :; do sleep 0.02; done'
wait_for there second.1.up second.2.up
kill -TERM "$pid"
wait_for contains "$work/second.err" draining
sleep 0.15
not_ok "the first TERM tells no command" test -s "$work/second.log"
kill -TERM "$pid"
worker_ended second
is "$(wc -l <"$work/second.log")" 2 "the second tells all of them"
is "$(kinds second)" "2 ActivityTaskFailed" "which have failed"
is "$status" 0 "and been reported"

schedule third 2
worker_start third "${quick[@]}" --slots 2 -k 60s -- sh -c '
	trap "" TERM; : >"$work/$SWF_ACTIVITY_ID.up"
	while :; do sleep 0.02; done'
wait_for there third.1.up third.2.up
for signal in TERM QUIT INT; do
	kill -"$signal" "$pid"
	wait_for took_signals "$pid"
done
worker_ended third
is "$(survivors third)" "" "the third kills"
is "$status" 143 "and the status is that of the first: 143"

# A task that cannot be run, and of which SWF cannot be told.
inject "$failed" error InternalFailure
schedule untold 1
worker_start untold "${quick[@]}" --stop-deadline 10m --activity other=true
wait_for contains "$work/untold.err" "report failed again"
for signal in TERM QUIT INT; do
	kill -"$signal" "$pid"
	wait_for took_signals "$pid"
done
worker_ended untold
is "$status" 143 "nor does it wait for what cannot be told"
heal

# ---- other signals -----------------------------------------------------------

schedule hup 1
worker_start hup "${quick[@]}" -- bash -c 'for name in HUP USR1; do
		trap "echo $name >>\"$work/hup.log\"" $name; done
	: >"$work/hup.up"; until [ -e "$work/hup.go" ]; do sleep 0.02; done'
wait_for there hup.up
kill -HUP "$pid"
wait_for took_signals "$pid"
kill -USR1 "$pid"
wait_for test -s "$work/hup.log"
is "$(cat "$work/hup.log")" USR1 "HUP is ignored, USR1 is passed on"
not_ok "and the worker lives" gone "$pid"
: >"$work/hup.go"
kill -TERM "$pid"
worker_ended hup
is "$(kinds hup)" "1 ActivityTaskCompleted" "and works"

# ---- the end by itself -------------------------------------------------------

forget_calls
schedule some 5
worker some "${quick[@]}" --slots 4 --max-tasks 3 -- true
is "$status" 0 "--max-tasks: 0"
is "$(kinds some)" "3 ActivityTaskCompleted" "after so many and no more"
is "$(polls)" 3 "and no poll too many was sent"

before=$(now_ms)
schedule idle 2
worker idle "${quick[@]}" --idle-exit 500ms -- sleep 0.3
took=$(($(now_ms) - before))
is "$status" 0 "--idle-exit: 0"
is "$(kinds idle)" "2 ActivityTaskCompleted" "when all is done"
ok "and nothing has come for so long ($took ms)" test "$took" -ge 1100

done_testing
