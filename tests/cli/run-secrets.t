#!/bin/bash
# SPDX-License-Identifier: MIT
# The task token and the keys: nobody but SWF gets to see them.  And what
# happens when the service has its doubts about keys or clock while the
# command runs.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start

new_tasks task 5

# shows NAME COMMAND...: the token of the task is nowhere to be seen while the
# command, a tend that runs $forever, is running.
forever=(sh -c 'tr "\0" "\n" </proc/self/environ >"$0.environ"
	tr "\0" "\n" </proc/self/cmdline >"$0.cmdline"; : >"$0"
	exec sleep 100')
shows() {
	local name=$1 where guard command
	shift
	"$@" >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	lib_pids+=("$pid")
	wait_for test -e "$work/up" || diag "$(<"$work/err")"
	guard=$(guard_of "$pid")
	command=$(command_of "$pid")
	isnt "$command" "" "$name: the command runs"
	for where in /proc/{"$pid","$guard","$command"}/{cmdline,environ} \
		"$work/up.environ" "$work/up.cmdline"; do
		[[ -e $where ]] || bail "$where"
		tr '\0' '\n' <"$where" | grep -Fq -- "$token" || continue
		fail "$name: the token is in $where ($(<"${where%/*}/comm"))"
	done
	unlike "$(ps -o args= -p "$pid,$guard,$command")" "$token" \
		"$name: ps does not show the token"
	kill "$pid"
	wait "$pid"
	like "$(<"$work/err")" 'heartbeat accepted' \
		"$name: the log tells everything"
	not_ok "$name: but not the token" grep -Fq -- "$token" "$work/err"
	not_ok "$name: and neither does the outcome file" \
		grep -Fq -- "$token" "$work/outcome"
	not_ok "$name: which is there" test ! -s "$work/outcome"
	rm -f "$work/up" "$work/outcome"
}

to_service=(--endpoint-url "$endpoint" --no-sign-request --log-level debug
	--outcome "$work/outcome")
token_of() {
	token=$(jq -r .taskToken "$work/task$1.task")
}

token_of 1
shows "a token by option" "$tend" run "${to_service[@]}" \
	--task-token "$token" -- "${forever[@]}" "$work/up"
token_of 2
shows "a token by option, with =" "$tend" run "${to_service[@]}" \
	--task-token="$token" -- "${forever[@]}" "$work/up"
token_of 3
shows "a token by variable" env TEND_TASK_TOKEN="$token" "$tend" run \
	"${to_service[@]}" -- "${forever[@]}" "$work/up"
token_of 4
shows "a variable that is not used" env TEND_TASK_TOKEN="$token" "$tend" run \
	"${to_service[@]}" --task "$work/task4.task" \
	-- "${forever[@]}" "$work/up"
token_of 5
cp "$work/task5.task" "$work/input.task"
shows "a token in a file" "$tend" run "${to_service[@]}" \
	--task "$work/input.task" -- "${forever[@]}" "$work/up"

# ---- keys --------------------------------------------------------------------

export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=hushhush
export AWS_SESSION_TOKEN=sessiontoken

# signed TASK [OPTION]... -- COMMAND...: as tend_run, but signed.
signed() {
	local name=$1
	shift
	"$tend" run --endpoint-url "$endpoint" --task "$work/$name.task" \
		--log-level debug "$@" >"$work/$name.out" 2>"$work/$name.err"
	status=$?
}

new_task keys
signed keys -- env
is "$status" 0 "signed requests are taken"
ok "the command has the keys that tend has" \
	grep -q '^AWS_SECRET_ACCESS_KEY=hushhush' "$work/keys.out"
unlike "$(<"$work/keys.err")" 'hushhush|sessiontoken' \
	"the log does not have them"

new_task denied
signed denied --env-deny 'AWS_S*' --env-deny PATH -- /usr/bin/env
is "$status" 0 "--env-deny: tend has its keys all the same"
ok "--env-deny: the command has what is not named" \
	grep -q '^AWS_ACCESS_KEY_ID=' "$work/denied.out"
unlike "$(<"$work/denied.out")" 'hushhush|sessiontoken|^PATH=|TEND_' \
	"--env-deny: it does not have the rest"
new_task denied2
TEND_ENV_DENY=$'AWS_*\nHOME' signed denied2 -- env
unlike "$(<"$work/denied2.out")" 'AWS_|TEND_' \
	"TEND_ENV_DENY has one on each line"
not_ok "and each counts" grep -q '^HOME=' "$work/denied2.out"
ok "and leaves the others" grep -q '^PATH=' "$work/denied2.out"

fault() { # JSON
	local_api DELETE faults >/dev/null
	local_api POST faults "$1" >"$work/fault" || bail "$(<"$work/fault")"
}

# ---- core dumps --------------------------------------------------------------

# dumps COMMAND...: starts it, waits for $work/up, has it crash, and says
# whether the kernel has dumped core.
dumps() {
	"$python" -c 'if True:
	import os, resource, signal, sys, time
	resource.setrlimit(resource.RLIMIT_CORE, [-1, -1])
	pid = os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
	while not os.path.exists(sys.argv[1]):
		time.sleep(0.01)
	os.kill(pid, signal.SIGSEGV)
	print(os.WCOREDUMP(os.waitpid(pid, 0)[1]))' "$work/up" "$@" \
		2>"$work/dumps.err"
}

if [[ -n $python && -z $sanitized &&
	$(</proc/sys/kernel/core_pattern) == core ]] &&
	(ulimit -Sc unlimited) 2>/dev/null
then
	new_task crash
	# It would be in tend's directory, which is / by then.
	is "$(dumps "$tend" run --endpoint-url "$endpoint" --task \
		"$work/crash.task" -- sh -c ': >"$0"; sleep 100' "$work/up")" \
		False "tend dumps no core with keys in it"
	new_task crashes
	(
		cd "$work" || exit
		ulimit -Sc unlimited
		signed crashes -- sh -c 'kill -SEGV $$'
	)
	like "$(<"$work/crashes.err")" 'SIGSEGV \(core dumped\)' \
		"but a command does, if it may"
else
	skip "no core dumps here" "a tend that crashes"
	skip "no core dumps here" "a command that crashes"
fi

# ---- a clock that is wrong ---------------------------------------------------

for offset in +20m -3h; do
	fault '{"operation":"*","fault":"date","value":"'$offset'"}'
	name=clock$offset
	new_task "$name"
	signed "$name" -- true
	is "$status" 0 "a clock that is $offset wrong is corrected"
	is "$(outcome "$name")" ActivityTaskCompleted "and the outcome taken"
	like "$(<"$work/$name.err")" \
		'clock of this host is (119|120|1079|1080)[0-9]{1,2} s (slow|fast)' \
		"which is told"
done

# ---- doubts while the command runs -------------------------------------------

fault '{"operation":"RecordActivityTaskHeartbeat","after":1,"count":2,
	"fault":"error","value":"ExpiredTokenException",
	"message":"The security token included in the request is expired"}'
new_task expired
"$tend" run --endpoint-url "$endpoint" --task "$work/expired.task" -t 6s \
	-i 200ms -- sh -c 'while [ ! -e "$0" ]; do sleep 0.05; done; exit 5' \
	"$work/done" >"$work/expired.out" 2>"$work/expired.err" &
pid=$!
lib_pids+=("$pid")
ok "keys that are refused for a while: the command goes on" \
	wait_for beats_reach expired 4
touch "$work/done"
wait "$pid"
is "$?" 5 "to its own end"
is "$(outcome expired)" ActivityTaskFailed "which SWF has"
like "$(<"$work/expired.err")" \
	'heartbeat failed: ExpiredTokenException: .*new credentials' \
	"with a line in the log that says what to do"
like "$(<"$work/expired.err")" 'heartbeat accepted again' \
	"and one that it is over"

# As long as they are not taken, the lease runs, and its end stops the command.
fault '{"operation":"RecordActivityTaskHeartbeat","after":1,
	"fault":"error","value":"ExpiredTokenException"}'
new_task lapsed
before=$(now_ms)
signed lapsed -t 3s -- sleep 100
is "$status" 123 "keys that stay refused: the lease is lost"
took=$(($(now_ms) - before))
ok "within the heartbeat timeout ($took ms)" test "$took" -lt 4000
is "$(outcome lapsed)" "" "and SWF is told nothing"
local_api DELETE faults >/dev/null

# ---- a token that is none ----------------------------------------------------

for garbage in garbage AAAAKgAAAAEAAAAAAAAA "$(token expired)x"; do
	"$tend" run --endpoint-url "$endpoint" --task-token "$garbage" \
		-- touch "$work/started" >"$work/out" 2>"$work/err"
	is "$?" 125 "a token that is none"
	ok "starts nothing" test ! -e "$work/started"
	unlike "$(<"$work/err")" "$garbage" "and is not shown"
done

done_testing
