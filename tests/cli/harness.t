#!/bin/bash
# SPDX-License-Identifier: MIT
# The harness of these tests against swf-local, without tend: what it says
# about a task is what the service has.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
service_start

new_task one input='two words' heartbeat=60
is "$(jq -r .input "$work/one.task")" "two words" "a task carries its input"
is "$(jq -r .activityId "$work/one.task")" one "and its name"
isnt "$(token one)" "" "and a token"
is "$(outcome one)" "" "a new task has no outcome"
not_ok "and is not closed" is_closed one

beat() {
	swf RecordActivityTaskHeartbeat "$(jq -nc --arg token "$(token "$1")" \
		'{taskToken: $token, details: "half"}')"
}
is "$(beat one | jq .cancelRequested)" false "nobody asked to cancel it"
ok "cancel_task is taken" cancel_task one
is "$(beat one | jq .cancelRequested)" true "the next heartbeat says so"

ok "it can be answered" swf RespondActivityTaskCanceled "$(jq -nc \
	--arg token "$(token one)" '{taskToken: $token, details: "gone"}')"
is "$(outcome one)" ActivityTaskCanceled "the outcome is in the history"
is "$(outcome_field one details)" gone "with its details"
is "$(outcome_field one reason)" "" "and without what it has not"
not_ok "a second answer is a fault" swf RespondActivityTaskCompleted \
	"$(jq -nc --arg token "$(token one)" '{taskToken: $token}')"

new_task two
ok "a second task in the same service" test -s "$work/two.token"
ok "an execution can be closed under it" terminate two
not_ok "its heartbeat is then a fault" beat two

ok "wait_for sees what is there" wait_for test -d "$work"
not_ok "and gives up in time" wait_for -t 0 false
background sleep 100
not_ok "what runs is not gone" gone "$pid"
# A signal that comes between fork and exec may be lost in the shell's child.
wait_for grep -qx sleep "/proc/$pid/comm"
kill "$pid"
ok "what was killed is" wait_for gone "$pid"

ok "the service ends when told" service_stop
ok "and has gone" gone "$service_pid"

done_testing
