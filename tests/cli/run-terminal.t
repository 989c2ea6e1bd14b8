#!/bin/bash
# SPDX-License-Identifier: MIT
# On a terminal: the command has it while tend's group is in front, job
# control works inside and around, and nothing is stopped or stolen in the
# background.

# shellcheck disable=SC2016 # what stands in single quotes is for another shell

. "${TEND_SOURCE:?}/tests/cli/run.sh"
[[ -n $python ]] || skip_all "python3 is not installed"
service_start

export EXPECT_PATIENCE=$lib_patience
export TERM=dumb tend work
unset HISTFILE PROMPT_COMMAND

# What makes it short to type: all options are variables.
options=(TEND_ENDPOINT_URL="$endpoint" TEND_NO_SIGN_REQUEST=1
	TEND_LOG_LEVEL=error)
# The command's stdout and stderr are the terminal itself.
whole=(TEND_STDERR_TAIL=0 TEND_PROGRESS_FROM=fd:9 TEND_RESULT=none)

# state PID: R, S, T...
state() {
	local stat
	stat=$(<"/proc/$1/stat")
	stat=${stat##*) }
	echo -n "${stat%% *}"
}

parent() {
	awk '/^PPid:/ { print $2 }' "/proc/$1/status"
}

# tree_state: of tend, the guard and the command that is in $work/command.
tree_state() {
	local command guard
	command=$(<"$work/command")
	guard=$(parent "$command")
	state "$(parent "$guard")"
	state "$guard"
	state "$command"
}

# front: the process group that the command's terminal has in front.
front() {
	ps -o tpgid= -p "$(<"$work/command")" | tr -d ' '
}
export -f state parent tree_state front

# types NAME TASK [VARIABLE=VALUE]...: a script for an interactive shell.
types() {
	local name=$1 task=$2
	shift 2
	rm -f "$work/command"
	ok "$name" env "${options[@]}" "$@" TEND_TASK="$work/$task.task" \
		PS1='ready> ' "$python" "$top/tests/cli/expect.py" \
		bash --norc --noprofile -i >"$work/said" ||
		diag "$(<"$work/said")"
}

new_tasks task 13

# Before anything is typed for a command, it says that it is up: what is typed
# ahead, the shell's line editor gets.

types "an interactive shell has job control" task1 "${whole[@]}" <<'END'
	expect ready>
	send "$tend" run -- env PS1='inner> ' bash --norc --noprofile -i\r
	expect ^inner> $
	send echo flags=$-\r
	expect flags=[a-zA-Z]*m
	expect ^inner> $
	send sh -c 'echo $$ >"$work/command"; exec sleep 100'\r
	until [[ $(state "$(<"$work/command")") == S ]]
	send \x1a
	expect Stopped
	expect ^inner> $
	send fg\r
	until [[ $(state "$(<"$work/command")") == S ]]
	send \x03
	expect ^inner> $
	send echo interrupted=$?\r
	expect interrupted=130
	send exit 3\r
	expect ready>
	send echo status=$?\r
	expect status=3
	expect ready>
END
unlike "$(<"$work/said")" 'no job control' "without complaint"

types "the same with the output through tend" task2 <<'END'
	expect ready>
	send "$tend" run -- sh -c 'echo up; exec cat'\r
	expect ^up
	send line\n
	expect line\r\nline
	send \x04
	expect ready>
	send echo status=$?\r
	expect status=0
END

types "^Z suspends tend and command, fg resumes both" task3 "${whole[@]}" <<'END'
	expect ready>
	send "$tend" run -- sh -c 'echo $$ >"$work/command"; exec cat'\r
	until test -s "$work/command"
	send first\n
	expect first\r\nfirst
	send \x1a
	expect Stopped
	expect ready>
	until [[ $(tree_state) == TST ]]
	send jobs\r
	expect Stopped
	send fg\r
	expect tend
	until [[ $(tree_state) == SSS ]]
	send second\n
	expect second\r\nsecond
	send \x1a
	expect Stopped
	expect ready>
	send fg\r
	until [[ $(tree_state) == SSS ]]
	send third\n
	expect third\r\nthird
	send \x04
	expect ready>
	send echo status=$?\r
	expect status=0
END

# No child here: dash, stopped between vfork and exec, does not stop itself,
# with tend or without.
mkfifo "$work/never"
types "^Z and bg: both go on in the background" task4 "${whole[@]}" <<'END'
	expect ready>
	send "$tend" run -- bash -c ': >"$work/up"; until [ -e "$work/go" ]; do read -rt 0.05 <>"$work/never"; done; exit 6'\r
	until test -e "$work/up"
	send \x1a
	expect Stopped
	expect ready>
	send bg\r
	expect ready>
	send touch "$work/go"\r
	send wait %1; echo status=$?\r
	expect status=6
END

types "tend in the background does not take the terminal" task5 "${whole[@]}" <<'END'
	expect ready>
	send "$tend" run -- sh -c ': >"$work/up5"; while [ ! -e "$work/go5" ]; do sleep 0.05; done; exit 7' &\r
	until test -e "$work/up5"
	send echo still $((40 + 2))\r
	expect still 42
	expect ready>
	send touch "$work/go5"; wait; echo waited\r
	expect waited
	send sh -c 'echo up; exec cat'\r
	expect ^up
	send mine\n
	expect mine\r\nmine
	send \x04
	expect ready>
END

types "with tostop, tend in the background is not stopped" task6 \
	TEND_LOG_LEVEL=debug <<'END'
	expect ready>
	send stty tostop\r
	expect ready>
	send "$tend" run -- sh -c 'echo out; echo err >&2; sleep 0.2; echo last' &\r
	expect out
	expect last
	send wait %1; echo status=$?\r
	expect status=0
END

types "fg brings it to the front" task7 "${whole[@]}" <<'END'
	expect ready>
	send "$tend" run -- sh -c 'echo $$ >"$work/command"; exec cat' &\r
	until test -s "$work/command"
	send fg\r
	expect cat
	until [[ $(front) == "$(<"$work/command")" ]]
	send to the front\n
	expect to the front\r\nto the front
	send \x04
	expect ready>
	send echo status=$?\r
	expect status=0
END

types "a command in the background that reads is stopped until then" task12 \
	"${whole[@]}" <<'END'
	expect ready>
	send "$tend" run -- sh -c 'echo $$ >"$work/command"; read -r line; echo "got $line"' &\r
	until [[ $(tree_state) == TST ]]
	send \r
	expect Stopped
	send fg\r
	until [[ $(tree_state) == SSS ]]
	send for the command\n
	expect got for the command
	expect ready>
END

types "a command whose stdin is not the terminal has it, too" task13 \
	TEND_INPUT=none <<'END'
	expect ready>
	send "$tend" run -- sh -c 'echo up; read -r line </dev/tty; echo "got $line"'\r
	expect ^up
	send a password\n
	expect got a password
	expect ready>
END

types "^C reaches tend if its output goes elsewhere" task8 <<'END'
	expect ready>
	send "$tend" run -- sh -c ': >"$work/up8"; exec sleep 100' | cat\r
	until test -e "$work/up8"
	send \x03
	expect ready>
	send echo status=${PIPESTATUS[0]}\r
	expect status=130
END

types "a command that dies by a signal leaves the terminal usable" task9 \
	"${whole[@]}" <<'END'
	expect ready>
	send "$tend" run -- sh -c 'kill -KILL $$'\r
	expect ready>
	send echo status=$?\r
	expect status=137
	send sh -c 'echo up; exec cat'\r
	expect ^up
	send again\n
	expect again\r\nagain
	send \x04
	expect ready>
END

types "so does one that cannot be executed" task10 "${whole[@]}" <<'END'
	expect ready>
	send "$tend" run -- "$work/none"\r
	expect ready>
	send echo status=$?\r
	expect status=127
END

types "a terminal that is hung up" task11 "${whole[@]}" \
	TEND_OUTCOME="$work/outcome11" <<'END'
	expect ready>
	send "$tend" run -- sh -c 'echo $$ >"$work/pid11"; exec sleep 100'\r
	until test -s "$work/pid11"
	hangup
	until ! kill -0 "$(<"$work/pid11")"
	until test -s "$work/outcome11"
END

reasons() {
	history task | jq -r '[.[].activityTaskFailedEventAttributes //
		empty | .reason] | sort | .[]'
}
all_told() {
	[[ $(reasons) == "cannot execute $work/none: No such file or directory
exit status 3
exit status 6
exit status 7
killed by SIGHUP
killed by SIGKILL
stopped: tend received SIGINT" ]]
}
ok "SWF knows how each of them ended" wait_for all_told ||
	diag "$(reasons)"
is "$(outcome_count task ActivityTaskCompleted)" 6 "also of those that did well"

done_testing
