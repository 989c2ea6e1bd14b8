#!/bin/bash
# SPDX-License-Identifier: MIT
# tend worker --spool: many tasks in hand, and tends that die.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
. "$top/tests/cli/spool.sh"
service_start --hold 1500ms
lib_register
quick=(-t 60s -i 100ms --spool "$spool")

# ---- all is well -------------------------------------------------------------

schedule well 20
worker well "${quick[@]}" --slots 4 --max-tasks 20 -- \
	sh -c 'echo "did $SWF_ACTIVITY_ID"'
is "$status $(kinds well)" "0 20 ActivityTaskCompleted" \
	"tasks are done with a spool as without"
is "$(spool_files | wc -l)" 1 "all of them in one file"
is "$(grep -c spool "$work/well.err")" 0 "nobody speaks of it"
flush
is "$status $(<"$work/flush.err") $(spool_files)" "0  " "nothing is left"

# ---- killed with many in hand ------------------------------------------------

# running NAME COUNT: whether so many of its commands have said so.
running() {
	[[ -e $work/$1.runs && $(wc -l <"$work/$1.runs") -ge $2 ]]
}

# The first three run on, the others end, and SWF is not told.
schedule many 6
inject "$completed" delay-before 60
worker_start many "${quick[@]}" --slots 6 -- sh -c '
	case $SWF_ACTIVITY_ID in
	*.[123]) echo "runs $SWF_ACTIVITY_ID" >>"$work/many.runs"
		exec sleep 1000 ;;
	*) echo "did $SWF_ACTIVITY_ID" ;;
	esac'
for i in 4 5 6; do
	wait_for keeps "did many.$i"
done
wait_for running many 3
die many
is "$(survivors many)" "" "killed: the commands have ended" ||
	wait_for nobody_left many
heal
worker_start restarted "${quick[@]}" -- true
ok "the next worker there tells SWF of all of them" \
	wait_for all_closed many 6
is "$(kinds many)" "3 ActivityTaskCompleted
3 ActivityTaskFailed" "of those that were decided and of those that were not"
is "$(reasons many)" "tend died" "why these failed"
like "$(<"$work/restarted.err")" "many.4: delivered: completed" "it says so"
schedule restarted 1
ok "and works on" wait_for all_closed restarted 1

# ---- two in one directory ----------------------------------------------------

worker_start beside "${quick[@]}" -- sh -c 'exec sleep 1000'
schedule beside 1
wait_for started_reach beside 1
wait_for beaten beside.1 1
die restarted
schedule third 1
worker third "${quick[@]}" --max-tasks 1 -- true
is "$status $(kinds third)" "0 1 ActivityTaskCompleted" \
	"a third, in place of one that died"
is "$(kinds beside)" "" "leaves alone what a living one has in hand"
kill -TERM "$(<"$work/beside.pid")"
kill -TERM "$(<"$work/beside.pid")"
sleep 0.2
kill -TERM "$(<"$work/beside.pid")"
worker_ended beside
is "$(reasons beside)" "stopped: tend received SIGTERM" "which ends as it should"
flush
is "$status $(spool_files)" "0 " "nothing is left of any of them"

# ---- a service that is away for longer than outcomes are offered ------------

# The worker lives on, and so would a record in its own file.
inject "$completed" throttle
worker_start away -t none -i 100ms --spool "$spool" --report-timeout 1s -- \
	sh -c 'echo "did $SWF_ACTIVITY_ID"'
schedule away 2 heartbeat=NONE
wait_for contains "$work/away.err" 'away.1: the outcome is kept in .*tried again'
wait_for contains "$work/away.err" 'away.2: the outcome is kept in .*tried again'
wait_for contains "$work/away.err" 'away.1: SWF could not be told: left'
heal
ok "it delivers later what it could not" wait_for all_closed away 2
is "$(kinds away)" "2 ActivityTaskCompleted" "as they ended"
kill -TERM "$(<"$work/away.pid")"
worker_ended away
flush
is "$status $(spool_files)" "0 " "nothing is left of them"

# ---- killed again and again --------------------------------------------------

# storm_reaches COUNT: whether so many tasks have ended, or all.
storm_reaches() {
	local closed
	closed=$(closed_count storm)
	((closed >= $1 || closed == 60))
}

# Each command writes down what it did; SWF has each task once.
schedule storm 60
for ((round = 1; round <= 12; round++)); do
	worker_start storm "${quick[@]}" --slots 4 -- \
		sh -c 'echo "$SWF_ACTIVITY_ID" >>"$work/storm.did"'
	pid=$(<"$work/storm.pid")
	wait_for storm_reaches $((round * 4))
	kill -KILL "$pid"
	wait_for gone "$pid"
	wait "$pid" 2>/dev/null
done 2>/dev/null
worker_start storm "${quick[@]}" --slots 4 -- \
	sh -c 'echo "$SWF_ACTIVITY_ID" >>"$work/storm.did"'
# A poll of a tend that died takes a task along: nobody has that.
storm_over() {
	local open
	open=$(lib_history storm | jq '[.events[].eventType] | (map(select(. ==
		"ActivityTaskScheduled")) | length) - (map(select(test(
		"^ActivityTask(Completed|Failed|Canceled|TimedOut)$"))) |
		length)')
	((open <= 12))
}
ok "12 workers, killed one after the other" wait_for storm_over
kill -TERM "$(<"$work/storm.pid")"
worker_ended storm
flush
is "$status" 0 "nothing is left"
is "$(lib_history storm | jq '[.events[] | to_entries[] |
	select(.key | test("^activityTask(Completed|Failed)EventAttributes$"))
	| .value.scheduledEventId] | (length == (unique | length))')" true \
	"no task is told twice"
is "$(reasons storm | grep -v '^tend died$')" "" "whose tend died, failed so"
is "$(sort "$work/storm.did" | uniq -d)" "" "no command ran twice"

# ---- what it costs -----------------------------------------------------------

if slow_disk 1 && can_trace; then
	schedule cost 20
	MARK=$work/cost env "$untraceable" strace -f -qq -o "$work/trace" \
		-e trace=fdatasync,fsync,sync_file_range,msync \
		"$tend" worker --endpoint-url "$endpoint" --no-sign-request \
		--domain test --task-list work-cost "${quick[@]}" \
		--max-tasks 20 -- true 2>"$work/cost.err"
	is "$(kinds cost)" "20 ActivityTaskCompleted" "20 tasks, one at a time"
	count=$(grep -c 'fdatasync(' "$work/trace")
	is "$count" 40 "two fdatasyncs each"
	is "$(grep -c ' fsync(' "$work/trace")" 1 \
		"and once for the name of the file"
else
	skip "no strace here" "what a task costs"
fi

# ---- a slow disk -------------------------------------------------------------

# Each of the others waits for it twice, one after the other.
if can_trace; then
	forget_calls
	schedule disk 3
	slow_disk 1000000
	MARK=$work/disk "${slow_disk[@]}" "$tend" worker \
		--endpoint-url "$endpoint" --no-sign-request --domain test \
		--task-list work-disk "${quick[@]}" --slots 2 --max-tasks 3 -- \
		sh -c 'case $SWF_ACTIVITY_ID in
		*.1) until [ -e "$work/disk.go" ]; do sleep 0.05; done ;;
		esac' 2>"$work/disk.err" &
	tracer=$!
	lib_pids+=("$tracer")
	wait_for -t 20 all_closed disk 2
	: >"$work/disk.go"
	wait_for all_closed disk 3
	is "$(kinds disk)" "3 ActivityTaskCompleted" "a disk that is slow"
	waited=$(calls "$completed" '.activityId == "disk.3"' |
		jq --argjson began "$(calls "$heartbeat" \
			'.activityId == "disk.1"' | head -n 1 |
			jq '.arrived')" '.arrived - $began | round')
	ok "its own tasks wait for it ($waited ms)" test "$waited" -ge 2900
	beat=$(calls "$heartbeat" '.activityId == "disk.1"' |
		jq -s 'map(.arrived) | sort | [range(1; length) as $i |
		.[$i] - .[$i - 1]] | max | round')
	ok "the heartbeats of another slot do not (at most $beat ms)" \
		test "$beat" -lt 800
	wait_for gone "$tracer"
else
	skip "strace cannot delay a call here" "a slow disk"
fi

done_testing
