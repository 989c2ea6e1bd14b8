#!/bin/bash
# SPDX-License-Identifier: MIT
# tend as the first process of a container.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"

# A process name space of its own: as root, or with a user name space.
for inside in "unshare" "unshare -Ur" ""; do
	[[ -n $inside ]] || skip_all "no process name space can be made here"
	inside="$inside --pid --fork --mount-proc --kill-child"
	$inside true 2>/dev/null && break
done
service_start

# first NAME [OPTION]... -- COMMAND: tend is number 1; $pid is unshare's.
first() {
	local name=$1
	shift
	MARK=$work/$name $inside "$tend" run --endpoint-url "$endpoint" \
		--no-sign-request --task "$work/$name.task" -t 60s -i 50ms \
		--outcome "$work/$name.json" "$@" \
		>"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$name.pid"
}

# tend's own number as we see it.
inner() {
	pgrep -P "$(<"$work/$1.pid")" -x tend
}
has_inner() {
	[[ -n $(inner "$1") ]]
}

# ---- life --------------------------------------------------------------------

new_task life
first life -- sh -c 'echo $PPID; readlink /proc/1/exe; exit 3'
ended life
is "$status" 3 "as number 1: the command's own status"
is "$(tail -n 1 "$work/life.out")" "$(realpath "$tend")" "it is number 1"
is "$(outcome_field life reason)" "exit status 3" "SWF is told"

# ---- cleaning up -------------------------------------------------------------

new_task clean
first clean -k 60s -- sh -c '
	sh -c "trap \"sleep 0.5; : >\\\"\$work/clean.cleaned\\\"; exit\" TERM
		: >\"\$work/clean.up\"; while :; do sleep 0.02; done" &
	exec sleep 1000'
wait_for there clean.up
cancel_task clean
ended clean
ok "a grandchild that needs a moment has it, though the command is dead" \
	there clean.cleaned
is "$status" 143 "and tend ends after it"

new_task deaf
first deaf -k 300ms -- sh -c 'trap "" TERM; : >"$work/deaf.up"
	setsid sh -c "trap \"\" TERM; while :; do sleep 0.05; done" &
	while :; do sleep 0.05; done'
wait_for there deaf.up
kill -TERM "$(inner deaf)"
ended deaf
is "$status" 143 "docker stop: 143"
is "$(outcome_field deaf reason)" "stopped: tend received SIGTERM" \
	"and SWF is told"

# ---- zombies -----------------------------------------------------------------

new_task zombies
first zombies -- sh -c '
	sh -c "for i in \$(seq 100); do sleep 0.0\$i & done"
	while [ "$(ps -e -o comm= | grep -c sleep)" -gt 0 ]; do :; done
	ps -e -o stat= | grep -c Z >"$work/zombies.count"; exit 4'
ended zombies
is "$(<"$work/zombies.count")" 0 "adopted orphans are reaped"
is "$status" 4 "and not mistaken for the command"

# Somebody enters the container and leaves an orphan there: tend's own.
if [[ $(id -u) == 0 ]] && command -v nsenter >/dev/null; then
	new_task stranger
	first stranger -- sh -c ': >"$work/stranger.up"
		until [ -e "$work/stranger.go" ]; do sleep 0.02; done
		ps -e -o stat= | grep -c Z >"$work/stranger.count"; exit 5'
	wait_for there stranger.up
	nsenter -t "$(inner stranger)" -p -m sh -c '
		(sh -c ": >\"\$work/stranger.left\"" &) & :'
	wait_for there stranger.left
	: >"$work/stranger.go"
	ended stranger
	is "$(<"$work/stranger.count")" 0 "a stranger's orphan is reaped"
	is "$status" 5 "and changes nothing"
else
	skip "not root" "a stranger's orphan is reaped"
fi

# ---- TERM at once ------------------------------------------------------------

wrong=()
rounds=12
new_tasks early "$rounds"
for ((i = 1; i <= rounds; i++)); do
	first "early.$i" -- sleep 1000
	wait_for has_inner "early.$i"
	number=$(inner "early.$i")
	for ((j = 0; j < 100000; j++)); do
		blocks_term "$number" && break
	done
	kill -TERM "$number"
	ended "early.$i"
	[[ $status == 143 ]] || wrong+=("$i: $status")
done
is "${wrong[*]}" "" "TERM as soon as it can be taken: always 143"
is "$(many_outcomes early | grep -c \
	'ActivityTaskFailed stopped: tend received SIGTERM$')" "$rounds" \
	"and SWF is told"

done_testing
