#!/bin/bash
# SPDX-License-Identifier: MIT
# Hundreds of commands under one worker: at once, canceled at once, and
# nothing that grows.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms --log-level error
slots=200
grep -q '^#define SANITIZED 1' "$build/config.h" && slots=50

commands() {
	tree "$1" | wc -l
}
# Each sleep has MARK in its environment.
commands_run() {
	(($(commands "$1") == $2))
}

schedule many "$slots"
# Started with too few descriptors for all of them, as most programs are.
(ulimit -Sn 256
	MARK=$work/many exec "$tend" worker --endpoint-url "$endpoint" \
		--no-sign-request --domain test --task-list work-many \
		--slots "$slots" -t 60s -i 1s --log-level error \
		--outcome "$work/many.json" -- sleep 1000 \
		>"$work/many.out" 2>"$work/many.err") &
pid=$!
lib_pids+=("$pid")
echo "$pid" >"$work/many.pid"
before=$(now_ms)
ok "$slots slots: $slots commands run at once" \
	wait_for -t 30 commands_run many "$slots"
diag "started within $(($(now_ms) - before)) ms"
is "$(guards "$pid")" "$slots" "with a guard each"
is "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" 1 \
	"under one thread"

# All are canceled, and each is reported once.
swf RequestCancelWorkflowExecution "$(lib_execution many)"
for ((i = 1; i <= slots; i++)); do
	decisions+=",{\"decisionType\":\"RequestCancelActivityTask\",
		\"requestCancelActivityTaskDecisionAttributes\":
		{\"activityId\":\"many.$i\"}}"
done
lib_decide many "${decisions#,}"
ok "$slots cancels at once" wait_for -t 30 all_closed many "$slots"
is "$(kinds many)" "$slots ActivityTaskCanceled" "all are canceled"
is "$(count_calls "$canceled")" "$slots" "each is reported once"
is "$(survivors many)" "" "after nobody was left"
wait_for contains "$work/many.json" .
is "$(jq -r .cause "$work/many.json" | sort | uniq -c | awk '{ print $1, $2 }')" \
	"$slots cancel" "and has its line in the outcome file"
is "$(jq -r '"\(.signal) \(.killed)"' "$work/many.json" | sort -u)" \
	"SIGTERM false" "each command got SIGTERM, and none had to be killed"
descriptors() {
	find "/proc/$pid/fd" -mindepth 1 | wc -l
}
idle_again() {
	(($(guards "$pid") == 0))
}
wait_for idle_again
ok "and the descriptors are given back ($(descriptors))" \
	test "$(descriptors)" -lt 60
kill -TERM "$pid"
worker_ended many
is "$status" 0 "TERM: 0"

# ---- kill -9 -----------------------------------------------------------------

schedule killed 20
worker_start killed --slots 20 -t 60s --log-level error -- sh -c '
	setsid sleep 1000 & trap "" TERM; sleep 1000; sleep 1000'
wait_for commands_run killed 60
kill -KILL "$pid"
wait "$pid" 2>/dev/null
ok "kill -9 of a worker: nobody is left" wait_for nobody_left killed
is "$(kinds killed)" "" "and nobody reports: SWF will time the tasks out"

# ---- a guard is killed -------------------------------------------------------

schedule guard 10
worker_start guard --slots 10 -t 60s --log-level error -- sh -c '
	setsid sleep 1000 & exec sleep 1000'
wait_for commands_run guard 20
victims=$(pgrep -P "$pid" -x tend-guard | head -n 3)
# shellcheck disable=SC2086 # three words
kill -KILL $victims
wait_for all_closed guard 3
is "$(reasons guard)" "guard lost: tend-guard was killed" \
	"kill -9 of three guards: their tasks are failed"
sleep 0.1
is "$(commands guard)" 14 "their trees are dead, escapees too, and no other is"
kill -TERM "$pid"
wait_for took_signals "$pid"
sleep 0.12
kill -TERM "$pid"
worker_ended guard
is "$(kinds guard)" "10 ActivityTaskFailed" "the others are stopped in the end"
is "$(survivors guard)" "" "and nobody is left"

# ---- frozen ------------------------------------------------------------------

# SWF gives the tasks to somebody else: until then they must be dead, though
# the worker does not run.
schedule frozen 10 heartbeat=3
worker_start frozen --slots 10 -t 3s -k 200ms --log-level error -- sleep 1000
wait_for commands_run frozen 10
forget_calls
wait_for called -n 10 "$heartbeat"
kill -STOP "$pid"
wait_for -t 4 nobody_left frozen
ok "a worker that is stopped for longer than the lease: its guards kill" \
	nobody_left frozen
wait_for all_closed frozen 10
forget_calls
kill -CONT "$pid"
wait_for idle_again
is "$(kinds frozen)" "10 ActivityTaskTimedOut" "SWF has timed them out"
is "$(all_reports)" 0 "and when it is continued it reports nothing"
kill -TERM "$pid"
worker_ended frozen
is "$status" 0 "and it drains as ever"

# ---- nothing grows -----------------------------------------------------------

rss() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status"
}
schedule grow 300
worker_start grow --slots 8 -t 60s --log-level error -- /bin/true
wait_for -t 60 all_closed grow 100
early="$(rss) $(descriptors)"
wait_for -t 60 all_closed grow 300
wait_for idle_again
late="$(rss) $(descriptors)"
# A sanitizer keeps what was freed.
((slots < 200)) && late="0 ${late#* }"
ok "after 300 tasks memory is as after 100 (KiB, descriptors: $early, $late)" \
	test "${late% *}" -le $((${early% *} + 300))
ok "and so are the descriptors" test "${late#* }" -le $((${early#* } + 3))
lib_end "$pid"

done_testing
