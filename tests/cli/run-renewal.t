#!/bin/bash
# SPDX-License-Identifier: MIT
# Credentials that have to be asked for: what waits for them, and what becomes
# of a task when they are refused.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start
. "$top/tests/cli/renewal.sh"

# ---- the first ones ----------------------------------------------------------

new_task first
before=$(asked)
renewal_start first -- true
ok "the metadata service is asked at once" wait_for asked_more_than "$before"
is "$(beats first)" 0 "without credentials nothing is sent"
ok "nor is the command started" test -z "$(command_of "$pid")"
gives AKIDFIRST
tend_wait first
is "$status" 0 "they come late, and all goes well"
is "$(outcome first)" ActivityTaskCompleted "which SWF has"
unlike "$(<"$work/first.err")" 'hushhush|sessiontoken' "no secret is logged"
unlike "$(<"$work/first.err")" 'warning|error' "and no trouble"

new_task stopped
says hang
before=$(asked)
renewal_start stopped --stop-deadline 3s -- touch "$work/started"
wait_for asked_more_than "$before"
kill "$pid"
tend_wait stopped
is "$status" 143 "told to stop while it waits for them: it stops"
ok "and has started nothing" test ! -e "$work/started"

new_task refused
says 404
renewal_start refused -- touch "$work/started"
"$tend" worker --endpoint-url "$endpoint" --domain test --task-list nowhere \
	-- true >"$work/poll.out" 2>"$work/poll.err"
is "$?" 125 "a source that refuses for good is the end of a worker"
like "$(<"$work/poll.err")" 'cannot poll nowhere: container at .*404' \
	"which says why"
tend_wait refused
is "$status" 125 "and of a run"
ok "nothing is started" test ! -e "$work/started"
like "$(<"$work/refused.err")" \
	"container at $AWS_CONTAINER_CREDENTIALS_FULL_URI.*404" \
	"who refused is named"

# ---- refused by SWF ----------------------------------------------------------

gives AKIDOLD
new_task beat
renewal_start beat -t 6s -i 200ms -- \
	sh -c 'while [ ! -e "$0" ]; do sleep 0.05; done' "$work/beat.done"
wait_for beats_reach beat 2
before=$(asked)
gives AKIDNEW
expired RecordActivityTaskHeartbeat 0
ok "keys that expire: newer ones are asked for" \
	wait_for asked_more_than "$before"
now=$(beats beat)
ok "and heartbeats go on" wait_for beats_reach beat $((now + 2))
: >"$work/beat.done"
tend_wait beat
is "$status" 0 "to the end of the command"
is "$(asked)" $((before + 1)) "it was asked once for that"
unlike "$(<"$work/beat.err")" 'heartbeat failed' "no heartbeat has failed"
unlike "$(<"$work/beat.err")" 'warning' "and nobody had to know"

for operation in Completed Failed; do
	name=respond$operation
	gives "AKID$operation"
	new_task "$name"
	expired "RespondActivityTask$operation" 0
	renewal_start "$name" -- sh -c 'while [ ! -e "$0" ]; do sleep 0.02
		done; [ "$1" = Completed ]' "$work/$name.done" "$operation"
	wait_for contains "$work/$name.err" "AKID$operation,"
	gives "AKIDNEW$operation"
	: >"$work/$name.done"
	tend_wait "$name"
	is "$(outcome "$name")" "ActivityTask$operation" \
		"Respond*$operation is refused once, and told all the same"
	unlike "$(<"$work/$name.err")" 'warning' "at the first attempt"
done

# A source that has no other keys yet is asked again, in the same attempt.
new_task lags
renewal_start lags -- sh -c 'while [ ! -e "$0" ]; do sleep 0.02; done' \
	"$work/lags.done"
wait_for contains "$work/lags.err" AKIDNEWFailed
expired RespondActivityTaskCompleted 0
before=$(asked)
: >"$work/lags.done"
wait_for asked_more_than "$before"
gives AKIDLAGS
tend_wait lags
is "$(outcome lags)" ActivityTaskCompleted "a source that is late with new keys"
unlike "$(<"$work/lags.err")" 'warning' "costs no attempt"

# Who asks while metadata is away gets no new ones: the outcome is kept.
gives AKIDAWAY
new_task away
renewal_start away -t 30s -i 1s -- sh -c 'while [ ! -e "$0" ]; do
	sleep 0.02; done' "$work/away.done"
wait_for beats_reach away 1
expired RespondActivityTaskCompleted 0
says 500
: >"$work/away.done"
ok "an outcome that is refused while metadata is away" \
	wait_for contains "$work/away.err" 'credentials.*500.*stay in use'
gives AKIDBACK
tend_wait away
is "$(outcome away)" ActivityTaskCompleted "is told when it is back"
is "$status" 0 "and the exit status is the command's"
local_api DELETE faults >/dev/null

done_testing
