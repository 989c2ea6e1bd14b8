#!/bin/bash
# SPDX-License-Identifier: MIT
# What a worker has opened for a task it has closed when that is over, however
# it ends; and a guard has what it needs and nothing else.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/spool.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms

# descriptors PID: how many it has of which kind, but for connections: those
# are libcurl's, and come and go.
descriptors() {
	find "/proc/$1/fd" -mindepth 1 -printf '%l\n' | awk '
	FILENAME == "/proc/net/unix" { unix["socket:[" $7 "]"] = 1; next }
	/^socket:/ && !($0 in unix) { next }
	/^socket:/ { $0 = "unix" }
	/^pipe:/ { $0 = "pipe" }
	{ count[$0]++ }
	END { for (kind in count) print count[kind], kind }
	' /proc/net/unix - | sort -k 2
}

# idle: whether the worker has no task in hand.
idle() {
	(($(guards "$pid") == 0))
}
settled() {
	idle && [[ $(descriptors "$pid") == "$usual" ]]
}

# guard_is_lean: whether there is one guard, with what it needs.
guard_is_lean() {
	local guard
	guard=$(pgrep -P "$pid" -x tend-guard)
	[[ $(descriptors "$guard") == "1 anon_inode:[signalfd]
1 anon_inode:[timerfd]
1 unix" ]]
}

# gives_back NAME [ARG]...: a worker, and tasks that end in all ways.
gives_back() {
	local name=$1
	shift
	schedule "$name-first" 1 "list=$name"
	worker_start "$name" -t 60s -i 100ms -k 200ms --slots 2 \
		--log-level error "$@" -- bash -c 'case $SWF_ACTIVITY_ID in
		*.2) seq 100000; exit 3 ;;
		*.3) kill -KILL $$ ;;
		*.4) setsid sleep 1000 & exit 0 ;;
		*.5) kill -KILL $PPID; sleep 1000 ;;
		*.6) : >"$work/'"$name"'.up"; exec sleep 1000 ;;
		esac; echo out; echo err >&2'
	# It has its leases, and its file in the spool, from the first one on.
	wait_for all_closed "$name-first" 1
	wait_for idle
	usual=$(descriptors "$pid")
	schedule "$name" 6
	wait_for all_closed "$name" 5
	wait_for there "$name.up"
	ok "$name: a guard has its signals, its timer and its channel" \
		wait_for guard_is_lean ||
		diag "it has:" "$(descriptors "$(pgrep -P "$pid")")"
	cancel_task "$name" "$name.6"
	wait_for all_closed "$name" 6
	ok "$name: of six tasks nothing is left open" wait_for settled ||
		diag "it had:" "$usual" "it has:" "$(descriptors "$pid")"
	is "$(kinds "$name")" "1 ActivityTaskCanceled
2 ActivityTaskCompleted
3 ActivityTaskFailed" "which ended in all ways"
	lib_end "$pid"
}

gives_back plain
gives_back all --pty --input stdin --result file --spool "$spool" \
	--progress-from fd:7

done_testing
