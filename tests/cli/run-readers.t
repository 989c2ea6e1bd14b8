#!/bin/bash
# SPDX-License-Identifier: MIT
# Readers of tend's output that are slow, or gone, or never were: they may
# block the command, as they would without tend, or lose its output; they
# delay no heartbeat, no stop and no report.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start

# tend_into NAME [OPTION]... -- COMMAND...: as tend_start, but stdout and
# stderr are what the caller's descriptors 5 and 6 are.
tend_into() {
	local name=$1
	shift
	"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/$name.task" "$@" >&5 2>&6 5>&- 6>&- &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$name.pid"
}

mkfifo "$work/fifo"

# ---- a reader that does not read ---------------------------------------------

new_task slow
exec 5<>"$work/fifo" 6>"$work/slow.err"
tend_into slow -i 200ms -- sh -c 'echo begin; exec yes'
exec 5>&-
exec 7<>"$work/fifo"
ok "the heartbeats go on when nobody reads" \
	wait_for beats_reach slow 6
command=$(command_of "$pid")
stands() { # the command is blocked writing
	[[ $(<"/proc/$command/stat") == *") S "* ]]
}
ok "the command is blocked, as it would be without tend" wait_for stands
before=$(cpu_ms "$pid")
ok "and they go on" wait_for beats_reach slow 12
spent=$(($(cpu_ms "$pid") - before))
ok "tend does not spin meanwhile ($spent ms)" test "$spent" -lt 200
gaps=$(calls RecordActivityTaskHeartbeat | jq -s '
	[.[] | select(.activityId == "slow") | .arrived] |
	[range(1; length) as $i | .[$i] - .[$i - 1]] | max')
ok "no heartbeat is late (the longest gap is $gaps ms)" \
	jq -en "$gaps < 1500"
before=$(now_ms)
cancel_task slow
ok "a cancel is answered when nobody reads" wait_for is_closed slow
is "$(outcome slow)" ActivityTaskCanceled "as canceled"
diag "$(($(now_ms) - before)) ms after it was asked for"
before=$(now_ms)
ok "tend ends although nobody reads" tend_wait slow
took=$(($(now_ms) - before))
ok "within some seconds ($took ms)" test "$took" -lt 6000
like "$(<"$work/slow.err")" 'stdout: [0-9]{4,} bytes of output were dropped' \
	"and says how many bytes were dropped"
exec 7>&- 6>&-

# A reader that is slow, but there: everything arrives, tend waits for it.
new_task later
exec 5<>"$work/fifo" 6>"$work/later.err"
tend_into later -- sh -c 'head -c 3000000 /dev/zero; echo end'
exec 7<"$work/fifo"
exec 5>&-
ok "no report waits for the reader... if the command could end" \
	wait_for beats_reach later 1
timeout 20 cat <&7 >"$work/later.out"
tend_wait later
is "$status" 0 "a slow reader gets everything"
is "$(stat -c %s "$work/later.out")" 3000004 "every byte of it"
unlike "$(<"$work/later.err")" dropped "none is dropped"
exec 7>&- 6>&-

# The command has ended, its output is in tend's queue, and nobody reads.
new_task queued
exec 5<>"$work/fifo" 6>"$work/queued.err"
tend_into queued -- sh -c 'head -c 300000 /dev/zero; echo end'
exec 7<"$work/fifo"
exec 5>&-
ok "the report does not wait for the reader" wait_for is_closed queued
not_ok "tend does" gone "$pid"
kill "$pid"
ok "until it is told to stop" tend_wait queued
is "$status" 0 "the outcome stays what it was"
like "$(<"$work/queued.err")" 'stdout: [0-9]+ bytes of output were dropped' \
	"what nobody read is counted"
exec 7>&- 6>&-

# The same with stderr, on which tend has its own log.
new_task log
exec 5>"$work/log.out" 6<>"$work/fifo"
tend_into log -i 200ms --log-level debug -- sh -c 'exec yes >&2'
exec 6>&-
exec 7<>"$work/fifo"
ok "the heartbeats go on when nobody reads the log" \
	wait_for beats_reach log 5
cancel_task log
ok "and so does a cancel" wait_for is_closed log
before=$(now_ms)
is "$(outcome log)" ActivityTaskCanceled "which is answered"
ok "and tend ends" tend_wait log
ok "soon ($(($(now_ms) - before)) ms)" \
	test $(($(now_ms) - before)) -lt 6000
exec 7>&- 5>&-

# ---- a reader that has gone --------------------------------------------------

new_task gone
"$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task "$work/gone.task" -- sh -c 'i=0
	while [ $i -lt 2000 ]; do echo "line $i, $(printf %0100d 0)" || exit 9
		i=$((i + 1)); done; echo survived >"$0"; echo last' \
	"$work/survived" 2>"$work/gone.err" | true
is "${PIPESTATUS[0]}" 0 "a reader that has gone: the command runs to its end"
is "$(<"$work/survived")" survived "and gets no SIGPIPE"
is "$(outcome gone)" ActivityTaskCompleted "the outcome is reported"
is "$(outcome_field gone result)" last "with its result"

new_task deaf
{
	"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/deaf.task" -- sh -c \
		'echo out; echo err >&2; exit 3' 2>&1 >"$work/deaf.out"
	echo $? >"$work/deaf.status"
} | true
is "$(<"$work/deaf.status")" 3 "nobody reads the log: the same"
is "$(<"$work/deaf.out")" out "stdout is not touched by that"
is "$(outcome deaf)" ActivityTaskFailed "the outcome is reported"

# ---- a disk that is full -----------------------------------------------------

new_task full
"$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task "$work/full.task" -- sh -c 'echo some; echo done' \
	>/dev/full 2>"$work/full.err"
is "$?" 0 "stdout is full: the exit status is the command's"
is "$(outcome full)" ActivityTaskCompleted "the outcome is reported"
is "$(outcome_field full result)" "done" "with its result"
like "$(<"$work/full.err")" 'stdout.*No space left on device' \
	"and the loss is told"

new_task fuller
"$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task "$work/fuller.task" -- sh -c 'echo out; echo err >&2; exit 3' \
	>/dev/full 2>/dev/full
is "$?" 3 "both are full: the exit status is the command's"
is "$(outcome fuller)" ActivityTaskFailed "the outcome is reported"

# ---- descriptors that are closed at the start --------------------------------

# closed NAME 0 1 2: those that are closed; the command says what it has.
closed() {
	local name=$1 redirect=
	shift
	for fd; do
		redirect+=" $fd>&-"
	done
	new_task "$name"
	eval "\"\$tend\" run --endpoint-url \"\$endpoint\" \
		--no-sign-request --task \"\$work/$name.task\" -- sh -c '
		for fd in 0 1 2; do
			printf \"%s \" \"\$(readlink /proc/self/fd/\$fd)\"
		done >\"\$0\"; cat; echo out; echo err >&2; exit 4' \
		\"\$work/$name.fds\" $redirect"
	is "$?" 4 "$name closed: the command runs"
	is "$(outcome "$name")" ActivityTaskFailed "$name closed: is reported"
	unlike "$(<"$work/$name.fds")" 'socket|eventpoll|eventfd|timerfd' \
		"$name closed: nothing of tend's takes its place"
	is "$(outcome_field "$name" reason)" "exit status 4" \
		"$name closed: the outcome is the command's"
}

closed stdin 0 >"$work/out" 2>"$work/err"
is "$(<"$work/out")" out "stdin closed: the command finds its end"
closed stdout 1 2>"$work/err" </dev/null
closed stderr 2 >"$work/out" </dev/null
is "$(<"$work/out")" out "stderr closed: stdout is passed on"
closed all 0 1 2

# The first thing that tend opens must not become the command's stdout.
new_task lone
"$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task "$work/lone.task" --result none --progress-from fd:9 \
	--stderr-tail 0 -- sh -c 'ls -l /proc/self/fd/ >"$0"; echo x' \
	"$work/lone.fds" <&- >&- 2>&-
unlike "$(<"$work/lone.fds")" 'socket|eventpoll|eventfd|timerfd' \
	"no descriptor of tend's, also when no stream goes through it"

done_testing
