# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For the tests of --spool and "tend flush": source it after lib.sh and
# watch.sh.
#
#	supervise_start copy --spool "$spool" -- sh -c 'echo result'
#	wait_for keeps result
#	kill -KILL "$pid"
#	flush
#	is "$status" 0 "nothing is left"

# Nobody but tend makes it.
spool=$work/spool

# flush [ARG]...: sets $status; what it said is in $work/flush.err.
flush() {
	"$tend" flush --spool "$spool" --endpoint-url "$endpoint" \
		--no-sign-request "$@" >"$work/flush.out" 2>"$work/flush.err"
	status=$?
}

# flushed: what it said, without its name.
flushed() {
	sed 's/^tend: //' "$work/flush.err"
}

# keeps TEXT: whether a file of the spool has it, on the disk or not yet.
keeps() {
	grep -aqsF -- "$1" "$spool"/*.spool
}

# spool_files: the names of all that is there.
spool_files() {
	ls -A "$spool"
}

# die NAME: kills tend, as the kernel does it, and waits for its end.
die() {
	local pid
	pid=$(<"$work/$1.pid")
	kill -KILL "$pid"
	wait_for gone "$pid"
	wait "$pid" 2>/dev/null
}

# What is traced cannot be searched for leaks.
untraceable=ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

# slow_disk MICROSECONDS: in the array of that name, the words before a command
# for which each fdatasync takes so long.
slow_disk() {
	slow_disk=(env "$untraceable" strace -f -qq -o /dev/null -e trace=fdatasync
		-e inject="fdatasync:delay_enter=$1")
}

# can_trace: whether strace works here, and can delay.
can_trace() {
	slow_disk 1
	"${slow_disk[@]}" true 2>/dev/null
}

# in_mounts SCRIPT [ARG]...: a shell with mounts of its own, if that can be.
in_mounts() {
	unshare -m --propagation private bash -c "$@"
}

can_mount() {
	# shellcheck disable=SC2016 # it is for the other shell
	in_mounts 'mount -t tmpfs -o size=64k none "$0"' "$work" 2>/dev/null
}
