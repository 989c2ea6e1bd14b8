#!/bin/bash
# SPDX-License-Identifier: MIT
# tend submit and signals: the first asks for a cancel and waits, the second
# leaves and says how to take the workflow up again; that it can be taken up,
# also after a kill -9, and after its end.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/submit.sh"
service_start

# signal NAME SIGNAL
signal() {
	kill -"$2" "$(submit_pid "$1")"
}

# cancel_reached NAME: whether the worker is asked to stop.
cancel_reached() {
	[[ $(respond "$heartbeat" "$1") == *true* ]]
}

# attach_line NAME: the command that it says.
attach_line() {
	grep -o 'tend submit .*' "$work/$1.err" | tail -n 1
}

# take_up NAME AS: runs the command that NAME has said, as AS.
take_up() {
	local words
	eval "words=($(attach_line "$1"))"
	"$tend" "${words[@]:1}" >"$work/$2.out" 2>"$work/$2.err" </dev/null &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$2.pid"
	cp "$work/$1.token" "$work/$2.token" 2>/dev/null
	cp "$work/$1.run" "$work/$2.run" 2>/dev/null
}

# applied OPERATION: whether its fault has struck.
applied() {
	[[ $(local_api GET faults | jq --arg name "$1" '[.. | objects |
		select(.operation == $name) | .applied] | add') -gt 0 ]]
}

start_execution foreign

# ---- once ------------------------------------------------------------------------

for name in INT TERM; do
	submit_start "$name"
	take "$name"
	signal "$name" "$name"
	wait_for cancel_reached "$name" &&
		pass "$name: the worker hears of the cancel"
	not_ok "and is waited for" gone "$(submit_pid "$name")"
	respond "$canceled" "$name" details 'half'
	submitted "$name"
	is "$status" 3 "the exit status is that of a cancel"
	like "$log" 'asking for a cancel, and waiting' "it says that it waits"
	is "$(closed "$name")" WorkflowExecutionCanceled \
		"the workflow is canceled"
done

submit_start unstarted
wait_for logged unstarted scheduled
signal unstarted INT
submitted unstarted
is "$status" 3 "what no worker has started is canceled at once"

submit_start stubborn
take stubborn
signal stubborn INT
wait_for cancel_reached stubborn
complete stubborn 'done all the same'
submitted stubborn
is "$status $(<"$work/stubborn.out")" "0 done all the same" \
	"a worker may complete in spite of a cancel"

submit_start retried --retries 3
take retried
signal retried INT
wait_for cancel_reached retried
respond "$failed" retried reason 'exit status 1'
submitted retried
is "$status" 3 "nothing is tried again after a cancel"

# timeout(1) signals its child and then the group: one request, not two.
submit_start timeout
take timeout
signal timeout TERM
signal timeout TERM
wait_for cancel_reached timeout &&
	not_ok "the same signal twice at once is one" gone "$(submit_pid timeout)"
respond "$canceled" timeout
submitted timeout

# ---- twice, and taken up again ---------------------------------------------------------

# leave NAME SIGNAL: the second one.
leave() {
	signal "$1" INT
	wait_for logged "$1" 'asking for a cancel'
	sleep 0.11 # longer than what counts as an echo
	signal "$1" "$2"
	submitted "$1"
}

submit_start twice --input-text 'it'"'"'s'
take twice
leave twice INT
is "$status $(<"$work/twice.out")" "130 " "twice: 128 and the signal's number"
is "$(tail -n 1 <<<"$log")" "tend: error: workflow twice stays open; to take \
it up again: tend submit --domain test --endpoint-url $endpoint \
--no-sign-request --attach twice --run-id $(<"$work/twice.run")" \
	"it says what stays open, and the command for it"
is "$(swf DescribeWorkflowExecution "{\"domain\":\"test\",\"execution\":{
	\"workflowId\":\"twice\",\"runId\":\"$(<"$work/twice.run")\"}}" |
	jq -r .executionInfo.executionStatus)" OPEN "and so it is"
take_up twice second
wait_for logged second 'started by worker-twice' &&
	pass "that command tells what has happened so far"
wait_for cancel_reached second &&
	pass "and goes on with the cancel"
complete second 'the result'
submitted second
is "$status $(<"$work/second.out")" "0 the result" "to the end"

take_up twice third
submitted third
is "$status $(<"$work/third.out")" "0 the result" \
	"after the end, it tells the same again"
is "$(grep -c ' completed$' "$work/third.err")" 1 "with what had happened"

submit_words quoted --domain test --activity step:1 --task-list work-quoted \
	--workflow-id "it's a 'test'"
take quoted
leave quoted INT
take_up quoted quoted-again
wait_for logged quoted-again 'started by worker-quoted'
complete quoted-again x
submitted quoted-again
is "$status" 0 "the command is quoted for a shell"

submit_start mixed
take mixed
leave mixed TERM
is "$status" 143 "another signal the second time"
complete mixed x

for name in HUP QUIT; do
	submit_start "$name"
	take "$name"
	signal "$name" "$name"
	submitted "$name"
	is "$status" $((128 + $(kill -l "$name"))) "$name leaves at once"
	like "$log" "stays open; to take it up again: tend submit" "and says so"
	complete "$name" x
done

# ---- killed --------------------------------------------------------------------------------

submit_start killed --retries 1 --input-text again
take killed
signal killed KILL
tend_wait killed
respond "$failed" killed reason one
submit_words up --domain test --attach killed --run-id "$(<"$work/killed.run")"
wait_for logged up 'attempt 2 of 2'
swf PollForActivityTask "$(lib_list work-killed)" >"$work/killed.task"
lib_member taskToken "$(<"$work/killed.task")" >"$work/killed.token"
is "$(jq -r '.activityId, .input' "$work/killed.task")" $'step\nagain' \
	"after kill -9 it is decided on as it would have been"
complete killed two
submitted up
is "$status $(<"$work/up.out")" "0 two" "to the end"

# Before it had decided anything: it never got its first decision task.
inject PollForDecisionTask reset-before
submit_start held --input-text held
wait_for applied PollForDecisionTask
signal held KILL
tend_wait held
heal
run=$(calls StartWorkflowExecution '.workflowId == "held"' | jq -r .runId)
submit_words up-held --domain test --attach held --run-id "$run"
wait_for logged up-held scheduled
swf PollForActivityTask "$(lib_list work-held)" >"$work/held.task"
lib_member taskToken "$(<"$work/held.task")" >"$work/held.token"
is "$(jq -r .input "$work/held.task")" held \
	"also if it was killed before it had decided anything"
complete held x
submitted up-held
is "$status" 0 "all that was asked for is in the workflow"

# ---- without a run ------------------------------------------------------------

submit_start listed
take listed
signal listed KILL
tend_wait listed
submit_words found --domain test --attach listed
wait_for logged found 'started by worker-listed'
complete listed x
submitted found
is "$status $(<"$work/found.out")" "0 x" \
	"--attach finds the open run by itself"
submit_words closed --domain test --attach listed
submitted closed
is "$status $(<"$work/closed.out")" "0 x" "or the one closed last"
submit_words none --domain test --attach nobody
submitted none
is "$status $(<"$work/none.err")" "125 tend: error: --attach: there is \
no workflow nobody in domain test, neither open nor closed" \
	"or says that there is none"

submit_words stranger --domain test --attach foreign \
	--run-id "$(<"$work/foreign.run")"
submitted stranger
is "$status" 125 "a workflow of somebody else's: 125"
like "$log" 'the workflow was not started by tend submit' "with the reason"
submit_words gone --domain test --attach foreign --run-id nonsense
submitted gone
is "$status" 125 "a run that is not there: 125"
like "$log" 'UnknownResourceFault' "with what the service says"

# ---- at the very end --------------------------------------------------------------

# A signal and the news of the end, both of which it finds at once.
submit_start last
take last
wait_for logged last 'started by'
inject GetWorkflowExecutionHistory delay 400ms
terminate last
forget_calls
wait_for applied GetWorkflowExecutionHistory
{ # On a busy machine it may have ended by itself.
	kill -STOP "$(submit_pid last)"
	signal last HUP
	wait_for called GetWorkflowExecutionHistory
	kill -CONT "$(submit_pid last)"
} 2>/dev/null
heal
submitted last
is "$status" 5 "a signal at the end does not hide it"
unlike "$log" 'stays open' "nor say that it is open"

# ---- another run of the same id ------------------------------------------------

# The old one is closed; of the new one a decision task waits.
submit_start again
take again
old=$(<"$work/again.run")
complete again 'the first'
submitted again
submit_start again
take again
signal again KILL
tend_wait again
complete again 'the second'
inject GetWorkflowExecutionHistory delay-before 500ms count=1
submit_words old --domain test --attach again --run-id "$old"
submitted old
is "$status $(<"$work/old.out")" "0 the first" \
	"--run-id is that run, whatever waits of a newer one"
is "$(lib_history again | jq -r '.events[-1].eventType')" \
	DecisionTaskScheduled "which is left alone"
heal
submit_words newer --domain test --attach again --run-id "$(<"$work/again.run")"
submitted newer
is "$status $(<"$work/newer.out")" "0 the second" "and taken up itself"

# A new one begins before it is seen that the old one was terminated.
submit_start over
take over
wait_for logged over 'started by'
inject GetWorkflowExecutionHistory error500
wait_for applied GetWorkflowExecutionHistory
terminate over
swf StartWorkflowExecution '{"domain":"test","workflowId":"over",
	"workflowType":{"name":"tend-submit","version":"1"},
	"taskList":{"name":"tend-submit.over"},"childPolicy":"TERMINATE",
	"executionStartToCloseTimeout":"60","taskStartToCloseTimeout":"15"}' \
	>"$work/over.start"
lib_member runId "$(<"$work/over.start")" >"$work/over.run"
heal
submitted over
is "$status" 5 "terminated: 5, also if another one has begun"
is "$(lib_history over | jq -r '.events[].eventType |
	select(. == "DecisionTaskCompleted")')" "" \
	"and no decision task of that is answered"

# ---- before anything was started ---------------------------------------------------------------

inject RegisterActivityType black-hole count=1
submit_start early
wait_for applied RegisterActivityType
signal early INT
submitted early
is "$status $log" "130 tend: error: stopped before anything was started" \
	"nothing is left behind if nothing was started"
heal

inject StartWorkflowExecution delay 700ms count=1
submit_start during
wait_for applied StartWorkflowExecution
signal during INT
submitted during
is "$status" 3 "what was being started is canceled once it is there"
like "$log" 'canceled' "and says so"
heal

mkfifo "$work/typing"
exec {typing}<>"$work/typing"
env --default-signal=INT "$tend" submit --endpoint-url "$endpoint" \
	--no-sign-request --domain test --activity step:1 - <&"$typing" \
	>"$work/typing.out" 2>"$work/typing.err" &
echo $! >"$work/typing.pid"
lib_pids+=("$!")
wait_for grep -q pipe_read "/proc/$!/wchan" 2>/dev/null || sleep 0.3
signal typing INT
tend_wait typing
is "$status" 130 "while INPUT is read from stdin, ^C ends it as it would cat"

# ---- ignored, suspended ---------------------------------------------------------------------------

(
	trap '' INT HUP
	exec "$tend" submit --endpoint-url "$endpoint" --no-sign-request \
		--domain test --activity step:1 --workflow-id deaf \
		--task-list work-deaf
) >"$work/deaf.out" 2>"$work/deaf.err" </dev/null &
echo $! >"$work/deaf.pid"
lib_pids+=("$!")
take deaf
signal deaf HUP
signal deaf INT
signal deaf TSTP
is_stopped() {
	[[ $(</proc/"$(submit_pid deaf)"/stat) == *") T "* ]]
}
wait_for is_stopped && pass "^Z stops it"
signal deaf CONT
complete deaf x
submitted deaf
is "$status" 0 "a signal that was ignored at its start stays ignored"

done_testing
