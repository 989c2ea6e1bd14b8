#!/bin/bash
# SPDX-License-Identifier: MIT
# Telling SWF how it ended, when that is not easy.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start

# ---- applied, but the answer is lost -----------------------------------------

new_task lost
inject "$completed" reset-after count=1
supervise lost -t 60s -- sh -c 'echo result'
heal
is "$status" 0 "the answer to Completed is lost: the command's own status"
is "$(outcome lost)" ActivityTaskCompleted "SWF has it"
is "$(said lost '"\(.outcome) \(.delivered)"')" "completed assumed" \
	"the outcome file says that it is assumed"

new_task lostfail
inject "$failed" reset-after count=1
supervise lostfail -t 60s -- sh -c 'exit 9'
heal
is "$status" 9 "the answer to Failed is lost: the command's own status"
is "$(said lostfail .delivered)" assumed "assumed delivered"

new_task silent
inject "$completed" delay 20 count=1
supervise silent -t 4s -- sh -c 'echo result'
heal
is "$status" 0 "an answer that does not come in time is the same"
is "$(said silent .delivered)" assumed "assumed delivered"

# ---- not applied -------------------------------------------------------------

new_task early
inject "$completed" reset-before count=1
supervise early -t 60s -- sh -c 'echo result'
heal
is "$status" 0 "a connection that breaks before: it is told again"
is "$(said early .delivered)" yes "and taken"
is "$(outcome early)" ActivityTaskCompleted "SWF has it"

# ---- errors and throttling while heartbeats go on ----------------------------

forget_calls
new_task outage heartbeat=4
inject "$completed" error500 count=2
inject "$completed" throttle count=1
supervise_start outage -t 4s -i 150ms -- sh -c 'echo result'
ended outage
heal
is "$status" 0 "500s and throttling: the outcome is told until it is taken"
is "$(said outage .delivered)" yes "the outcome file says so"
is "$(outcome_field outage result)" result "SWF has the result"
read -r first last < <(calls "$completed" |
	jq -rs 'map(.arrived) | "\(min) \(max)"')
during=$(count_calls "$heartbeat" ".arrived > $first and .arrived < $last")
ok "heartbeats go on meanwhile ($during)" test "$during" -ge 2

# The whole service is gone for a while, and longer than one attempt.
new_task down heartbeat=6
supervise_start down -t 6s -i 500ms -- sh -c '
	until [ -e "$work/down.go" ]; do sleep 0.02; done; exit 4'
wait_for beaten down 2
inject '*' reset-before
: >"$work/down.go"
wait_for fault_applied
wait_for contains "$work/down.err" 'report failed'
heal
ended down
is "$status" 4 "the service is away when the command ends"
is "$(outcome_field down reason)" "exit status 4" "it is told when it is back"

# ---- impossible --------------------------------------------------------------

new_task never
inject '*' error500 after=1
supervise never -t none --report-timeout 1s -- sh -c 'exit 255'
heal
is "$status" 255 "an outcome that cannot be told: still the command's status"
is "$(said never '"\(.outcome) \(.delivered)"')" "failed unknown" \
	"the outcome file says so"
ok "and the log, as an error" contains "$work/never.err" 'SWF did not confirm it'
is "$(outcome never)" "" "SWF does not know"

new_task denied
inject "$completed" error AccessDeniedException
supervise denied -t 60s -- sh -c 'echo result'
heal
is "$status" 0 "a refusal for good: still the command's status"
is "$(said denied .delivered)" refused "the outcome file says so"

new_task overtaken
supervise_start overtaken -t 60s -i 30s -- sh -c '
	until [ -e "$work/overtaken.go" ]; do sleep 0.02; done'
wait_for beaten overtaken 1
terminate overtaken
: >"$work/overtaken.go"
ended overtaken
is "$status" 123 "SWF has closed the task before the report: 123"
is "$(said overtaken '"\(.outcome) \(.cause) \(.exitStatus)"')" "none gone 0" \
	"the outcome file says so"

# ---- texts that SWF does not take --------------------------------------------

new_task invalid
inject "$failed" error ValidationException count=1
supervise invalid -t 60s -- sh -c 'echo half; echo oops >&2; exit 2'
heal
is "$status" 2 "an outcome that SWF finds invalid"
is "$(outcome invalid)" ActivityTaskFailed "is answered once more"
is "$(outcome_field invalid reason)" "exit status 2" "with the least text"
is "$(outcome_field invalid details)" "" "and no details"

new_task stubborn
inject "$completed" error ValidationException
supervise stubborn -t 60s -- sh -c 'echo result'
heal
is "$status" 0 "one that is invalid even so"
is "$(count_calls "$completed" '.activityId == "stubborn" or
	.outcome == "ValidationException"')" 2 "is not tried for ever"
is "$(said stubborn .delivered)" refused "the outcome file says so"

# ---- a heartbeat in flight when the command ends -----------------------------

new_task flight
inject "$heartbeat" delay 1 after=1
supervise_start flight -t 60s -i 50ms -- sh -c '
	until [ -e "$work/flight.go" ]; do sleep 0.02; done; echo result'
wait_for beaten flight 2
: >"$work/flight.go"
ended flight
heal
is "$status" 0 "a heartbeat is in flight when the command ends"
is "$(outcome flight)" ActivityTaskCompleted "it is completed"
is "$(said flight .delivered)" yes "and taken"
reported=$(reports flight | jq .answered)
late=$(calls "$heartbeat" \
	".activityId == \"flight\" and .arrived > $reported" | wc -l)
is "$late" 0 "no heartbeat is sent after the report"

new_task gone
inject "$heartbeat" delay-before 1 after=1
supervise_start gone -t 60s -i 50ms -- sh -c '
	until [ -e "$work/gone.go" ]; do sleep 0.02; done; echo result'
wait_for beaten gone 2
: >"$work/gone.go"
ended gone
heal
is "$status" 0 "a late heartbeat that finds the task gone is no loss"
is "$(said gone '"\(.outcome) \(.delivered)"')" "completed yes" \
	"the outcome stands"

# ---- no connection -----------------------------------------------------------

# From here on there is only somebody who takes no connection in its place.
new_task nobody heartbeat=4
background /usr/bin/python3 "$top/tests/cli/peer.py" "$work" \
	"port=${endpoint##*:}" full
supervise_start nobody -t 4s -k 0 -- sh -c '
	: >"$work/nobody.up"
	until [ -e "$work/nobody.go" ]; do sleep 0.02; done; echo result'
wait_for there nobody.up
kill -KILL "$service_pid"
wait "$service_pid" 2>/dev/null
wait_for test -s "$work/full.port" || bail "no peer"
: >"$work/nobody.go"
ended nobody
is "$status" 123 "no report has ever had a connection: the task is lost"
is "$(said nobody '"\(.outcome) \(.delivered) \(.exitStatus)"')" "none no 0" \
	"the outcome file does not assume anything"
ok "the log says so" contains "$work/nobody.err" 'report failed.*no connection'

done_testing
