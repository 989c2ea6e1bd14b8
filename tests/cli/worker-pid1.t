#!/bin/bash
# SPDX-License-Identifier: MIT
# A worker as the first process of a container, and under job control.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms
quick=(-t 60s -i 100ms)

# ---- job control -------------------------------------------------------------

schedule suspend 2
worker_start suspend "${quick[@]}" --slots 2 --max-tasks 2 -- bash -c '
	echo $$ >"$work/$SWF_ACTIVITY_ID.up"
	until [ -e "$work/suspend.go" ]; do sleep 0.05; done'
wait_for test -s suspend.1.up && wait_for test -s suspend.2.up
kill -TSTP "$pid"
ok "TSTP stops the worker" wait_for is_stopped "$pid"
ok "and a command" wait_for is_stopped "$(<"$work/suspend.1.up")"
ok "and the other" wait_for is_stopped "$(<"$work/suspend.2.up")"
: >"$work/suspend.go"
kill -CONT "$pid"
worker_ended suspend
is "$(kinds suspend)" "2 ActivityTaskCompleted" "CONT continues all of them"

# ---- process 1 ---------------------------------------------------------------

# A process name space of its own: as root, or with a user name space.
for inside in "unshare" "unshare -Ur" ""; do
	if [[ -z $inside ]]; then
		skip "no process name space can be made here" "as process 1"
		done_testing
	fi
	inside="$inside --pid --fork --mount-proc --kill-child"
	$inside true 2>/dev/null && break
done

# first NAME [ARG]...: the worker is number 1; $pid is unshare's.
first() {
	local name=$1
	shift
	MARK=$work/$name $inside "$tend" worker --endpoint-url "$endpoint" \
		--no-sign-request --domain test --task-list "work-$name" \
		"${quick[@]}" "$@" >"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$name.pid"
}
inner() {
	pgrep -P "$(<"$work/$1.pid")" -x tend
}

blocks_term_inside() {
	local number
	number=$(inner "$1") && blocks_term "$number"
}

schedule life 4
first life --slots 2 --max-tasks 4 -- sh -c 'readlink /proc/1/exe
	(sleep 0.1 &) & (setsid sleep 0.2 &) & exit 0'
worker_ended life
is "$status $(kinds life)" "0 4 ActivityTaskCompleted" "as number 1: works"
like "$(tail -n 1 "$work/life.out")" "$(realpath "$tend")\$" "it is number 1"

schedule zombies 1
first zombies --max-tasks 1 -- sh -c '
	sh -c "for i in \$(seq 100); do sleep 0.0\$i & done"
	while [ "$(ps -e -o comm= | grep -c sleep)" -gt 0 ]; do :; done
	ps -e -o stat= | grep -c Z >"$work/zombies.count"'
worker_ended zombies
is "$(<"$work/zombies.count")" 0 "adopted orphans are reaped"

schedule stop 2
first stop --slots 2 --drain-timeout 0 -k 300ms -- sh -c '
	trap "" TERM; : >"$work/$SWF_ACTIVITY_ID.up"
	setsid sh -c "trap \"\" TERM; while :; do sleep 0.05; done" &
	while :; do sleep 0.05; done'
wait_for there stop.1.up stop.2.up
kill -TERM "$(inner stop)"
worker_ended stop
is "$status $(kinds stop)" "0 2 ActivityTaskFailed" \
	"docker stop: all are reported"
is "$(survivors stop)" "" "and dead"

# TERM at any moment ends it, and no task is left open.
wrong=()
for i in {1..10}; do
	schedule "early$i" 1
	first "early$i" --drain-timeout 0 -k 100ms -- sleep 1000
	wait_for -t 20 blocks_term_inside "early$i"
	((i % 2)) || wait_for started_reach "early$i" 1
	kill -TERM "$(inner "early$i")"
	worker_ended "early$i"
	started_reach "early$i" 1 && ! all_closed "early$i" 1 &&
		wrong+=("$i: $(history "early$i")")
	[[ $status == 0 ]] || wrong+=("$i: $status")
done
is "${wrong[*]}" "" "TERM at any moment loses no task"

done_testing
