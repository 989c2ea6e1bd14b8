#!/bin/bash
# SPDX-License-Identifier: MIT
# tend run --spool with a directory or a disk that is not what it should be.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/spool.sh"
service_start
quick=(-t 60s -i 100ms)

# ---- a directory that cannot be used -----------------------------------------

# refused NAME ERE DIR: tend run refuses it, and runs nothing.
refused() {
	"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task-token x --spool "$3" -- touch "$work/ran" 2>"$work/err"
	is "$?" 125 "$1: 125"
	like "$(<"$work/err")" "^tend: error: --spool: $2" \
		"and a line that says why"
	ok "nothing is run" test ! -e "$work/ran"
}
mkdir -m 755 "$work/open"
refused "open to others" "others can get into .*chmod 700" "$work/open"
mkdir -m 700 "$work/there"
refused "a file" ".*is not a directory" "$work/service.log"
refused "nowhere" "cannot make .*No such file" "$work/no/where"
if [[ $(id -u) == 0 ]]; then
	mkdir -m 700 "$work/other"
	chown 12345 "$work/other"
	ln -s there "$work/link"
	chown -h 12345 "$work/link"
	refused "a link of another user" ".*link is not a directory" \
		"$work/link"
	refused "of another user" "$work/other belongs to user 12345.*of your own" \
		"$work/other"
else
	skip "only root can make one" "a directory of another user"
fi

# ---- a disk that keeps nothing -----------------------------------------------

# costs_durability NAME ERE: the task is done all the same.
costs_durability() {
	is "$status $(outcome "$1")" "0 ActivityTaskCompleted" \
		"$2: the task is done all the same"
	like "$(<"$work/$1.err")" \
		"the spool .* keeps nothing for now, and tasks go on without it: $3" \
		"with a warning"
	is "$(grep -c "keeps nothing" "$work/$1.err")" 1 "once"
}

if can_mount; then
	new_task full
	in_mounts 'mount -t tmpfs -o size=16k,mode=700 none "$0" &&
		cd "$0" && cat /dev/zero >full 2>/dev/null; exec "$@"' \
		"$work/there" "$tend" run --endpoint-url "$endpoint" \
		--no-sign-request --task "$work/full.task" \
		--spool "$work/there" "${quick[@]}" -- echo it \
		>"$work/full.out" 2>"$work/full.err"
	status=$?
	costs_durability full "a full disk" ".*No space left on device"

	new_task readonly
	in_mounts 'mount -t tmpfs -o mode=700 none "$0" &&
		mount -o remount,ro "$0" && exec "$@"' \
		"$work/there" "$tend" run --endpoint-url "$endpoint" \
		--no-sign-request --task "$work/readonly.task" \
		--spool "$work/there" "${quick[@]}" -- echo it \
		>"$work/readonly.out" 2>"$work/readonly.err"
	status=$?
	costs_durability readonly "a read-only disk" ".*Read-only file system"
else
	skip "no mounts can be made here" "a full disk, a read-only disk"
fi

if [[ $(id -u) != 0 ]]; then
	new_task closed
	chmod 500 "$work/there"
	supervise closed --spool "$work/there" "${quick[@]}" -- echo it
	chmod 700 "$work/there"
	costs_durability closed "a read-only directory" ".*Permission denied"
fi

# ---- a disk that is slow, or broken ------------------------------------------

if ! can_trace; then
	skip "strace cannot delay a call here" "slow disks"
	done_testing
	exit
fi

# traced NAME DELAY [ARG]...: supervise_start, with fdatasync that takes so
# long; $pid is tend's.
traced() {
	local name=$1 delay=$2
	shift 2
	slow_disk "$delay"
	MARK=$work/$name "${slow_disk[@]}" "$tend" run \
		--endpoint-url "$endpoint" --no-sign-request \
		--task "$work/$name.task" --outcome "$work/$name.json" \
		--spool "$spool" "$@" >"$work/$name.out" 2>"$work/$name.err" &
	tracer=$!
	lib_pids+=("$tracer")
	wait_for has_child "$tracer"
	pid=$(pgrep -P "$tracer" -x tend)
	echo "$tracer" >"$work/$name.pid"
}
has_child() {
	[[ -n $(pgrep -P "$1" -x tend) ]]
}

new_task broken
env "$untraceable" strace -f -qq -o /dev/null -e trace=fdatasync \
	-e inject=fdatasync:error=EIO "$tend" run --endpoint-url "$endpoint" \
	--no-sign-request --task "$work/broken.task" --spool "$spool" \
	"${quick[@]}" -- echo it >"$work/broken.out" 2>"$work/broken.err"
status=$?
costs_durability broken "a broken disk" ".*Input/output error"

# 1 s for the start, and 1 s for the outcome.
forget_calls
new_task slow
traced slow 1000000 "${quick[@]}" -- sh -c 'date +%s%3N >"$work/ran"'
ended slow
is "$status $(outcome slow)" "0 ActivityTaskCompleted" "a slow disk"
beat=$(calls "$heartbeat" '.activityId == "slow"' |
	jq -s 'map(.arrived) | [range(1; length) as $i | .[$i] - .[$i - 1]] |
	max | round')
ok "heartbeats do not wait for it (at most $beat ms)" test "$beat" -lt 800
ok "there are many of them" test "$(count_beats slow)" -ge 10
began=$(calls "$heartbeat" '.activityId == "slow"' | head -n 1 |
	jq '.arrived')
told=$(calls "$completed" '.activityId == "slow"' | jq '.arrived')
ok "the report waits for the disk" \
	test "$(jq -n "$told - $began >= 1900")" == true

# It is waited for, but no longer than the lease allows: T/4.
new_task stuck heartbeat=4
before=$(now_ms)
traced stuck 30000000 -t 4s -i 200ms -- sh -c 'date +%s%3N >"$work/stuck.ran"'
wait_for -t 20 test -s "$work/stuck.ran"
took=$(($(<"$work/stuck.ran") - before))
ok "a disk that hangs holds the command for a moment ($took ms)" \
	test "$took" -ge 900 -a "$took" -lt 8000
ok "and the report" wait_for is_closed stuck
is "$(outcome stuck)" ActivityTaskCompleted "SWF has it"
kill -KILL "$pid"

# A stop is at once.
new_task stop
traced stop 30000000 "${quick[@]}" -t 60s -- sleep 1000
wait_for beaten stop 2
kill -TERM "$pid"
ok "a stop does not wait for the disk" wait_for -t 15 is_closed stop
is "$(outcome_field stop reason)" "stopped: tend received SIGTERM" \
	"and is told"
ok "nor does its end" wait_for -t 15 gone "$pid"
like "$(<"$work/stop.err")" "the disk does not answer; what is to be kept may" \
	"with a warning"

done_testing
