#!/bin/bash
# SPDX-License-Identifier: MIT
# tend try: exits as tend run, and tells what SWF has seen.

. "${TEND_SOURCE:?}/tests/cli/try.sh"

# name | status | the event that closed the task | options and command
table='
true      | 0   | ActivityTaskCompleted | true
three     | 3   | ActivityTaskFailed +reason: exit status 3 | sh -c "exit 3"
ok        | 3   | ActivityTaskCompleted | --ok-exit 0,3 -- sh -c "exit 3"
signal    | 139 | ActivityTaskFailed +reason: killed by SIGSEGV.* | sh -c "kill -SEGV \$\$"
missing   | 127 | ActivityTaskFailed +reason: cannot execute nonesuch: .* | nonesuch
directory | 126 | ActivityTaskFailed +reason: cannot execute /: .* | /
result    | 0   | ActivityTaskCompleted +result: b | printf "a\nb\n"
stderr    | 1   | ActivityTaskFailed +reason: exit status 1, details: stderr: oh | sh -c "echo oh >&2; exit 1"
stalled   | 124 | ActivityTaskFailed +reason: no progress for 500ms.* | --stall-timeout 0.5 -- sleep 60
limit     | 124 | ActivityTaskFailed +reason: time limit of 500ms exceeded | --time-limit 0.5 -- sleep 60
cancel    | 143 | ActivityTaskCanceled +details: up | --cancel-after 0.3 -i 0.1 -- sh -c "echo up; exec sleep 60"
obeys     | 0   | ActivityTaskCanceled | --cancel-after 0.3 -i 0.1 -- sh -c "trap \"exit 0\" TERM; while :; do sleep 0.05; done"
ignores   | 137 | ActivityTaskCanceled | --cancel-after 0.3 -i 0.1 -k 0.3 -- sh -c "trap : TERM; while :; do sleep 0.05; done"
early     | 0   | ActivityTaskCompleted | --cancel-after 60 -- true
lost      | 123 | ActivityTaskTimedOut +START_TO_CLOSE, details: up | --lose-after 1 -i 0.1 --time-limit 20 -- sh -c "echo up; exec sleep 60"
no-lease  | 0   | ActivityTaskScheduled +command | -t none -- true
lease     | 0   | ActivityTaskScheduled +command, heartbeat timeout 60s | -t 1m -- true
input     | 0   | ActivityTaskCompleted +result: hello | --input-text hello -- cat
input-no  | 0   | ActivityTaskCompleted +result: 0 | --input none -- wc -c
'

while IFS='|' read -r name want event command; do
	name=${name// /}
	[[ -n $name ]] || continue
	eval "try $name ${command}" </dev/null
	is "$status" $((want)) "$name: exit status"
	event=${event# }
	ok "$name: the history has ${event% }" told "$name" "${event% }"
done <<<"$table"

like "$(<"$work/cancel.err")" 'SWF answers: cancel requested' \
	"the heartbeat that is answered so is told"
ok "the request is in the history" told cancel WorkflowExecutionCancelRequested
ok "and what its decider made of it" \
	told cancel "ActivityTaskCancelRequested +command"

try outcome --outcome "$work/outcome" -- sh -c 'exit 4'
is "$(jq -r '"\(.outcome) \(.exitStatus)"' "$work/outcome")" "failed 4" \
	"the options of tend run hold: --outcome"

# shellcheck disable=SC2016 # it is for the command's shell
try variables --input-text x --input file -- sh -c \
	'echo "$SWF_DOMAIN $SWF_ACTIVITY_NAME $SWF_HEARTBEAT_TIMEOUT"
	cat "$SWF_INPUT_FILE"; env | grep -c ^TEND_'
is "$(<"$work/variables.out")" $'tend-try command 10\nx0' \
	"the command has the variables of its task, and none of tend's"

done_testing
