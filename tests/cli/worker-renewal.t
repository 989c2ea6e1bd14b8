#!/bin/bash
# SPDX-License-Identifier: MIT
# While credentials are asked for nothing else waits: not the heartbeats of
# another task, no stop and no signal; with a metadata service that hangs, and
# a program that takes its time.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms
. "$top/tests/cli/renewal.sh"

# ---- nobody else waits -------------------------------------------------------

# gap NAME FIELD: of the heartbeats of the task since $since: the longest time
# between two, or how many there were.
since=0
gap() {
	calls RecordActivityTaskHeartbeat | jq -s --arg name "$1" \
		--argjson since "$since" --arg field "$2" '
		[.[] | select(.activityId == $name and .arrived > $since) |
			.arrived] |
		if $field == "count" then length
		else [.[1:], .[:-1]] | transpose | map(.[0] - .[1]) |
			(sort | if $field == "max" then last
				else .[length / 2 | floor] end) | round end'
}

boot_ms() {
	local up
	read -r up _ </proc/uptime
	echo $((${up/./} * 10))
}

gap_count_reaches() {
	(($(gap "$1" count) >= $2))
}

# disturb NAME: a worker with two tasks.  What is to be seen is the one of the
# two that is not refused; its name is in $other.
disturb() {
	local name=$1
	schedule "$name" 2 heartbeat=6
	"$tend" worker --endpoint-url "$endpoint" --domain test \
		--task-list "work-$name" --slots 2 -i 100ms --log-level debug \
		-- sh -c 'while [ ! -e "$0" ]; do sleep 0.05; done' \
		"$work/$name.done" >"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$name.pid"
	wait_for beats_reach "$name.1" 2 || diag "$(<"$work/$name.err")"
	wait_for beats_reach "$name.2" 2
}

undisturbed() {
	local name=$1
	ok "$name: heartbeats of the other task go on" \
		wait_for gap_count_reaches "$other" 12
	diag "$name: every 90 to 100 ms: median $(gap "$other" median) ms," \
		"longest $(gap "$other" max) ms"
	ok "$name: at their time" test "$(gap "$other" median)" -le 120
	ok "$name: without a gap" test "$(gap "$other" max)" -lt 600
	: >"$work/$name.done"
	wait_for all_closed "$name" 2
	is "$(kinds "$name")" "2 ActivityTaskCompleted" "$name: both complete"
	kill "$pid"
	tend_wait "$name"
	is "$status" 0 "$name: and the worker ends"
}

was_refused() {
	[[ -n $(calls RecordActivityTaskHeartbeat |
		jq -r 'select(.outcome != "ok") | .outcome') ]]
}

# The one that was refused waits for more than a second, and the fault does
# not say which of the two it is: it is not the one that has sent ten first.
find_other() {
	for other in "$1.1" "$1.2"; do
		gap_count_reaches "$other" 10 && return
	done
}

# refuse_one NAME: one heartbeat of the two tasks.  Sets $other.
refuse_one() {
	local_api DELETE calls >/dev/null
	expired RecordActivityTaskHeartbeat 0
	ok "$1: a heartbeat is refused" wait_for was_refused
	since=$(boot_ms)
	wait_for find_other "$1"
}

gives AKIDHUNG
disturb hung
says hang
before=$(asked)
refuse_one hung
is "$(asked)" $((before + 1)) "hung: the metadata service is asked, and hangs"
undisturbed hung
is "$(sort -u "$meta/asked")" /creds "nothing else was asked for"

cat >"$work/process" <<-'END'
	#!/bin/sh
	echo x >>"$0.asked"
	[ ! -e "$0.slow" ] || sleep 2
	n=$(wc -l <"$0.asked")
	printf '{"Version":1,"AccessKeyId":"AKIDPROCESS%d",' "$n"
	printf '"SecretAccessKey":"hushhush","SessionToken":"sessiontoken",'
	printf '"Expiration":"%s"}' "$(date -u -d '+2 hours' +%FT%TZ)"
END
chmod +x "$work/process"
mkdir -p "$work/.aws"
printf '[profile process]\ncredential_process = %s\n' "$work/process" \
	>"$work/.aws/config"
export AWS_PROFILE=process
disturb slow
: >"$work/process.slow"
refuse_one slow
ok "slow: the program runs, and takes its time" \
	wait_for has_lines "$work/process.asked" 2
undisturbed slow
is "$(lines "$work/process.asked")" 2 "it was run twice"
unlike "$(<"$work/slow.err")" 'hushhush|sessiontoken' "nothing is shown"
unset AWS_PROFILE

# ---- nor a stop, nor a signal ------------------------------------------------

cat >"$work/command.py" <<-'END'
	import os, signal, sys, time
	def note(number, frame):
	    with open(sys.argv[1], "a") as file:
	        file.write("%d\n" % (time.time() * 1000))
	    if number == signal.SIGTERM:
	        os._exit(0)
	signal.signal(signal.SIGUSR1, note)
	signal.signal(signal.SIGTERM, note)
	open(sys.argv[1], "w").close()
	while True:
	    time.sleep(100)
END

# delay NAME SIGNAL LINE: how long it takes until the command has it, ms.
delay() {
	local sent
	sent=$(now_ms)
	kill "-$2" "$pid"
	wait_for has_lines "$work/$1.signals" "$3"
	echo $(($(sed -n "$3p" "$work/$1.signals") - sent))
}

gives AKIDSIGNAL
new_task signals
renewal_start signals -t 60s -i 100ms -- "$python" "$work/command.py" \
	"$work/signals.signals"
wait_for test -e "$work/signals.signals" || diag "$(<"$work/signals.err")"
wait_for beats_reach signals 1
calm=$(delay signals USR1 1)
says hang
before=$(asked)
expired RecordActivityTaskHeartbeat 0
wait_for asked_more_than "$before"
usr1=$(delay signals USR1 2)
term=$(delay signals TERM 3)
diag "a signal takes $calm ms; while metadata hangs USR1 $usr1 ms, TERM $term ms"
ok "a signal is passed on while metadata hangs" test "$usr1" -lt 500
ok "and so is a stop" test "$term" -lt 500
tend_wait signals
is "$status" 143 "and that is the end of it"
is "$(outcome signals)" ActivityTaskFailed "of which SWF is told"

done_testing
