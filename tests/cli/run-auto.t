#!/bin/bash
# SPDX-License-Identifier: MIT
# --heartbeat-timeout auto: the task's timeouts are found, wherever they are.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start

get_history=GetWorkflowExecutionHistory
describe=DescribeActivityType
show='echo "T=$SWF_HEARTBEAT_TIMEOUT resume=$SWF_RESUME_DETAILS"'

# retry NAME HEARTBEAT: the same activity once more, after its time-out.
retry() {
	lib_decide "$1" "{\"decisionType\":\"ScheduleActivityTask\",
		\"scheduleActivityTaskDecisionAttributes\":{
		\"activityId\":\"$1\",
		\"activityType\":{\"name\":\"step\",\"version\":\"1\"},
		\"taskList\":{\"name\":\"work-$1\"},
		\"heartbeatTimeout\":\"$2\",\"startToCloseTimeout\":\"NONE\",
		\"scheduleToStartTimeout\":\"NONE\",
		\"scheduleToCloseTimeout\":\"NONE\"}}" && poll_task "$1"
}

# auto NAME [ARG]...: supervise, with what auto needs.
auto() {
	supervise "$1" --domain test -t auto "${@:2}"
}

auto_start() {
	supervise_start "$1" --domain test -t auto "${@:2}"
}

warnings() {
	grep -c warning: "$work/$1.err"
}

lib_register || bail "nothing registered"
has_types=
if swf RegisterActivityType '{"domain":"test","name":"defaults","version":"1",
	"defaultTaskHeartbeatTimeout":"9"}' && swf $describe '{"domain":"test",
	"activityType":{"name":"defaults","version":"1"}}' \
	>"$work/answer" 2>"$work/answer.err"; then
	has_types=yes
fi

# deny: neither operation is allowed.
deny() {
	inject $get_history error AccessDeniedException
	[[ -z $has_types ]] || inject $describe error AccessDeniedException
}

# ---- start-to-close ----------------------------------------------------------
# It takes its time; what comes of it is looked at further below.

new_task closing heartbeat=60 start_to_close=4
auto_start closing -- sh -c 'trap "exit 0" TERM; : >"$work/closing.up"
	while :; do sleep 0.02; done'
wait_for there closing.up

# ---- from the history --------------------------------------------------------

new_task known heartbeat=7
forget_calls
auto known -- sh -c "$show"
is "$(count_calls $get_history)" 1 "the history is asked for once"
is "$(count_calls $describe)" 0 "and the type not at all"
is "$status" 0 "the command runs"
is "$(outcome_field known result)" "T=7 resume=" \
	"and knows the timeout that the decision gave"
is "$(warnings known)" 0 "there is nothing to warn of"

new_task none heartbeat=NONE
auto none -- sh -c "$show"
is "$(outcome_field none result)" "T= resume=" "no timeout is none"

# Two attempts time out; the third one gets what the second had reached.
new_task again heartbeat=1
for details in first second; do
	swf RecordActivityTaskHeartbeat \
		"{\"taskToken\":\"$(token again)\",\"details\":\"$details\"}" \
		>"$work/answer"
	timed_out() {
		[[ $(history again | jq 'map(select(.eventType ==
			"ActivityTaskTimedOut")) | length') == "$1" ]]
	}
	if [[ $details == first ]]; then
		wait_for timed_out 1
		retry again 1
	else
		wait_for timed_out 2
	fi
done
retry again 60
auto again -- sh -c "$show"
is "$(outcome_field again result)" "T=60 resume=second" \
	"an attempt gets the last details of the one before"

# ---- start-to-close, the end -------------------------------------------------

ended closing
is "$status" 124 "a command is stopped before start-to-close ends"
is "$(outcome closing)" ActivityTaskFailed "and fails before SWF cuts it off"
is "$(outcome_field closing reason)" \
	"start-to-close timeout of 4s is about to end" "with a clear reason"
is "$(said closing .cause)" start-to-close "the outcome file says so"

# ---- the lease begins once the timeout is known ------------------------------

new_task late heartbeat=3
inject $get_history delay 1500ms count=1
auto_start late -k 100ms --log-level debug -- sh -c '
	echo "T=$SWF_HEARTBEAT_TIMEOUT"; exec sleep 1000'
wait_for contains "$work/late.out" T=
is "$(<"$work/late.out")" "T=" "the command does not wait for a late answer"
ok "which is not there yet" test -z \
	"$(grep 'debug: heartbeat timeout 3s' "$work/late.err")"
wait_for contains "$work/late.err" 'debug: heartbeat timeout 3s'
inject "$heartbeat" black-hole
ended late
heal
is "$status" 123 "once it is, the lease is enforced"
is "$(said late .cause)" lease-lost "as one that was given is"
wait_for is_closed late
is "$(outcome late)" ActivityTaskTimedOut "SWF had to end it"

# A stop request while the history is awaited.
new_task stop heartbeat=60
inject $get_history black-hole
forget_calls
auto_start stop -- sleep 1000
wait_for fault_applied
kill -TERM "$(<"$work/stop.pid")"
ended stop
heal
is "$status" 143 "a stop request ends the wait"
is "$(outcome_field stop reason)" "stopped: tend received SIGTERM" \
	"and is reported"

# ---- neither allowed nor known -----------------------------------------------

new_task denied heartbeat=5
deny
auto denied -- sh -c "$show"
heal
is "$(outcome_field denied result)" "T= resume=" \
	"without permission the command runs all the same"
is "$(grep -c 'warning: .*60s is guessed' "$work/denied.err")" 1 \
	"a guess is a warning, once"
ok "which names what was refused" grep -Eq \
	'DescribeActivityType: (AccessDenied|UnknownOp)' "$work/denied.err"

# Whatever becomes of the heartbeats, a guess kills nobody.
new_task guess heartbeat=NONE
deny
auto_start guess -i 200ms -- sh -c ': >"$work/guess.up"
	until [ -e "$work/guess.go" ]; do sleep 0.02; done'
wait_for there guess.up
inject "$heartbeat" error500
wait_for called -n 4 "$heartbeat" '.outcome != "ok"'
: >"$work/guess.go"
ended guess
heal
is "$(outcome guess)" ActivityTaskCompleted "a guess kills nobody"

# ---- from the type -----------------------------------------------------------

if [[ -n $has_types ]]; then
	new_task typed heartbeat=5
	sed -i 's/"step"/"defaults"/' "$work/typed.task"
	inject $get_history error AccessDeniedException
	auto typed -- sh -c "$show"
	heal
	is "$(outcome_field typed result)" "T=9 resume=" \
		"else it is the default of the activity type"
	is "$(warnings typed)" 0 "which is no guess"
else
	skip "this swf-local describes no types" "the type's default"
fi

done_testing
