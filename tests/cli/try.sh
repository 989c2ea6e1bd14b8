# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the tests of "tend try" share beyond run.sh, which it sources.

. "${TEND_SOURCE:?}/tests/cli/run.sh"
[[ -x $swf_local ]] || skip_all "built without swf-local"

# try NAME [ARG]...: to its end.  Sets $status; what it printed is in
# $work/NAME.out and $work/NAME.err.
try() {
	local name=$1
	shift
	"$tend" try "$@" >"$work/$name.out" 2>"$work/$name.err"
	status=$?
}

# try_start NAME [ARG]...: the same, without waiting; $pid is tend's.
try_start() {
	local name=$1
	shift
	env --default-signal=INT,QUIT "$tend" try "$@" \
		>"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$name.pid"
}

# told NAME ERE: whether the history that NAME has printed has such an event.
told() {
	sed -n '/^The history that SWF has of it:$/,$p' "$work/$1.err" |
		grep -Eqs -- "^ *[0-9]+ +[0-9]+\.[0-9]{3}s  $2\$"
}

# all_of PID: it and all that descends from it, one a line.
all_of() {
	local child
	echo "$1"
	for child in $(children "$1"); do
		all_of "$child"
	done
}

# all_gone PID...
all_gone() {
	local one
	for one; do
		gone "$one" || return
	done
}
