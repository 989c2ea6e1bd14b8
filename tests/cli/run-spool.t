#!/bin/bash
# SPDX-License-Identifier: MIT
# tend run --spool: killed at each stage, and nothing is lost.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/spool.sh"
service_start
quick=(--spool "$spool" -t 60s -i 100ms)

# ---- all is well -------------------------------------------------------------

new_task well
supervise well "${quick[@]}" -- sh -c 'echo "it went well"; env >"$work/env"'
is "$status" 0 "with a spool: the command's own status"
is "$(outcome_field well result)" "it went well" "and its result"
is "$(stat -c %a "$spool")" 700 "the directory is made, for this user alone"
is "$(stat -c '%a %h' "$spool"/*.spool)" "600 1" "so is the file"
is "$(grep -c spool "$work/well.err")" 0 "nobody speaks of it"
ok "the token is nowhere any more" test -z \
	"$(grep -rlF "$(token well)" "$spool")"
ok "neither is the result" test -z "$(grep -rlF 'it went well' "$spool")"
like "$(<"$work/env")" "SWF_TASK_MARK=[0-9a-f]{32}" "the command has a mark"
unlike "$(<"$work/env")" "$(token well | head -c 100)" "and no token"

name=$(spool_files)
new_task again
supervise again "${quick[@]}" -- true
is "$(spool_files)" "$name" "the next one takes the same file"
flush
is "$status $(flushed)" "0 " "flush: nothing is left, nothing is said"
is "$(spool_files)" "" "and it tidies"

# ---- killed while the command runs -------------------------------------------

new_task runs
supervise_start runs "${quick[@]}" -- \
	sh -c 'echo half; sleep 1000 & exec sleep 1000'
wait_for has_beaten runs half
ok "while it runs, the record has the token" keeps "$(token runs)"
die runs
wait_for nobody_left runs
is "$(survivors runs)" "" "killed while it runs: the guard ends the command"
flush
is "$status" 0 "flush delivers"
is "$(outcome runs) $(outcome_field runs reason)" \
	"ActivityTaskFailed tend died" "that tend died"
is "$(flushed)" "1 task of a tend that has ended in the spool $spool
runs: delivered: failed: tend died" "and says so"
is "$(spool_files)" "" "nothing is left"

# ---- killed after the exit, before SWF has it --------------------------------

new_task decided
inject "$completed" delay-before 60
supervise_start decided "${quick[@]}" -- sh -c 'echo "not to be lost é"'
wait_for keeps "not to be lost é"
die decided
heal
flush
is "$status $(outcome decided)" "0 ActivityTaskCompleted" \
	"killed before SWF has it: flush tells it"
is "$(outcome_field decided result)" "not to be lost é" "with the result"
is "$(flushed | tail -n 1)" "decided: delivered: completed" "and says so"

new_task failure
inject "$failed" delay-before 60
supervise_start failure "${quick[@]}" -- \
	sh -c 'echo 7/20; echo "no such thing" >&2; exit 9'
wait_for keeps "exit status 9"
die failure
heal
flush
is "$(outcome failure) $(outcome_field failure reason)" \
	"ActivityTaskFailed exit status 9" "a failure, too"
like "$(outcome_field failure details)" \
	$'^7/20\n\nstderr:\nno such thing' "with its details"

new_task cancel
inject "$canceled" delay-before 60
supervise_start cancel "${quick[@]}" -- sh -c 'echo 8/20; exec sleep 1000'
wait_for has_beaten cancel 8/20
cancel_task cancel
wait_for keeps 8/20
die cancel
heal
flush
is "$(outcome cancel) $(outcome_field cancel details)" \
	"ActivityTaskCanceled 8/20" "a cancel, too"

# ---- killed after SWF has it, before that is known ---------------------------

new_task taken
inject "$completed" delay 60
supervise_start taken "${quick[@]}" -- sh -c 'echo once'
wait_for is_closed taken
die taken
heal
flush
is "$status" 0 "killed after SWF has it: flush has nothing left"
like "$(flushed)" "taken: gone: SWF has had it, or has closed the task" \
	"and says that"
is "$(outcome taken) $(outcome_field taken result)" \
	"ActivityTaskCompleted once" "SWF has the first"
is "$(spool_files)" "" "nothing is left"

# ---- SWF has closed the task -------------------------------------------------

new_task gone
supervise_start gone "${quick[@]}" -- sleep 1000
wait_for beaten gone 1
wait_for keeps "$(token gone)"
die gone
terminate gone
flush
is "$status" 0 "SWF has closed the task: nothing is left"
like "$(flushed)" "gone: gone: .*dropped" "and that is said"

# ---- what survives its guard -------------------------------------------------

new_task tree
supervise_start tree "${quick[@]}" -- sh -c '
	setsid sh -c "echo \$\$ >$work/escaped; sleep 1000" &
	echo ready; wait'
wait_for has_beaten tree ready
wait_for test -s "$work/escaped"
guard=$(guard_of tree)
kill -STOP "$(<"$work/tree.pid")"
kill -KILL "$guard"
die tree
ok "tend and its guard are killed: who has left survives" \
	test -n "$(survivors tree)"
flush
is "$(survivors tree)" "" "flush kills it"
is "$status $(outcome tree)" "0 ActivityTaskFailed" "and tells SWF"
like "$(flushed)" "killing [0-9]+ process(es)? that a tend which died has left" \
	"and says so"

# The kernel wakes a stopped guard when tend ends.
new_task frozen
supervise_start frozen "${quick[@]}" -- sh -c 'echo ready; exec sleep 1000'
wait_for has_beaten frozen ready
guard=$(guard_of frozen)
kill -STOP "$guard"
wait_for is_stopped "$guard"
die frozen
flush
is "$(survivors frozen)" "" "a guard that was stopped: nobody is left"
ok "nor is the guard" wait_for gone "$guard"
is "$status $(outcome frozen)" "0 ActivityTaskFailed" "and SWF is told"

# What the command may leave behind is no survivor.
new_task leaves
supervise_start leaves "${quick[@]}" --leftovers leave -- \
	sh -c 'setsid sleep 1000 & echo ready; exec sleep 1000'
wait_for has_beaten leaves ready
guard=$(guard_of leaves)
kill -STOP "$(<"$work/leaves.pid")"
kill -KILL "$guard"
die leaves
flush
is "$status" 0 "--leftovers leave: flush tells SWF"
like "$(survivors leaves)" "sleep 1000" "and leaves who was to be left"
for pid in $(tree leaves); do
	kill -KILL "$pid"
done

# ---- the third TERM ----------------------------------------------------------

new_task third
supervise_start third "${quick[@]}" -- sh -c "trap '' TERM; echo deaf;
	while :; do sleep 0.1; done"
wait_for has_beaten third deaf
pid=$(<"$work/third.pid")
inject "$failed" delay-before 60
for i in 1 2 3; do
	kill -TERM "$pid"
	# Signals of one instant are one request.
	wait_for took_signals "$pid"
	sleep 0.3
done
ended third
is "$status" 143 "the third TERM ends tend"
ok "and leaves the outcome in the spool" keeps "stopped: tend received"
heal
flush
is "$(outcome third) $(outcome_field third reason)" \
	"ActivityTaskFailed stopped: tend received SIGTERM" "flush tells it"

# ---- an outcome that could not be told ---------------------------------------

new_task late
inject "$completed" error500
supervise late --spool "$spool" --report-timeout 500ms -- echo "too late"
is "$status" 0 "SWF cannot be told: the command's own status"
like "$(<"$work/late.err")" "the outcome is kept in $spool; 'tend flush'" \
	"the outcome stays in the spool"
flush --report-timeout 1s
is "$status" 1 "flush cannot tell it either: 1"
like "$(flushed)" "late: SWF could not be told: left in the spool" \
	"and says so"
heal
flush
is "$status $(outcome_field late result)" "0 too late" "later it can"

# ---- the next run takes it up ------------------------------------------------

new_task first
new_task next
supervise_start first "${quick[@]}" -- sleep 1000
wait_for beaten first 1
wait_for keeps "$(token first)"
die first
supervise_start next "${quick[@]}" -- \
	sh -c 'until [ -e "$work/go" ]; do sleep 0.05; done'
ok "the next run in there tells SWF of the last one" wait_for is_closed first
is "$(outcome_field first reason)" "tend died" "that tend died"
: >"$work/go"
ended next
is "$status $(outcome next)" "0 ActivityTaskCompleted" "and does its own task"
flush
is "$status $(spool_files)" "0 " "nothing is left of both"

done_testing
