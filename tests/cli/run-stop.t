#!/bin/bash
# SPDX-License-Identifier: MIT
# tend itself is told to stop: by docker stop, a reclaimed host, a shutdown.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start
quick=(-t 60s -i 50ms)

# ---- tend tells SWF before it goes -------------------------------------------

for name in TERM INT QUIT; do
	new_task "$name"
	supervise_start "$name" "${quick[@]}" -- sh -c 'echo half
		: >"$work/up"; exec sleep 1000'
	wait_for there up
	wait_for has_beaten "$name" half
	rm up
	kill -"$name" "$(<"$work/$name.pid")"
	ended "$name"
	is "$status" $((128 + $(kill -l "$name"))) "tend gets $name: 128+n"
	is "$(outcome_field "$name" reason)" \
		"stopped: tend received SIG$name" "SWF is told so"
	like "$(outcome_field "$name" details)" '^half' \
		"with the last progress"
	is "$(said "$name" '"\(.cause) \(.signal)"')" "stopped SIGTERM" \
		"the command got the stop signal"
	is "$(survivors "$name")" "" "and nobody is left"
done

# ---- an INT that is ignored at the start stays ignored -----------------------

new_task ignored
(
	trap '' INT QUIT
	MARK=$work/ignored exec "$tend" run --endpoint-url "$endpoint" \
		--no-sign-request --task "$work/ignored.task" "${quick[@]}" \
		-- sh -c 'kill -INT $$; : >"$work/ignored.up"
			until [ -e "$work/ignored.go" ]; do sleep 0.02; done'
) >"$work/ignored.out" 2>"$work/ignored.err" &
pid=$!
lib_pids+=("$pid")
echo "$pid" >"$work/ignored.pid"
wait_for there ignored.up
kill -INT "$pid"
kill -QUIT "$pid"
so_far=$(count_beats ignored)
wait_for beaten ignored $((so_far + 2))
: >"$work/ignored.go"
ended ignored
is "$status" 0 "an INT and a QUIT that were ignored at the start are ignored"
is "$(outcome ignored)" ActivityTaskCompleted "by tend and by the command"

# ---- the stop deadline -------------------------------------------------------

new_task deadline
supervise_start deadline "${quick[@]}" -k 1000s --stop-deadline 3s -- sh -c '
	trap "" TERM; : >"$work/deadline.up"; while :; do sleep 0.1; done'
wait_for there deadline.up
before=$(now_ms)
kill -TERM "$(<"$work/deadline.pid")"
ended deadline
took=$(($(said_ms deadline ended) - before))
is "$status" 143 "a long grace is cut to fit --stop-deadline"
ok "tend has ended in time ($took ms)" test "$took" -le 3000
ok "but the command had what is left of it" test "$took" -ge 1000
is "$(outcome_field deadline reason)" "stopped: tend received SIGTERM" \
	"SWF has it before"
is "$(said deadline .killed)" true "by SIGKILL"
is "$(survivors deadline)" "" "nobody is left"

# A service that does not answer is not waited for longer than that.
new_task mute
supervise_start mute "${quick[@]}" -k 500ms --stop-deadline 3s -- sh -c '
	: >"$work/mute.up"; exec sleep 1000'
wait_for there mute.up
inject '*' black-hole
before=$(now_ms)
kill -TERM "$(<"$work/mute.pid")"
ended mute
took=$(($(said_ms mute ended) - before))
heal
is "$status" 143 "a service that does not answer"
ok "does not hold tend over the deadline ($took ms)" test "$took" -le 4000
is "$(said mute .delivered)" unknown "the outcome file says that nobody knows"
is "$(survivors mute)" "" "nobody is left"

# ---- second TERM: SIGKILL now ------------------------------------------------

new_task twice
supervise_start twice "${quick[@]}" -k 1000s --stop-deadline 1000s -- bash -c '
	trap "echo TERM >>\"\$work/twice.log\"" TERM
	: >"$work/twice.up"; while :; do sleep 0.02; done'
wait_for there twice.up
kill -TERM "$(<"$work/twice.pid")"
wait_for contains "$work/twice.log" TERM
sleep 0.2 # at once would be the same TERM
kill -TERM "$(<"$work/twice.pid")"
ended twice
is "$status" 143 "a second TERM ends the grace now"
is "$(grep -c TERM "$work/twice.log")" 1 "it is not passed on as another TERM"
is "$(said twice '"\(.killed) \(.signal)"')" "true SIGKILL" "SIGKILL is sent"
is "$(outcome_field twice reason)" "stopped: tend received SIGTERM" \
	"and SWF is told"

# ---- third TERM: out ---------------------------------------------------------

new_task thrice
supervise_start thrice "${quick[@]}" -k 1000s --stop-deadline 1000s -- sh -c '
	trap "" TERM; : >"$work/thrice.up"; while :; do sleep 0.02; done'
wait_for there thrice.up
inject '*' black-hole
for i in 1 2; do
	kill -TERM "$(<"$work/thrice.pid")"
	wait_for took_signals "$(<"$work/thrice.pid")"
	sleep 0.2
done
wait_for nobody_left thrice
before=$(now_ms)
kill -TERM "$(<"$work/thrice.pid")"
ended thrice
took=$(($(said_ms thrice ended) - before))
heal
is "$status" 143 "a third TERM ends tend, though SWF does not answer"
ok "at most a second later ($took ms)" test "$took" -le 1500
is "$(survivors thrice)" "" "and nobody is left"

# ---- signal to the whole group of tend ---------------------------------------

new_task group
MARK=$work/group background setsid "$tend" run --endpoint-url "$endpoint" \
	--no-sign-request --task "$work/group.task" "${quick[@]}" -k 60s \
	--outcome "$work/group.json" -- bash -c '
	trap "echo TERM >>\"\$work/group.log\"" TERM
	: >"$work/group.up"
	until [[ -e $work/group.log ]]; do sleep 0.02; done
	until [[ -e $work/group.go ]]; do sleep 0.02; done' 2>"$work/group.err"
echo "$pid" >"$work/group.pid"
wait_for there group.up
kill -TERM -- -"$pid"
wait_for contains "$work/group.log" TERM
so_far=$(count_beats group)
wait_for beaten group $((so_far + 2))
: >"$work/group.go"
ended group
is "$status" 143 "a TERM to all of tend's process group"
is "$(grep -c TERM "$work/group.log")" 1 "reaches the command once"

# ---- while nothing runs yet --------------------------------------------------

new_task unanswered
inject "$heartbeat" black-hole count=1
supervise_start unanswered "${quick[@]}" -- sh -c ': >"$work/unanswered.ran"'
wait_for fault_applied
kill -TERM "$(<"$work/unanswered.pid")"
ended unanswered
heal
is "$status" 143 "TERM while the first heartbeat is not answered"
not_ok "nothing is started" there unanswered.ran
is "$(outcome_field unanswered reason)" "stopped: tend received SIGTERM" \
	"and SWF is told"

done_testing
