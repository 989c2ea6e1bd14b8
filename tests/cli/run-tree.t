#!/bin/bash
# SPDX-License-Identifier: MIT
# Everything that a command starts belongs to it, wherever it goes.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start
quick=(-t 60s -i 50ms)

# ---- escapees ----------------------------------------------------------------

new_task setsid
supervise_start setsid "${quick[@]}" -- sh -c '
	setsid sh -c ": >\"\$work/setsid.up\"; exec sleep 1000" & wait'
wait_for there setsid.up
cancel_task setsid
ended setsid
is "$(survivors setsid)" "" "one that called setsid is stopped"
is "$(said setsid .killed)" false "by the stop signal"

new_task daemon
supervise_start daemon "${quick[@]}" -- sh -c '
	(setsid sh -c ": >\"\$work/daemon.up\"; exec sleep 1000" &) &
	exec sleep 1000'
wait_for there daemon.up
cancel_task daemon
ended daemon
is "$(survivors daemon)" "" "one that forked twice is stopped"

new_task self
supervise_start self "${quick[@]}" -- setsid --wait sh -c '
	: >"$work/self.up"; sleep 1000; :'
wait_for there self.up
cancel_task self
ended self
is "$(survivors self)" "" "a command that leaves its own group is stopped"

new_task nested
supervise_start nested "${quick[@]}" -k 60s -- timeout 900 sh -c '
	trap "echo TERM >>\"\$work/nested.log\"; exit 3" TERM
	: >"$work/nested.up"; while :; do sleep 0.02; done'
wait_for there nested.up
cancel_task nested
ended nested
is "$(survivors nested)" "" "a command under timeout(1) is stopped"
ok "and has had its stop signal" contains "$work/nested.log" TERM

# One that forks faster than a walk of /proc.
new_task forks
supervise_start forks "${quick[@]}" -k 200ms -- bash -c '
	trap "" TERM
	f() { while :; do (trap "" TERM; sleep 0.3) & sleep 0.005; done; }
	f & f & : >"$work/forks.up"; wait'
wait_for there forks.up
cancel_task forks
ended forks
is "$(survivors forks)" "" "one that keeps forking is stopped"
is "$(outcome forks)" ActivityTaskCanceled "and canceled"

# ---- left-overs --------------------------------------------------------------

new_task over
supervise over "${quick[@]}" -- sh -c '
	sleep 1000 & setsid sh -c ": >\"\$work/over.up\"; exec sleep 1000" &
	until [ -e "$work/over.up" ]; do sleep 0.01; done; echo result'
is "$status" 0 "what a successful command leaves behind"
is "$(survivors over)" "" "is stopped, setsid or not"
is "$(outcome over)" ActivityTaskCompleted \
	"the outcome is decided by the command's own exit"
is "$(outcome_field over result)" result "with its result"

new_task overfail
supervise overfail "${quick[@]}" -- sh -c 'sleep 1000 & exit 6'
is "$status" 6 "after a failure too"
is "$(survivors overfail)" "" "nobody is left"

new_task overgrace
supervise overgrace "${quick[@]}" -k 60s -- sh -c '
	sh -c "trap \"sleep 0.3; : >\\\"\$work/overgrace.cleaned\\\"; exit\" TERM
		: >\"\$work/overgrace.up\"; while :; do sleep 0.02; done" &
	until [ -e "$work/overgrace.up" ]; do sleep 0.01; done'
ok "left-overs have their grace" there overgrace.cleaned
is "$(said overgrace .killed)" false "and are not killed if they use it"

new_task overdeaf
supervise overdeaf "${quick[@]}" -k 300ms -- sh -c '
	sh -c "trap \"\" TERM; : >\"\$work/overdeaf.up\"
		while :; do sleep 0.1; done" &
	until [ -e "$work/overdeaf.up" ]; do sleep 0.01; done'
is "$status" 0 "left-overs that ignore TERM"
is "$(survivors overdeaf)" "" "are killed"
is "$(said overdeaf '"\(.outcome) \(.killed)"')" "completed true" \
	"and the task is completed all the same"

# ---- --leftovers leave -------------------------------------------------------

# What is left holds the pipe, and would for long.
new_task leave
supervise_start leave "${quick[@]}" --leftovers leave -- sh -c '
	sh -c "echo \$\$ >\"\$work/leave.pid2\"; mv \"\$work/leave.pid2\" \
		\"\$work/leave.left\"
		until [ -e \"\$work/leave.go\" ]; do sleep 0.02; done
		: >\"\$work/leave.survived\"" &
	until [ -e "$work/leave.left" ]; do sleep 0.01; done; echo result'
ended leave
is "$status" 0 "--leftovers leave: tend ends, though the pipe is still held"
is "$(outcome leave)" ActivityTaskCompleted "and reports"
is "$(outcome_field leave result)" result "with the result"
is "$(cat "$work/leave.out")" result "and passes the output on"
left=$(<"$work/leave.left")
not_ok "what was left behind is left alone" gone "$left"
not_ok "and has no guard any more" test \
	"$(ps -o comm= -p "$(ps -o ppid= -p "$left" | tr -d ' ')")" = tend-guard
: >"$work/leave.go"
ok "it lives on after tend's end" wait_for there leave.survived
wait_for gone "$left" || kill -KILL "$left"

new_task leavecancel
supervise_start leavecancel "${quick[@]}" --leftovers leave -- sh -c '
	setsid sh -c ": >\"\$work/leavecancel.up\"; exec sleep 1000" & wait'
wait_for there leavecancel.up
cancel_task leavecancel
ended leavecancel
is "$(survivors leavecancel)" "" \
	"--leftovers leave: a cancel stops the whole tree all the same"

# A left-over that holds the pipe and would be silent for ever: with "stop" it
# delays nothing either.
new_task holder
supervise_start holder "${quick[@]}" -- sh -c 'sleep 1000 & echo result'
ok "a silent holder of the pipe holds up nothing" ended holder
is "$(outcome_field holder result)" result "SWF has the result"

# Some sandboxes answer newer calls with ENOSYS.
blind=(env "ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
	strace -f -qq -o /dev/null -e trace=pidfd_send_signal
	-e inject=pidfd_send_signal:error=ENOSYS)
if "${blind[@]}" true 2>/dev/null; then
	new_task blind
	# strace heeds no TERM, and without it the guard can end them.
	MARK=$work/blind timeout -s KILL $((lib_patience * 2)) "${blind[@]}" \
		"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/blind.task" "${quick[@]}" -- \
		sh -c 'setsid sh -c ": >\"\$work/blind.up\"; exec sleep 1000" &
		until [ -e "$work/blind.up" ]; do sleep 0.02; done; exit 3' \
		>"$work/blind.out" 2>&1
	is "$?" 3 "without pidfd_send_signal: it ends"
	is "$(survivors blind)" "" "and nobody is left"
else
	skip "strace cannot refuse a call here" "without pidfd_send_signal"
fi

done_testing
