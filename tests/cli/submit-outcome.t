#!/bin/bash
# SPDX-License-Identifier: MIT
# tend submit: every way in which an activity can end, what is said of it and
# what the exit status is; that the result is on stdout to the byte; that many
# do not get in each other's way.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/submit.sh"
service_start

# ---- the first one, whose worker does not come for 10 s -----------------------
# It goes on below, when the others are done.

submit_start late
wait_for logged late scheduled
is "$(cut -d ' ' -f 2- "$work/late.err")" "domain test was missing and is \
registered
activity type step:1 was missing and is registered
workflow late started in domain test
scheduled step:1 on task list 'work-late'" "a fresh service needs no set-up"

# ---- completed -----------------------------------------------------------------

submit_start good --input-text 'line 1
line "2" €'
take good
is "$(jq -r .input "$work/good.task")" 'line 1
line "2" €' "the worker gets the input"
wait_for logged good 'started by worker-good' &&
	pass "that a worker has started is said while it works"
complete good 'a result'
submitted good
is "$status" 0 "completed: exit status 0"
is "$(xxd -p "$work/good.out")" "$(printf 'a result' | xxd -p)" \
	"the result is on stdout, with no line end added"
is "$(cut -d ' ' -f 2- <<<"$log")" "workflow good started in domain test
scheduled step:1 on task list 'work-good'
started by worker-good
completed" "its life is on stderr"
is "$(events good | tr '\n' ' ')" "WorkflowExecutionStarted \
ActivityTaskScheduled ActivityTaskStarted ActivityTaskCompleted \
WorkflowExecutionCompleted " "SWF has no event more than that"
is "$(history good | jq -r '.[0].workflowExecutionStartedEventAttributes |
	.childPolicy, .taskList.name, .workflowType.name, .tagList[0]')" \
	"TERMINATE
tend-submit.good
tend-submit
step" "the execution is one of tend submit's"
is "$(history good | jq -r '.[] | .activityTaskScheduledEventAttributes |
	select(.) | .heartbeatTimeout, .startToCloseTimeout,
	.scheduleToStartTimeout, .scheduleToCloseTimeout' | sort -u)" NONE \
	"all timeouts are the type's, and that has none"

# byte_exact NAME RESULT
byte_exact() {
	submit_start "$1"
	take "$1"
	complete "$1" "$2"
	submitted "$1"
	printf %s "$2" >"$work/want"
	ok "a result is passed on to the byte: $1" cmp "$work/$1.out" "$work/want"
}

byte_exact lines $'one\n\n  two\t\x01\x7f \xe2\x82\xac \xf0\x9f\x98\x80\n'
byte_exact long "$(printf '%032768d' 7)"
byte_exact empty ''

submit_start nothing
take nothing
respond "$completed" nothing
submitted nothing
is "$status $(wc -c <"$work/nothing.out")" "0 0" "a task may have no result"

submit_start shut
take shut
complete shut 'a result'
submitted shut
"$tend" submit --endpoint-url "$endpoint" --no-sign-request --domain test \
	--attach shut --run-id "$(<"$work/shut.run")" \
	>/dev/full 2>"$work/full.err"
is "$? $(tail -n 1 "$work/full.err")" "125 tend: error: the result cannot be \
written to stdout: No space left on device" \
	"a result that cannot be written is an error"

# ---- by a real worker -----------------------------------------------------------

submit_start real --heartbeat-timeout 60s --input-text 'from here'
take real
cp "$work/real.task" "$work/worker1.task"
tend_run worker1 --heartbeat-timeout 60s -- sh -c 'cat; echo; echo there'
submitted real
is "$status $(<"$work/real.out")" "0 there" "tend run can be the worker"
is "$(history real | jq -r '.[] | .activityTaskScheduledEventAttributes |
	select(.) | .heartbeatTimeout')" 60 "the heartbeat timeout is set"

# ---- failed ---------------------------------------------------------------------

submit_start bad
take bad
cp "$work/bad.task" "$work/worker2.task"
tend_run worker2 --heartbeat-timeout 60s -- sh -c 'echo 42%; echo boom >&2; exit 3'
submitted bad
is "$status $(<"$work/bad.out")" "1 " "failed: exit status 1, nothing on stdout"
is "$(tail -n 5 <<<"$log" | sed 's/ $//')" "tend: error: failed: exit status 3
tend: error: | 42%
tend: error: |
tend: error: | stderr:
tend: error: | boom" "reason and details are on stderr"
is "$(closed bad)" WorkflowExecutionFailed "the workflow has failed too"

submit_start evil
take evil
respond "$failed" evil reason $'\e[2Jx' details $'a\rb\e]0;t\a'
submitted evil
unlike "$log" $'\e|\r|\a' "what a worker says cannot play with the terminal"

# ---- timed out ------------------------------------------------------------------

submit_start mute --heartbeat-timeout 3s
take mute
respond "$heartbeat" mute details 7/20 >/dev/null
submit_start slow --start-to-close 1s
take slow
submit_start unwanted --schedule-to-start 1s
submit_start both --schedule-to-close 1s
submit_start limited --time-limit 1s
submitted mute
is "$status" 4 "no heartbeat: exit status 4"
is "$(tail -n 2 <<<"$log")" "tend: error: timed out: no heartbeat for as long \
as the heartbeat timeout
tend: error: | 7/20" "with the last heartbeat's details"
is "$(closed mute)" WorkflowExecutionFailed "the workflow has failed"
for name in slow unwanted both limited; do
	submitted "$name"
	is "$status" 4 "timed out: exit status 4: $name"
done
like "$log" 'timed out: the time limit of the workflow' \
	"the time limit is the execution's"

# ---- terminated, canceled by others ----------------------------------------------

submit_start ended
take ended
swf TerminateWorkflowExecution '{"domain":"test","workflowId":"ended",
	"reason":"enough","details":"of it"}'
submitted ended
is "$status" 5 "terminated: exit status 5"
is "$(tail -n 2 <<<"$log")" "tend: error: terminated: enough
tend: error: | of it" "with reason and details"

submit_start told
take told
swf RequestCancelWorkflowExecution '{"domain":"test","workflowId":"told"}'
wait_for logged told 'cancel requested'
wait_for called RespondDecisionTaskCompleted '.workflowId == "told"'
respond "$canceled" told details 'half done'
submitted told
is "$status" 3 "canceled: exit status 3"
is "$(tail -n 2 <<<"$log")" "tend: warning: canceled
tend: warning: | half done" "with the details"
is "$(closed told)" WorkflowExecutionCanceled "and the workflow is canceled"

# ---- tried again -----------------------------------------------------------------

submit_start again --retries 2 --heartbeat-timeout 1s --input-text in
take again
first=$(jq -r .activityId "$work/again.task")
respond "$heartbeat" again details 'file 7' >/dev/null
wait_for logged again 'attempt 2 of 3'
take again
is "$(jq -r '.activityId, .input' "$work/again.task")" "$first
in" "another attempt has the same id and input"
is "$(history again | jq -r '[.[] | .activityTaskTimedOutEventAttributes |
	select(.)] | last | .details')" 'file 7' \
	"and finds where the one before it was in the history"
respond "$failed" again reason 'exit status 9'
wait_for logged again 'attempt 3 of 3'
take again
complete again third
submitted again
is "$status $(<"$work/again.out")" "0 third" "until one completes"
like "$log" 'timed out: no heartbeat.*, attempt 1 of 3; it is tried again' \
	"what became of the others is said"

submit_start worn --retries 1
take worn
respond "$failed" worn reason one
wait_for logged worn 'attempt 2 of 2'
take worn
respond "$failed" worn reason two
submitted worn
is "$status $(tail -n 1 <<<"$log")" \
	"1 tend: error: failed: two, attempt 2 of 2" "or none is left"
is "$(events worn | grep -c Scheduled)" 2 "no more often than was said"

# ---- many at once ------------------------------------------------------------------

names=(many{1..6})
for name in "${names[@]}"; do
	submit_start "$name"
done
for name in "${names[@]}"; do
	take "$name"
	complete "$name" "result of $name" &
done
wrong=
for name in "${names[@]}"; do
	submitted "$name"
	[[ $status == 0 && $(<"$work/$name.out") == "result of $name" ]] ||
		wrong+="$name: $status "
done
is "$wrong" "" "six at once do not take each other's decisions"

# ---- the first one again ------------------------------------------------------------

wait_for -t 15 logged late 'no worker' &&
	pass "that no worker comes is said after 10 s"
is "$(grep -c 'no worker' "$work/late.err")" 1 "once"
is "$(tail -n 1 "$work/late.err")" "tend: warning: no worker has taken it for \
10s: is one polling task list 'work-late' in domain 'test'?" \
	"with the task list"
take late
complete late 'better late'
submitted late
is "$status $(<"$work/late.out")" "0 better late" "and it is waited on"
unlike "$(cat "$work"/{good,bad,again}.err)" 'no worker' \
	"nothing is said where one comes in time"

done_testing
