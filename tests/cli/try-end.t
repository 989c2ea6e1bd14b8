#!/bin/bash
# SPDX-License-Identifier: MIT
# tend try: whatever ends it, nothing of it stays.

. "${TEND_SOURCE:?}/tests/cli/try.sh"

# service_of PID: the swf-local that it has started.
service_of() {
	local child
	for child in $(children "$1"); do
		[[ $(<"/proc/$child/comm") == swf-local ]] && echo "$child"
	done 2>/dev/null
}

is_up() {
	[[ -n $(command_of "$pid") && -n $(service_of "$pid") ]]
}

try_start int -- sleep 60
wait_for is_up
mapfile -t all < <(all_of "$pid")
kill -INT "$pid"
tend_wait int
is "$status" 130 "INT: it stops, and exits as tend run"
ok "the history is told all the same" told int \
	'ActivityTaskFailed +reason: stopped: tend received SIGINT'
ok "and nothing is left" wait_for all_gone "${all[@]}"

if [[ -n $python ]]; then
	EXPECT_PATIENCE=$lib_patience "$python" "$top/tests/cli/expect.py" \
		env TERM=xterm "$tend" try -- sh -c \
		'trap "echo caught; exit 5" INT; echo ready; while :; do
		sleep 0.05; done' >"$work/expect" 2>&1 <<-'END'
		expect ready
		expect heartbeat 1
		send \x03
		expect caught
		expect ActivityTaskFailed +reason: exit status 5
	END
	is "$?" 0 "^C is the command's, as with tend run" ||
		diag "$(<"$work/expect")"
fi

if [[ -n $python ]]; then
	EXPECT_PATIENCE=$lib_patience "$python" "$top/tests/cli/expect.py" \
		env TERM=xterm bash --norc -i >"$work/expect" 2>&1 <<-END
		send $tend try -- sh -c 'echo rea""dy; exec sleep 60'\\r
		expect ready
		expect heartbeat 1
		send \\x1a
		expect \\x1b\\[K[\\r\\n]+\\[1\\].*Stopped
		send fg\\r
		expect heartbeat 1
		send \\x03
		expect ActivityTaskFailed +reason: killed by SIGINT
	END
	is "$?" 0 "^Z takes the line away, fg brings it back" ||
		diag "$(<"$work/expect")"
fi

# The service is not to end first.
try_start service -i 0.2 --stop-deadline 3 -- sleep 60
wait_for is_up
mapfile -t all < <(all_of "$pid")
kill -KILL "$(service_of "$pid")"
tend_wait service
is "$status" 125 "a swf-local that is killed ends it with 125"
like "$(<"$work/service.err")" 'error: swf-local has ended before' \
	"and it says so"
ok "nothing is left" wait_for all_gone "${all[@]}"

# Nor while it is asked for the cancel.
try_start asked -i 0.2 -t none --stop-deadline 3 --cancel-after 0.5 -- \
	sh -c 'echo up; exec sleep 60'
wait_for contains "$work/asked.out" up
kill -STOP "$(service_of "$pid")"
wait_for contains "$work/asked.err" 'cancellation of the workflow is requested'
kill -KILL "$(service_of "$pid")"
tend_wait asked
is "$status" 125 "also while it is asked for the cancellation"
like "$(<"$work/asked.err")" 'error: swf-local has ended before' \
	"and it says so then"

# A third TERM while the guard does not move, and then the service does not: the
# command goes on printing after its activity has ended.
printed_more() {
	(($(wc -l <"$work/third.out") > printed + 20000))
}
# shellcheck disable=SC2016 # it is for sh
try_start third -- sh -c 'trap "" TERM; echo up; while :; do echo "$((i += 1))"
	done'
wait_for contains "$work/third.out" up
mapfile -t all < <(all_of "$pid")
service=$(service_of "$pid")
kill -STOP "$(guard_of "$pid")" "$service"
for i in 1 2 3; do
	kill -TERM "$pid"
	sleep 0.15 # two within a tenth of a second are one
done
wait_for contains "$work/third.err" 'SWF could not be told'
printed=$(wc -l <"$work/third.out")
wait_for printed_more
kill -CONT "$service"
tend_wait third
is "$status" 143 "a third TERM while the command goes on printing: 128+n"
ok "nothing is left" wait_for all_gone "${all[@]}"

# ---- At any moment: from before the service is started to well after --------

# wrong SIGNAL: how many of the runs that get it leave something behind, or
# end otherwise than by it.
wrong() {
	local delay count=0 all
	for delay in 0 0.002 0.004 0.006 0.008 0.01 0.012 0.014 0.016 0.018 \
		0.02 0.025 0.03 0.04 0.05 0.08; do
		try_start moment -i 0.05 -- sh -c 'echo up; exec sleep 60'
		sleep "$delay"
		kill -STOP "$pid"
		mapfile -t all < <(all_of "$pid")
		kill -"$1" "$pid"
		kill -CONT "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		status=$?
		if ((status != 128 + $(kill -l "$1"))) ||
			! wait_for all_gone "${all[@]}"; then
			diag "$1 after $delay s: status $status"
			count=$((count + 1))
		fi
	done
	echo "$count"
}

is "$(wrong KILL)" 0 "killed with -9 at sixteen moments: nothing is left"
is "$(wrong TERM)" 0 "told to stop at sixteen moments: nothing is left"

done_testing
