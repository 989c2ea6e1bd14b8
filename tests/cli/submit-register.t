#!/bin/bash
# SPDX-License-Identifier: MIT
# tend submit: what is missing is registered, and only that; a permission that
# lacks is named; what cannot be started or scheduled is an error that says why.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/submit.sh"
service_start

denied=AccessDeniedException

# refused NAME ERE [ARG]...: tend submit ends with 125, and its last line
# matches.
refused() {
	local name=$1 ere=$2
	shift 2
	submit "$name" "$@"
	log=$(<"$work/$name.err")
	if [[ $status == 125 && $(tail -n 1 <<<"$log") =~ $ere &&
		! -s $work/$name.out ]]
	then
		pass "$name"
		return
	fi
	fail "$name"
	diag "exit status $status, want 125; want a last line that matches $ere"
	diag "$log"
}

# registered: what was asked to be registered, since the last time.
registered() {
	local_api GET calls | jq -r '.calls[] | select(.operation |
		startswith("Register")) | .operation' | tail -n +$((seen + 1))
}

# Since now.
seen=0
forget() {
	seen=$(local_api GET calls | jq '[.calls[] | select(.operation |
		startswith("Register"))] | length')
}

# ---- nothing may be registered on a fresh service -------------------------------

remedy='register it, or leave --no-register out'
refused no-register \
	"StartWorkflowExecution: UnknownResourceFault: .*: test: $remedy\$" \
	--no-register
is "$(registered)" "" "--no-register registers nothing"

inject RegisterDomain error $denied
refused no-domain "^tend: error: RegisterDomain: $denied: .*IAM policy.*\(swf:RegisterDomain\)\$"
heal
inject RegisterDomain error OperationNotPermittedFault
refused not-permitted 'RegisterDomain: OperationNotPermittedFault: .*\(swf:RegisterDomain\)$'
heal

swf RegisterDomain '{"name":"test","workflowExecutionRetentionPeriodInDays":"1"}'
inject RegisterWorkflowType error $denied
refused no-workflow-type "RegisterWorkflowType: $denied: .*\(swf:RegisterWorkflowType\)\$"
heal

# The activity type cannot be registered, and that it is missing turns out
# when it is scheduled.
swf RegisterWorkflowType '{"domain":"test","name":"tend-submit","version":"1"}'
inject RegisterActivityType error $denied
refused no-activity-type "the activity type is missing and could not be \
registered: RegisterActivityType: $denied: .*\(swf:RegisterActivityType\)\$" \
	--activity step:2
like "$log" 'failed: cannot be scheduled: ACTIVITY_TYPE_DOES_NOT_EXIST' \
	"what SWF says is told too"
heal
refused absent "the activity type is missing: $remedy\$" \
	--activity step:3 --no-register

# ---- no permission is needed for what is there ------------------------------------

swf RegisterActivityType '{"domain":"test","name":"step","version":"1"}' \
	2>/dev/null
for operation in RegisterDomain RegisterWorkflowType RegisterActivityType; do
	inject "$operation" error $denied
done
forget
submit_start bare
take bare
complete bare x
submitted bare
is "$status" 0 "all is there: no permission to register is needed"
is "$(registered)" RegisterActivityType "and little is asked"
unlike "$log" 'denied|registered' "nor said"
heal

# ---- what the type has holds where nothing is said ----------------------------------

swf RegisterActivityType '{"domain":"test","name":"own","version":"1",
	"defaultTaskList":{"name":"own-list"},
	"defaultTaskHeartbeatTimeout":"71",
	"defaultTaskStartToCloseTimeout":"72",
	"defaultTaskScheduleToStartTimeout":"73",
	"defaultTaskScheduleToCloseTimeout":"74"}'
swf RegisterActivityType '{"domain":"test","name":"poor","version":"1"}'

# scheduled_as NAME [ARG]...: list and timeouts that its task has.
scheduled_as() {
	local name=$1
	shift
	submit_words "$name" --domain test --workflow-id "$name" "$@"
	wait_for logged "$name" scheduled || return
	calls StartWorkflowExecution ".workflowId == \"$name\"" |
		jq -r .runId >"$work/$name.run"
	history "$name" | jq -r '[.[] |
		.activityTaskScheduledEventAttributes | select(.)] | last |
		.taskList.name, .heartbeatTimeout, .startToCloseTimeout,
		.scheduleToStartTimeout, .scheduleToCloseTimeout' | tr '\n' ' '
	terminate "$name"
}

is "$(scheduled_as typed --activity own:1)" "own-list 71 72 73 74 " \
	"timeouts and task list are the type's"
is "$(scheduled_as told --activity own:1 --task-list here -t 1m \
	--start-to-close 2m --schedule-to-start 3m --schedule-to-close none)" \
	"here 60 120 180 NONE " "unless something else is said"
is "$(scheduled_as poor --activity poor:1)" "default NONE NONE NONE NONE " \
	"where the type has none, they are none"
is "$(scheduled_as new --activity new:1)" "default NONE NONE NONE NONE " \
	"so they are of a type that is registered here"
unlike "$(<"$work/poor.err")" 'failed|UNDEFINED' "nothing of that is said"

# ---- other refusals -------------------------------------------------------------------

submit_start open
wait_for logged open scheduled
forget
refused open 'workflow open is open already; --attach takes it up$'
terminate open 2>/dev/null
swf TerminateWorkflowExecution '{"domain":"test","workflowId":"open"}' \
	2>/dev/null

inject StartWorkflowExecution error $denied
refused no-start "StartWorkflowExecution: $denied: .*\(swf:StartWorkflowExecution\)\$"
heal
inject StartWorkflowExecution error ExpiredTokenException \
	'message=The token has expired'
refused expired 'ExpiredTokenException: The token has expired: get new credentials'
heal

for operation in PollForDecisionTask RespondDecisionTaskCompleted \
	GetWorkflowExecutionHistory
do
	inject "$operation" error $denied
	refused "no-$operation" "workflow no-$operation stays open; to take it up \
again: tend submit .*--attach no-$operation --run-id " --retries 1
	like "$log" "$operation: $denied: .*\(swf:$operation\)" \
		"$operation: the permission that lacks is named"
	heal
done

submit_start uncancelable
take uncancelable
inject RequestCancelWorkflowExecution error $denied
kill -INT "$(submit_pid uncancelable)"
wait_for logged uncancelable 'the cancel was refused: .*\(swf:RequestCancel' &&
	pass "a cancel that is refused is said"
heal
complete uncancelable 'x'
submitted uncancelable
is "$status" 0 "and the workflow waited for all the same"

done_testing
