#!/bin/bash
# SPDX-License-Identifier: MIT
# A cancellation: the stop signal, the grace, SIGKILL, the one report.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start
quick=(-t 60s -i 50ms)

# canceled_after NAME EVENT...: cancels once the files are there, and waits.
canceled_after() {
	local name=$1
	shift
	wait_for there "$@" || diag "$(<"$work/$name.err")"
	cancel_task "$name"
	ended "$name"
}

# A report is the last word: no heartbeat is sent after it.
silent_after_report() {
	local reported
	reported=$(reports "$1" | tail -n 1 | jq .answered)
	[[ -n $reported ]] || return
	[[ -z $(calls "$heartbeat" \
		".activityId == \"$1\" and .arrived > $reported") ]]
}

# ---- stop signal must reach the whole tree, not just sh ----------------------

new_task whole
supervise_start whole "${quick[@]}" -- sh -c 'sleep 1000 & : >"$work/whole.up"
	sleep 1000; :'
canceled_after whole whole.up
is "$(survivors whole)" "" "a cancel stops the whole tree, not just sh"
is "$(said whole .killed)" false "without SIGKILL"
is "$(count_reports whole)" 1 "the cancel is reported exactly once"
is "$(outcome whole)" ActivityTaskCanceled "as canceled"

# ---- TERM ignored: KILL after the grace, and only after ----------------------

new_task deaf
supervise_start deaf "${quick[@]}" -k 700ms -- sh -c 'trap "" TERM
	echo 60%; : >"$work/deaf.up"; while :; do sleep 1000; done'
wait_for there deaf.up
wait_for has_beaten deaf 60%
before=$(now_ms)
cancel_task deaf
beats_before=$(count_beats deaf)
ended deaf
took=$(($(said_ms deaf exited) - before))
is "$status" 137 "TERM is ignored: the command dies of KILL"
ok "not before the grace is over ($took ms)" test "$took" -ge 700
ok "and not long after" test "$took" -le $((lib_patience * 500))
ok "heartbeats go on during the grace" \
	test "$(count_beats deaf)" -gt $((beats_before + 3))
is "$(said deaf .killed)" true "the outcome says that it was killed"
is "$(outcome deaf)" ActivityTaskCanceled "it is canceled all the same"
is "$(outcome_field deaf details)" 60% "with the last progress as details"
is "$(survivors deaf)" "" "nobody is left"
ok "no heartbeat is sent after the report" silent_after_report deaf

# ---- the grace ends early when everything is gone ----------------------------

new_task early
supervise_start early "${quick[@]}" -k 1000s -- sh -c '
	trap "sleep 0.05; exit 7" TERM; : >"$work/early.up"
	while :; do sleep 0.02; done'
canceled_after early early.up
is "$status" 7 "a grace of hours ends when the command has"

# ---- too brutal: a command has its grace to clean up -------------------------

new_task marker
supervise_start marker "${quick[@]}" -k 60s -- sh -c '
	trap "sleep 0.5; : >\"\$work/marker.cleaned\"; exit" TERM
	: >"$work/marker.up"; while :; do sleep 0.02; done'
canceled_after marker marker.up
ok "a command that needs a moment after TERM has it" there marker.cleaned

# ---- the grace is the tree's, not the first process's ------------------------

new_task family
supervise_start family "${quick[@]}" -k 60s -- sh -c '
	sh -c "trap \"sleep 0.5; : >\\\"\$work/family.cleaned\\\"; exit\" TERM
		: >\"\$work/family.up\"; while :; do sleep 0.02; done" &
	exec sleep 1000'
canceled_after family family.up
is "$status" 143 "the command dies of TERM at once"
ok "its grandchild still has its grace" there family.cleaned
is "$(survivors family)" "" "and is gone before tend is"
ok "and before SWF is told" jq -e '.exited < .ended' "$work/family.json"

# ---- --stop-scope leader -----------------------------------------------------

new_task leader
supervise_start leader "${quick[@]}" -k 600ms --stop-scope leader -- bash -c '
	for i in 1 2; do
		(trap ": >\"\$work/leader.worker\"" TERM
		: >"$work/leader.$i"; while :; do sleep 0.02; done) &
	done
	trap ": >\"\$work/leader.told\"" TERM
	: >"$work/leader.up"; while :; do wait; done'
canceled_after leader leader.up leader.1 leader.2
ok "--stop-scope leader: the command gets the stop signal" there leader.told
not_ok "its workers do not" there leader.worker
is "$(said leader .killed)" true "after the grace SIGKILL"
is "$(survivors leader)" "" "goes to all"

# ---- a stopped command -------------------------------------------------------

new_task stopped
supervise_start stopped "${quick[@]}" -k 60s -- bash -c '
	trap "echo CONT >>\"\$work/stopped.log\"" CONT
	trap "echo TERM >>\"\$work/stopped.log\"; over=1" TERM
	echo $$ >"$work/stopped.up"; kill -STOP $$
	until [[ $over ]]; do sleep 0.02; done'
wait_for there stopped.up
wait_for is_stopped "$(<"$work/stopped.up")"
cancel_task stopped
ended stopped
ok "a stopped command sees TERM" contains "$work/stopped.log" TERM
is "$(grep -c CONT "$work/stopped.log")" 1 "and is continued, once"
is "$(said stopped .killed)" false "SIGKILL is not needed"

# ---- --stop-signal -----------------------------------------------------------

new_task interrupt
supervise_start interrupt "${quick[@]}" --stop-signal INT -- bash -c '
	for name in INT TERM HUP QUIT; do
		trap "echo $name >>\"\$work/interrupt.log\"" $name
	done
	: >"$work/interrupt.up"
	until [[ -e $work/interrupt.log ]]; do sleep 0.02; done; exit 9'
canceled_after interrupt interrupt.up
is "$status" 9 "--stop-signal INT"
is "$(<"$work/interrupt.log")" INT "sends INT, and nothing else"

new_task number
supervise_start number "${quick[@]}" -s 3 -- sh -c 'ulimit -c 0
	: >"$work/number.up"; exec sleep 1000'
canceled_after number number.up
is "$(said number .signal)" SIGQUIT "a stop signal may be a number"

# ---- a second cause ----------------------------------------------------------

# Many heartbeats say it again; tend gets a HUP, and is told to stop half-way.
new_task second
supervise_start second "${quick[@]}" -k 2 -- bash -c '
	tend=$(ps -o ppid= -p $PPID)
	again() {
		trap "" HUP TERM
		sleep 0.5; kill -HUP $tend; sleep 0.5; kill -TERM $tend
	}
	trap "echo TERM \$EPOCHREALTIME >>\"\$work/second.log\"; again &" TERM
	trap "echo HUP >>\"\$work/second.log\"" HUP
	: >"$work/second.up"; while :; do sleep 0.02; done'
canceled_after second second.up
term=$(sed -n 's/^TERM //p' "$work/second.log")
took=$(($(said_ms second exited) - ${term/[.,]/} / 1000))
is "$(grep -c TERM "$work/second.log")" 1 "however many causes, one stop signal"
ok "HUP is passed on and stops no stopping" contains "$work/second.log" HUP
ok "heartbeats say it again" called -n 3 "$heartbeat" \
	".activityId == \"second\" and .wall / 1000 > $term"
is "$status" 137 "the first grace counts"
ok "a second cause does not restart it ($took ms)" \
	test "$took" -gt 1500 -a "$took" -lt 2900
is "$(count_reports second)" 1 "one report"
is "$(outcome second)" ActivityTaskCanceled "by the first cause"

# ---- cancel while already finishing ------------------------------------------

# Every heartbeat is taken at once and answered late, so that the command can
# end while the answer that says "cancel" is on its way.
new_task natural
inject "$heartbeat" delay 1 after=1
supervise_start natural "${quick[@]}" -- sh -c '
	until [ -e "$work/natural.go" ]; do sleep 0.01; done; echo result'
wait_for beaten natural 2
cancel_task natural
wait_for beaten natural 3
: >"$work/natural.go"
ended natural
heal
is "$status" 0 "a command ends by itself before the cancel arrives"
is "$(outcome natural)" ActivityTaskCompleted "its natural result wins"
is "$(outcome_field natural result)" result "with its result"
is "$(count_reports natural)" 1 "in one report"

new_task answering
supervise_start answering "${quick[@]}" -- sh -c '
	trap "sleep 0.1; echo result; exit 0" TERM; : >"$work/answering.up"
	while :; do sleep 0.02; done'
canceled_after answering answering.up
is "$(outcome answering)" ActivityTaskCanceled \
	"one that finishes because of the stop signal is canceled"
is "$(outcome_field answering details)" result "its last words are the details"
is "$(count_reports answering)" 1 "in one report"

done_testing
