#!/bin/bash
# SPDX-License-Identifier: MIT
# --pty: a command that holds its output back when it prints to a pipe shows
# its progress, and otherwise nothing is different from a pipe.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start
unset COLUMNS LINES
export TERM=vt100
quick=(-t 60s -i 50ms)
dots=$build/tests/tools/dots
legacy() {
	python3 -S -c 'import os, sys, time
print("42%")
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
print("done")' "$1"
}
export -f legacy

absent() {
	! there "$@"
}

# ---- what it is for ----------------------------------------------------------

# Without it, to show that these do hold their output back.
new_task held
supervise_start held "${quick[@]}" -- "$dots" "$work/held.go"
wait_for beaten held 4
is "$(beats held | sort -u)" null "to a pipe, a static program says nothing"
: >"$work/held.go"
ended held

new_task static
supervise_start static "${quick[@]}" --pty -- "$dots" "$work/static.go"
ok "a static program's progress is seen while it runs" \
	wait_for has_beaten static '42%'
: >"$work/static.go"
ended static
is "$status $(outcome_field static result)" "0 ...done" "and its end"
is "$(od -c "$work/static.out" | sed 's/^[0-9]* *//')" \
	"$(printf '42%%\n...done\n' | od -c | sed 's/^[0-9]* *//')" \
	"what it prints is passed on, with no CR added"

new_task python
supervise_start python "${quick[@]}" --pty -- \
	bash -c 'legacy "$work/python.go"'
ok "Python's progress is seen while it runs" \
	wait_for has_beaten python '42%'
: >"$work/python.go"
ended python
is "$status $(outcome_field python result)" "0 done" "and its end"

# ---- what the command finds --------------------------------------------------

new_task found
OUTER=$(ps -o sid= -p $$) supervise found --pty -- sh -c '
	[ -t 0 ] || echo "stdin is none"
	[ -t 1 ] && echo "stdout is a terminal"
	[ -t 2 ] || echo "stderr is none"
	stty size </dev/tty
	[ "$(tty </dev/tty)" = /dev/tty ] || tty </dev/tty
	[ "$(ps -o tpgid= -p $$)" -eq $$ ] && echo "in front"
	[ "$(ps -o sid= -p $$)" -ne "$OUTER" ] && echo "session of its own"
	echo "TERM $TERM"; ls /proc/self/fd >"$work/with"' </dev/null
sed -i '/^\/dev\/pts/d' "$work/found.out"
is "$(<"$work/found.out")" "stdin is none
stdout is a terminal
stderr is none
24 80
in front
session of its own
TERM vt100" "stdout alone is a terminal, its own, with a size and the command in front" ||
	diag "$(<"$work/found.err")"

new_task pipe
supervise pipe -- sh -c 'ls /proc/self/fd >"$work/without"' </dev/null
is "$(<"$work/with")" "$(<"$work/without")" "it gets no further descriptor"

new_task size
COLUMNS=132 LINES=50 supervise size --pty -- stty size -F /dev/tty
is "$(<"$work/size.out")" "50 132" "COLUMNS and LINES say the size"
new_task odd
COLUMNS=-1 LINES=many supervise odd --pty -- stty size -F /dev/tty
is "$(<"$work/odd.out")" "24 80" "unless they are nonsense"
# On a terminal of tend's own, whose size changes.  WINCH is for the group in
# front, and that is tend's.
new_task resize
export tend endpoint
resize() {
	MARK=$work/resize "$tend" run --endpoint-url "$endpoint" --pty \
		--no-sign-request --task "$work/resize.task" -- bash -c '
		trap "stty size </dev/tty >>\"\$work/sizes\"" WINCH
		stty size </dev/tty >"$work/sizes"
		until [[ $(wc -l <"$work/sizes") == 2 ]]; do sleep 0.02; done' &
	until [[ -s $work/sizes ]]; do sleep 0.02; done
	stty cols 91 </dev/tty
	wait
}
export -f resize
ok "on a terminal, it ends" python3 "$top/tests/cli/terminal.py" 100x30 \
	timeout -v --foreground 20 bash -c resize >"$work/resize.out"
is "$(<"$work/sizes")" "30 100
30 91" "its size is that of tend's terminal, and changes with it" ||
	diag "$(<"$work/resize.out")"

new_task term
(unset TERM && supervise term --pty -- sh -c 'echo "$TERM"')
is "$(<"$work/term.out")" dumb "TERM is dumb where there is none"
new_task err
supervise err --pty -- sh -c 'echo out; echo bad >&2; exit 3'
is "$status $(<"$work/err.out") $(outcome_field err details)" \
	"3 out out

stderr:
bad" "stderr is apart"

# ---- bytes -------------------------------------------------------------------

for size in 1 4095 4096 4097 65536 1000001; do
	new_task "bytes$size"
	supervise "bytes$size" --pty --progress prefix:@ -- sh -c '
		head -c "$1" "$work/bytes"' sh "$size" 2>/dev/null ||
		fail "bytes$size"
done < <(head -c 1000001 /dev/urandom >"$work/bytes")
bad=
for size in 1 4095 4096 4097 65536 1000001; do
	cmp -s <(head -c "$size" "$work/bytes") "$work/bytes$size.out" ||
		bad+=" $size"
done
is "$bad" "" "every byte that is written before the end is passed on"

lost=0
new_tasks burst 30
for i in {1..30}; do
	supervise "burst.$i" --pty -- sh -c 'seq 2000; echo last'
	[[ $(tail -n 1 "$work/burst.$i.out") == last &&
		$(wc -l <"$work/burst.$i.out") == 2001 ]] || lost=$((lost + 1))
done
is "$lost" 0 "nothing of a burst before the end is lost, 30 times"

# ---- ends --------------------------------------------------------------------

new_task stop
supervise_start stop "${quick[@]}" --pty -- sh -c '
	trap "echo stopping; exit 3" TERM; : >"$work/stop.up"
	while :; do sleep 0.02; done'
wait_for there stop.up
cancel_task stop
ended stop
is "$(outcome stop) $(tail -n 1 "$work/stop.out")" \
	"ActivityTaskCanceled stopping" "a cancel stops it as without"

new_task deaf
name=deaf supervise_start deaf "${quick[@]}" -k 200ms --pty -- \
	bash -c "$lively"
wait_for there deaf.life
cancel_task deaf
ended deaf
is "$(said deaf .killed) $(survivors deaf)" "true " "one that is deaf is killed"

# The end of a session's leader hangs its terminal up; that of the command is
# no reason for the others to lose their grace.
new_task grace
supervise_start grace "${quick[@]}" --pty -k 60s -- bash -c '
	(trap "sleep 0.3; : >\"\$work/grace.done\"; exit" TERM
	trap ": >\"\$work/grace.hup\"" HUP
	: >"$work/grace.up"; while :; do sleep 0.02; done) &
	wait_for_it() { until [[ -e $work/grace.up ]]; do sleep 0.01; done; }
	wait_for_it; exit 0'
ended grace
ok "what it leaves behind has its grace" there grace.done
ok "and is not hung up" absent grace.hup
is "$(survivors grace)" "" "and is gone then"

new_task leave
supervise_start leave --pty --leftovers leave -- bash -c '
	(trap ": >\"\$work/leave.hup\"" HUP; : >"$work/leave.up"
	until [[ -e $work/leave.go ]]; do sleep 0.02; done
	: >"$work/leave.done") &
	until [[ -e $work/leave.up ]]; do sleep 0.01; done; echo over'
ended leave
is "$status $(outcome_field leave result)" "0 over" "--leftovers leave reports"
: >"$work/leave.go"
ok "and what it left goes on" wait_for there leave.done
ok "and is not hung up" absent leave.hup

new_task killed
supervise_start killed "${quick[@]}" --pty -- sh -c '
	: >"$work/killed.up"; trap "" HUP TERM; while :; do sleep 0.02; done'
wait_for there killed.up
kill -KILL "$(<"$work/killed.pid")"
wait "$(<"$work/killed.pid")" 2>/dev/null
ok "when tend is killed, so is everything" wait_for nobody_left killed

# /dev/tty is the same terminal, also when nobody has it open any more.
new_task again
supervise_start again "${quick[@]}" --pty -- sh -c '
	echo one; exec >/dev/null
	until [ -e "$work/again.go" ]; do sleep 0.01; done
	exec >/dev/tty; echo two'
wait_for has_beaten again one
: >"$work/again.go"
ended again
is "$(<"$work/again.out")" $'one\ntwo' \
	"what is opened again as /dev/tty is read"

# A reader that reads nothing stops the command, and nothing else.
new_task slow
mkfifo "$work/slow.pipe"
background sh -c 'exec sleep 1000 <"$work/slow.pipe"'
"$tend" run --endpoint-url "$endpoint" --no-sign-request --pty \
	--task "$work/slow.task" "${quick[@]}" -- \
	sh -c 'echo 1; yes' >"$work/slow.pipe" 2>"$work/slow.err" &
pid=$!
lib_pids+=("$pid")
wait_for has_beaten slow y
forget_calls
ok "a reader that reads nothing delays no heartbeat" wait_for beaten slow 5
cancel_task slow
ok "nor the end" wait_for gone "$pid"
is "$(outcome slow)" ActivityTaskCanceled "which is a cancel's"


# ---- many, and none ----------------------------------------------------------

schedule many 2
worker_start many --slots 2 "${quick[@]}" --max-tasks 2 --pty -- sh -c '
	: >"$work/many.$$"; exec "$1" "$work/many.go"' sh "$dots"
many_beat() {
	[[ $(calls "$heartbeat" '.details == "42%"' | jq -r .activityId |
		sort -u | wc -l) == 2 ]]
}
ok "each command of a worker has one of its own" wait_for many_beat
: >"$work/many.go"
worker_ended many
is "$(kinds many)" "2 ActivityTaskCompleted" "and all end well"

new_task refused
if unshare --mount true 2>/dev/null; then
	unshare --mount sh -c 'mount --bind /dev/null /dev/ptmx && exec "$@"' \
		sh "$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/refused.task" --pty -- true 2>"$work/refused.err"
	is "$?" 125 "where there are no terminals, nothing is started"
	like "$(<"$work/refused.err")" 'pseudo-terminal.*/dev/pts' "and why"
else
	skip "no mount namespaces" "where there are no terminals"
fi

done_testing
