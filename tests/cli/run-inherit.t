#!/bin/bash
# SPDX-License-Identifier: MIT
# What the command inherits is what tend was started with, and nothing of
# tend's own; and tend keeps nothing of the caller's busy.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start

new_tasks task 40
number=0

runs() {
	number=$((number + 1))
	tend_run "task$number" "$@"
}

# ---- signals -----------------------------------------------------------------

# masks FILE...: the signal lines of a /proc/PID/status.
masks='grep -E "^Sig(Blk|Ign)|^ShdPnd" /proc/self/status'

sh -c "$masks" >"$work/want"
runs -- sh -c "$masks"
is_file "$work/task$number.out" "$work/want" \
	"signal mask and ignored signals are those that tend was started with"

(
	trap '' HUP INT PIPE USR1 CHLD RTMIN+2
	sh -c "$masks" >"$work/want"
	runs -- sh -c "$masks"
	cp "$work/task$number.out" "$work/got"
)
number=$((number + 1))
is_file "$work/got" "$work/want" "ignored signals stay ignored"

if [[ -n $python ]]; then
	number=$((number + 1))
	"$python" - "$tend" run --endpoint-url "$endpoint" \
		--no-sign-request --task "$work/task$number.task" \
		-- grep '^SigBlk' /proc/self/status >"$work/out" \
		2>"$work/err" <<-'END'
		import os, signal, sys
		signal.pthread_sigmask(signal.SIG_SETMASK,
		    {signal.SIGCHLD, signal.SIGALRM, signal.SIGUSR2,
		    signal.SIGTERM, signal.SIGRTMIN + 5})
		os.execv(sys.argv[1], sys.argv[1:])
	END
	is "$?" 0 "a command starts although SIGCHLD and SIGALRM are blocked"
	is "$(tr -d '\t' <"$work/out")" "SigBlk:0000004000016800" \
		"and blocked signals stay blocked"
else
	skip "python3 is not installed" "blocked signals"
fi

runs -- sh -c 'yes | head -n 1; echo "${?}"'
is "$(<"$work/task$number.out")" $'y\n0' "SIGPIPE ends a pipeline as usual"

number=$((number + 1))
sh -c 'trap "" CHLD; exec "$@"' sh "$tend" run \
	--endpoint-url "$endpoint" --no-sign-request \
	--task "$work/task$number.task" -- sh -c 'exit 3' 2>"$work/err"
is "$?" 3 "an ignored SIGCHLD does not lose the exit status"

number=$((number + 1))
nohup "$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task "$work/task$number.task" -- sh -c 'kill -HUP $$; echo alive' \
	>"$work/out" 2>"$work/err" </dev/null
is "$(<"$work/out")" alive "nohup works through tend"

new_task ignoring
# What a script starts in the background ignores INT and QUIT.
background "$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task "$work/ignoring.task" -- sh -c 'echo up; exec sleep 100' \
	>"$work/ignoring.out" 2>"$work/ignoring.err"
wait_for contains "$work/ignoring.out" up
kill -INT "$pid"
kill -QUIT "$pid"
not_ok "an INT that was ignored when tend was started does nothing" \
	wait_for -t 1 gone "$pid" 2>/dev/null
kill -TERM "$pid"
wait "$pid"
is "$?" 143 "a TERM does"

# ---- descriptors -------------------------------------------------------------

# How many a program has here, its own directory included.
ls -l /proc/self/fd >"$work/usual"
usual=$(grep -c ' -> ' "$work/usual")
runs --stderr-tail 0 --result none --progress-from fd:9 -- ls -l \
	/proc/self/fd
unlike "$(<"$work/task$number.out")" 'socket|anon_inode|timerfd|memfd' \
	"the command has no descriptor of tend's"
is "$(grep -c ' -> ' "$work/task$number.out")" $((usual + 1)) \
	"but the caller's, and that of its progress"

runs --input stdin --result file -- sh -c 'ls -l /proc/self/fd'
unlike "$(<"$work/task$number.out")" 'socket|anon_inode' \
	"nor with an input and a result file"
is "$(grep -c ' -> ' "$work/task$number.out")" "$usual" "but the caller's"

exec 5<"$work/registered" 8>"$work/lock"
flock 8
new_task descriptors
tend_start descriptors -- sh -c 'ls -l /proc/self/fd >"$0"; echo up
	read -r line <&5; exec sleep 100' "$work/fds"
exec 8>&-
wait_for contains "$work/descriptors.out" up
like "$(<"$work/fds")" " 5 -> $work/registered" \
	"a descriptor that tend was started with is the command's"
like "$(<"$work/fds")" " 8 -> $work/lock" "and so is a lock"
guard=$(guard_of "$pid")
command=$(command_of "$pid")
for who in "$pid" "$guard"; do
	unlike "$(ls -l "/proc/$who/fd")" "$work/(registered|lock)" \
		"$(<"/proc/$who/comm") has not kept them"
	is "$(readlink "/proc/$who/cwd")" / \
		"$(<"/proc/$who/comm") does not keep the working directory busy"
done
is "$(readlink "/proc/$command/cwd")" "$PWD" "the command has its own"
not_ok "the lock is held" flock --nonblock "$work/lock" true
kill -KILL "$command"
tend_wait descriptors
ok "as long as the command lives, and not longer" \
	flock --nonblock "$work/lock" true
exec 5>&-

# A pipe's other end sees the end of file when the command closes its own.
new_task holder
mkfifo "$work/fifo"
"$tend" run --endpoint-url "$endpoint" --no-sign-request --stderr-tail 0 \
	--result none --progress-from fd:9 --task "$work/holder.task" \
	-- sh -c 'echo text; exec >&- 2>&-; while [ ! -e "$0" ]; do
	sleep 0.05; done' "$work/enough" >"$work/fifo" 2>/dev/null &
pid=$!
lib_pids+=("$pid")
is "$(timeout 10 cat "$work/fifo")" text \
	"tend does not hold a pipe open that the command has closed"
touch "$work/enough"
wait "$pid"

# Many descriptors, and high ones.
number=$((number + 1))
(
	for fd in {20..60} 200 {900..910}; do
		eval "exec $fd<\"\$work/registered\""
	done
	"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/task$number.task" -- sh -c 'ls /proc/self/fd' \
		>"$work/out" 2>"$work/err"
)
is "$(grep -c . "$work/out")" $((usual + 41 + 1 + 11)) \
	"many descriptors, and high ones"

# The descriptor of the progress is taken from whoever had it.
number=$((number + 1))
tend_run "task$number" --progress-from fd:7 -- bash -c 'echo mine >&7' \
	7>"$work/seven"
is "$(<"$work/seven")" "" "fd:7 is the progress, whatever 7 was before"
is "$status" 0 "and can be written"

# With the lowest limit that works.
number=$((number + 1))
(
	ulimit -n 32
	"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/task$number.task" -- sh -c 'ulimit -n; exit 6' \
		>"$work/out" 2>"$work/err"
)
is "$?" 6 "32 descriptors are enough" || diag "$(<"$work/err")"
is "$(<"$work/out")" 32 "and the limit is the command's"

# ---- the rest ----------------------------------------------------------------

(
	umask 027
	tend_run task30 -- sh -c 'umask; pwd'
)
is "$(<"$work/task30.out")" "0027
$PWD" "umask and working directory are the caller's"
mkdir "$work/gone"
(
	cd "$work/gone" || exit
	rmdir "$work/gone"
	tend_run task31 -- sh -c 'echo here'
)
is "$(<"$work/task31.out")" here "also one that has been removed"
(
	ulimit -c 0
	ulimit -v 4000000
	renice -n 5 $BASHPID >/dev/null
	tend_run task32 -- sh -c 'ulimit -v; nice'
)
if [[ -z $sanitized ]]; then
	is "$(<"$work/task32.out")" $'4000000\n5' \
		"limits and priority are the caller's"
fi

# A child that tend was born with is not the command.
tend_start_with_child() {
	(sleep 0.2; exit 9) &
	exec "$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/task33.task" -- sh -c 'sleep 0.6; exit 4' \
		>"$work/out" 2>"$work/err"
}
(tend_start_with_child)
is "$?" 4 "a child that was there before is not taken for the command"
(exec "$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task "$work/task34.task" -- cat < <(echo substituted)) \
	>"$work/out" 2>"$work/err"
is "$?" 0 "nor is a process substitution"
is "$(<"$work/out")" substituted "whose output arrives"
before=$(now_ms)
(
	sleep 100 &
	echo $! >"$work/older"
	exec "$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/task35.task" -- true
) >"$work/out" 2>"$work/err"
is "$?" 0 "one that lives on"
ok "delays nothing" test $(($(now_ms) - before)) -lt 5000
not_ok "and is left alone" gone "$(<"$work/older")"
kill "$(<"$work/older")"

# ---- wrapped, and wrapping ---------------------------------------------------

wrapped() { # NAME WRAPPER...
	local name=$1
	shift
	number=$((number + 1))
	"$@" "$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/task$number.task" -- sh -c 'echo in; exit 5' \
		>"$work/out" 2>"$work/err"
	is "$? $(<"$work/out")" "5 in" "$name"
}
wrapping() { # NAME WRAPPER...
	local name=$1
	shift
	runs -- "$@" sh -c 'echo in; exit 5'
	is "$status $(<"$work/task$number.out")" "5 in" "$name"
}

wrapped "timeout 60 tend" timeout 60
wrapped "setsid tend" setsid --wait
wrapped "nice env tend" nice env A=B
wrapping "tend timeout 60" timeout 60
wrapping "tend setsid" setsid --wait
wrapping "tend nice env" nice env A=B
if command -v tini >/dev/null; then
	wrapped "tini -- tend" tini -s --
	wrapping "tend -- tini" tini -s --
else
	skip "tini is not installed" "tini -- tend"
	skip "tini is not installed" "tend -- tini"
fi

# timeout signals tend, and then the process group that both are in: that is
# one TERM, and the command may clean up.
new_tasks limit 6
for i in 1 2 3 4 5; do
	rm -f "$work/trapping"
	background timeout --preserve-status 60 "$tend" run \
		--endpoint-url "$endpoint" --no-sign-request \
		--task "$work/limit$i.task" -- sh -c '
		trap "echo cleaned; exit 8" TERM; : >"$0"
		while :; do sleep 0.05; done' "$work/trapping" \
		>"$work/out" 2>"$work/err"
	wait_for test -e "$work/trapping"
	# As when its time is over, but not before all is up.
	kill -TERM "$pid"
	wait "$pid"
	status=$?
	[[ $(<"$work/out") == cleaned ]] || break
done
is "$status" 143 "timeout 60 tend: tend ends as one that was told to stop"
is "$i $(<"$work/out")" "5 cleaned" "and the command may clean up"
tend_run limit6 -- timeout -s INT 0.2 sleep 100
is "$status" 124 "tend timeout 0.2: its own exit status comes through"
is "$(history limit | jq -r '.[].activityTaskFailedEventAttributes //
	empty | .reason' | sort -u)" "exit status 124
stopped: tend received SIGTERM" "and SWF knows which was which"


done_testing
