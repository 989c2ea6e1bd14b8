#!/bin/bash
# SPDX-License-Identifier: MIT
# Signals that are passed on, and those of a terminal.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start
quick=(-t 60s -i 100ms)

# ---- passed on ---------------------------------------------------------------

new_task forward
supervise_start forward "${quick[@]}" -- bash -c '
	for name in HUP USR1 USR2 WINCH ALRM RTMIN+3 TERM INT; do
		trap "echo $name >>\"\$work/forward.log\"" $name
	done
	: >"$work/forward.up"
	until [[ -e $work/forward.go ]]; do sleep 0.02; done'
wait_for there forward.up
for name in HUP USR1 USR2 WINCH ALRM RTMIN+3; do
	kill -"$name" "$pid"
	wait_for contains "$work/forward.log" "^${name/+/.}\$"
done
: >"$work/forward.go"
ended forward
is "$(tr '\n' ' ' <"$work/forward.log")" "HUP USR1 USR2 WINCH ALRM RTMIN+3 " \
	"HUP, USR1, USR2, WINCH, ALRM and real-time signals reach the command"
is "$status" 0 "and do nothing to tend"
is "$(outcome forward)" ActivityTaskCompleted "or to the task"

new_task reload
supervise_start reload "${quick[@]}" -- sh -c ': >"$work/reload.up"
	exec sleep 1000'
wait_for there reload.up
kill -HUP "$pid"
ended reload
is "$status" 129 "a command that dies of a HUP that was passed on: 129"
is "$(outcome_field reload reason)" "killed by SIGHUP" "and has failed of it"

# ---- stopped and continued ---------------------------------------------------

# Not sh: a shell that stops between vfork and exec shows in another state.
new_task suspend
supervise_start suspend "${quick[@]}" -- bash -c 'echo $$ >"$work/suspend.up"
	while :; do sleep 0.05; [ -e "$work/suspend.go" ] && exit 3; done'
wait_for test -s suspend.up
command=$(<"$work/suspend.up")
kill -TSTP "$pid"
ok "TSTP stops tend" wait_for is_stopped "$pid"
ok "and the command" wait_for is_stopped "$command"
: >"$work/suspend.go"
kill -CONT "$pid"
ended suspend
is "$status" 3 "CONT continues both"
is "$(outcome_field suspend reason)" "exit status 3" "and SWF hears how it ended"

# What was stopped for longer than the stall timeout has not stalled.
new_task nap
supervise_start nap --stall-timeout 1s -- sh -c 'echo 1; : >"$work/nap.up"
	while ! [ -e "$work/nap.go" ]; do sleep 0.05; done; echo 2'
wait_for there nap.up
kill -TSTP "$pid"
wait_for is_stopped "$pid"
stopped=$(now_ms)
slept_enough() { (($(now_ms) - stopped > 1200)); }
wait_for slept_enough
: >"$work/nap.go"
kill -CONT "$pid"
ended nap
is "$status" 0 "time in which the command was stopped is no stall"

# ---- dispositions ------------------------------------------------------------

# What the command should see is what a program sees that is started so
# without tend.
signals_of() {
	grep -E '^Sig(Blk|Ign)' "$1"
}
for options in --default-signal --ignore-signal=HUP,PIPE \
	--block-signal=USR1,WINCH --ignore-signal=INT,QUIT,CHLD; do
	env "$options" cat /proc/self/status >"$work/without"
	new_task "mask"
	env "$options" "$tend" run --endpoint-url "$endpoint" \
		--no-sign-request --task "$work/mask.task" "${quick[@]}" -- \
		cat /proc/self/status >"$work/with" 2>"$work/mask.err"
	is "$(signals_of "$work/with")" "$(signals_of "$work/without")" \
		"the command's mask and ignored signals with env $options"
	terminate mask 2>/dev/null
done

# ---- a terminal --------------------------------------------------------------

if ! command -v script >/dev/null; then
	skip "no script(1)" "on a terminal"
	done_testing
fi

# on_terminal NAME COMMAND: tend with all three on a terminal of its own;
# what is written to descriptor 4 is typed there.
on_terminal() {
	mkfifo "$work/$1.keys"
	(exec script -qec "exec '$tend' run --endpoint-url '$endpoint' \
		--no-sign-request --task '$work/$1.task' -t 60s -i 100ms \
		-k 60s --outcome '$work/$1.json' -- $2" /dev/null \
		<"$work/$1.keys" >"$work/$1.out" 2>&1) &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$1.pid"
	exec 4>"$work/$1.keys"
}

cat >"$work/counter" <<'END'
trap 'echo INT >>"$work/counter.log"' INT
: >"$work/counter.up"
until [[ -e $work/counter.go ]]; do sleep 0.02; done
exit 6
END
new_task counter
on_terminal counter "bash '$work/counter'"
wait_for there counter.up
printf '\003' >&4
wait_for contains "$work/counter.log" INT
: >"$work/counter.go"
ended counter
exec 4>&-
is "$(cat "$work/counter.log")" INT "^C reaches the command, once"
is "$status" 6 "which decides what it means"
is "$(outcome_field counter reason)" "exit status 6" "and SWF is told"

# A session leader on a terminal that goes away gives nobody a HUP.
wrong=()
rounds=20
new_tasks hangup "$rounds"
for ((i = 1; i <= rounds; i++)); do
	script -qec "exec '$tend' run --endpoint-url '$endpoint' \
		--no-sign-request --task '$work/hangup.$i.task' -t 60s \
		-- sh -c 'exit 3'" /dev/null </dev/null >"$work/hangup.out" 2>&1
	status=$?
	[[ $status == 3 ]] || wrong+=("$i: $status")
done
is "${wrong[*]}" "" "on a terminal the command never dies of handing it over"

done_testing
