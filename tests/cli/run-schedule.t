#!/bin/bash
# SPDX-License-Identifier: MIT
# When heartbeats are sent, and what they say.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start

# gaps NAME: seconds from one heartbeat's arrival to the next.
gaps() {
	calls "$heartbeat" ".activityId == \"$1\"" |
		jq -sc 'map(.arrived) | [.[1:], .[:-1]] | transpose |
			map((.[0] - .[1]) / 1000)'
}

# ---- the first heartbeat -----------------------------------------------------

new_task first
supervise first -t 60s -- sh -c 'date +%s.%N >"$work/first.at"'
is "$(count_beats first)" 1 "a short task has one heartbeat"
ok "before the command is started" jq -ne \
	"$(calls "$heartbeat" '.activityId == "first"' | jq .wall) < \
	$(<"$work/first.at") * 1000"
is "$(beats first)" null "with nothing to say"

# ---- chatty and quiet commands -----------------------------------------------

# Hundreds of thousands of lines cost one call per period.
new_task chatty
supervise chatty -t 60s -i 500ms --progress lines -- bash -c '
	end=$((SECONDS + 2))
	while ((SECONDS < end)); do seq 1 20000; done; echo last' >/dev/null
sum=$(wc -l <"$work/chatty.out")
beats=$(count_beats chatty)
span=$(gaps chatty | jq add)
ok "$sum lines cost no more than a call per period ($beats in $span s)" \
	jq -ne "$beats <= 2 + $span / 0.45"
ok "and no fewer than one in two" jq -ne "$beats >= 3"
is "$(outcome_field chatty result)" last "the last line is the result"

new_task quiet
supervise_start quiet -t 60s -i 100ms -- sh -c '
	until [ -e "$work/quiet.go" ]; do sleep 0.02; done'
ok "a quiet command has heartbeats all the same" wait_for beaten quiet 5
ok "at the interval or up to a tenth earlier" \
	jq -ne "$(gaps quiet) | add / length > 0.08"
is "$(beats quiet | sort -u)" null "with nothing to say"
: >"$work/quiet.go"
ended quiet
is "$status" 0 "silence is not a hang"

# ---- the details -------------------------------------------------------------

new_task once
supervise_start once -t 60s -i 50ms -- sh -c 'echo half
	until [ -e "$work/once.go" ]; do sleep 0.02; done'
wait_for has_beaten once half
so_far=$(count_beats once)
wait_for beaten once $((so_far + 4))
is "$(beats once | tail -n 4 | sort -u)" '"half"' \
	"every heartbeat repeats the newest details"
: >"$work/once.go"
ended once

# SWF keeps them when a task times out.
new_task wiped heartbeat=3
supervise_start wiped -t none -i 200ms -- sh -c 'echo half; exec sleep 1000'
wait_for has_beaten wiped half
so_far=$(count_beats wiped)
wait_for beaten wiped $((so_far + 2))
kill -KILL "$(<"$work/wiped.pid")"
wait "$(<"$work/wiped.pid")" 2>/dev/null
timed_out() {
	[[ $(outcome wiped) == ActivityTaskTimedOut ]]
}
wait_for timed_out
is "$(outcome_field wiped details)" half \
	"a keep-alive does not wipe them: they are in the timeout"

new_task burst
supervise burst -t 60s -- sh -c '
	i=0; while [ $i -lt 100 ]; do i=$((i + 1)); echo line $i; done; exit 1'
ok "a hundred lines and a failure: two heartbeats at most" \
	test "$(count_beats burst)" -le 2
like "$(outcome_field burst details)" '^line 100' \
	"the last line is in the failure"

new_task unended
supervise unended -t 60s -- sh -c 'printf "%s\n" one; printf 100; exit 1'
is "$(outcome_field unended details)" 100 "also one without a line end"

# ---- no heartbeat timeout ----------------------------------------------------

new_task none heartbeat=NONE
supervise_start none -i 50ms -- sh -c ': >"$work/none.up"; exec sleep 1000'
wait_for there none.up
cancel_task none
ended none
is "$(outcome none)" ActivityTaskCanceled \
	"without a heartbeat timeout cancellations still arrive"

# ---- slow answers ------------------------------------------------------------

# They do not stretch the period, and the lease holds.
new_task slow heartbeat=8
inject "$heartbeat" delay-before 0.8 after=1
supervise_start slow -t 8s -i 1 -- sh -c '
	until [ -e "$work/slow.go" ]; do sleep 0.02; done'
wait_for beaten slow 4
: >"$work/slow.go"
ended slow
heal
is "$status" 0 "answers that take a tenth of the timeout"
ok "the period is from send to send" \
	jq -ne "$(gaps slow) | .[1:] | add / length < 1.5"

# ---- an interval that a single failure could turn fatal ----------------------

new_task hasty
supervise hasty -t 10s -i 9s -- true
like "$(<"$work/hasty.err")" 'warning: a heartbeat interval of 9s .* is used' \
	"an interval with no time for a second try is shortened, with a warning"

done_testing
