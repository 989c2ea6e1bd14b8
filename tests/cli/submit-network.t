#!/bin/bash
# SPDX-License-Identifier: MIT
# tend submit when the service cannot be reached, does not answer or answers
# rubbish: nothing is given up while the workflow may still end well, a person
# is told once, and nothing is done twice.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/submit.sh"
service_start

# warnings NAME: how many.
warnings() {
	grep -c 'warning:' "$work/$1.err"
}

# ---- while it waits ------------------------------------------------------------

# through NAME FAULT [VALUE] [KEY=VALUE]...: from start to end, every
# operation of the decider has this fault.
through() {
	local name=$1 operation
	for operation in RegisterActivityType StartWorkflowExecution \
		PollForDecisionTask RespondDecisionTaskCompleted \
		GetWorkflowExecutionHistory
	do
		# A decision task that was lost comes again, but late.
		[[ $operation/$2 == PollForDecisionTask/reset-after ||
			$operation/$2 == *Decision*/body ]] ||
			inject "$operation" "${@:2}"
	done
	submit_start "$name"
	take "$name"
	complete "$name" 'a result'
	submitted "$name"
	heal
	is "$status $(<"$work/$name.out")" "0 a result" "$name: it gets through"
	is "$(events "$name" | tr '\n' ' ')" "WorkflowExecutionStarted \
ActivityTaskScheduled ActivityTaskStarted ActivityTaskCompleted \
WorkflowExecutionCompleted " "and nothing was done twice"
}

# The first one registers what is missing, undisturbed.
submit_start first
take first
complete first x
submitted first

# Its decision task is lost with the answer that had it.  It goes on below.
inject PollForDecisionTask reset-after count=1
submit_start decision
applied() {
	[[ $(local_api GET faults | jq '.[0].applied') -ge $1 ]]
}
wait_for applied 1
# What goes wrong for the others is not for it.
kill -STOP "$(submit_pid decision)"
heal

through refused reset-before count=1
through lost reset-after count=1
through failing error500 count=2
through throttled throttle count=1
through foreign body 100 count=1

# A history that is not there yet, and a decision task that is late.
inject GetWorkflowExecutionHistory error UnknownResourceFault count=1
inject PollForDecisionTask delay-before 700ms count=1
submit_start new
wait_for applied 1
take new
complete new x
submitted new
heal
is "$status $(grep -c warning <<<"$log")" "0 0" \
	"the history of a new workflow may be late"

# ---- an outage ------------------------------------------------------------------

submit_start outage
take outage
wait_for logged outage 'started by'
inject '*' reset-before
wait_for logged outage 'warning: .*: it is tried again until it works' &&
	pass "that the service cannot be reached is said"
wait_for applied 4
is "$(warnings outage)" 1 "once, however often it is tried"
not_ok "and it is waited on" gone "$(submit_pid outage)"
heal
wait_for logged outage 'the service answers again' &&
	pass "so is that it is back"
complete outage 'after all'
submitted outage
is "$status $(<"$work/outage.out")" "0 after all" "and the result arrives"

# ---- a service that stands still, and one whose clock is off ------------------------

submit_start frozen
take frozen
kill -STOP "$service_pid"
kill -INT "$(submit_pid frozen)"
wait_for logged frozen 'asking for a cancel'
kill -CONT "$service_pid"
wait_for logged frozen 'cancel requested' &&
	pass "a cancel waits until the service runs again"
respond "$canceled" frozen
submitted frozen
is "$status" 3 "and takes effect"

inject '*' date 1h
# Not of the one that goes on below, which does not sign.
inject RegisterActivityType error InvalidSignatureException count=1
AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret \
	"$tend" submit --endpoint-url "$endpoint" --region eu-west-1 \
	--domain test --activity step:1 --workflow-id skew \
	--task-list work-skew >"$work/skew.out" 2>"$work/skew.err" &
lib_pids+=("$!")
echo "$!" >"$work/skew.pid"
take skew
complete skew x
submitted skew
heal
is "$status" 0 "a wrong clock is corrected, as by tend run"
like "$log" "clock of this host is 3[0-9]{3} s slow" "and said"

# ---- before anything was started --------------------------------------------------------

endpoint_was=$endpoint
"$swf_local" --port 0 --port-file "$work/two.port" >"$work/two.log" 2>&1 &
two=$!
lib_pids+=("$two")
wait_for test -s "$work/two.port"
lib_end "$two"
endpoint=http://127.0.0.1:$(<"$work/two.port")
submit_start nobody
wait_for logged nobody 'warning: RegisterActivityType: ' &&
	pass "a service that is not there is said before long"
kill -INT "$(submit_pid nobody)"
submitted nobody
is "$status" 130 "^C then ends it"
like "$log" 'stopped before anything was started' "nothing was started"
endpoint=$endpoint_was

# ---- the decision task that was lost, again ---------------------------------------------

kill -CONT "$(submit_pid decision)"
wait_for -t 60 logged decision scheduled
take decision
is "$(history decision | jq -r '.[].eventType |
	select(. == "DecisionTaskTimedOut")')" DecisionTaskTimedOut \
	"a decision task that was lost times out"
complete decision x
submitted decision
is "$status" 0 "and comes again"

# ---- an id that is taken ---------------------------------------------------------------

# Somebody else's of the same id is open, and the first answer got lost.  Its
# owner polls all the time: no decision task comes to whom it is not.
submit_start taken --input-text one
take taken
wait_for logged taken 'started by'
inject StartWorkflowExecution error500 count=1
submit_words thief --domain test --activity step:1 --workflow-id taken \
	--task-list work-taken --input-text two
tend_wait thief
heal
is "$status" 125 "an id that is taken is so too after a lost answer"
like "$(<"$work/thief.err")" "error: workflow taken is open already, and for \
something else.*workflow taken stays open; to take it up again: " \
	"which is said"
ok "with the run" grep -qF -- "--run-id $(<"$work/taken.run")" \
	"$work/thief.err"
inject StartWorkflowExecution error500 count=1
inject StartWorkflowExecution delay-before 500ms after=1
submit_words robber --domain test --activity step:1 --workflow-id taken \
	--task-list work-taken --input-text two
wait_for logged robber 'tried again'
kill -INT "$(submit_pid robber)"
tend_wait robber
heal
like "$status $(<"$work/robber.err")" "125 .*asking for a cancel.*for \
something else" "nor does ^C then"
is "$(events taken | grep Cancel)" "" "cancel what is not its own"
complete taken 'of one'
submitted taken
is "$status $(<"$work/taken.out")" "0 of one" "and that goes on undisturbed"

done_testing
