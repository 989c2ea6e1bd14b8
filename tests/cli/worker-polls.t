#!/bin/bash
# SPDX-License-Identifier: MIT
# Polls: how many wait at once, what becomes of errors, and that no task is
# run twice.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 60s
lib_register
quick=(-t 60s -i 200ms)

# ---- how many ----------------------------------------------------------------

worker_start slots "${quick[@]}" --slots 5 -- true
wait_for polls_wait 5
pass "as many polls wait as there are free slots"
kill -KILL "$pid"
wait_for polls_wait 0
worker_start most "${quick[@]}" --slots 20 --max-polls 3 -- true
wait_for polls_wait 3
sleep 0.1
ok "and at most --max-polls" polls_wait 3
kill -KILL "$pid"
wait_for polls_wait 0
service_stop
rm "$work/registered"
service_start --hold 1200ms
lib_register

# Tasks that are taken ahead burn their clocks.
forget_calls
schedule ahead 2
worker_start ahead "${quick[@]}" --max-tasks 2 -- sh -c '
	: >"$work/$SWF_ACTIVITY_ID.up"
	until [ -e "$work/ahead.go" ]; do sleep 0.02; done'
wait_for beaten ahead.1 3
is "$(polls)" 1 "one slot, two tasks: the second is not polled for"
: >"$work/ahead.go"
worker_ended ahead
is "$(kinds ahead)" "2 ActivityTaskCompleted" "before the first is done"

forget_calls
schedule twice 60
for i in 1 2; do
	cp "$work/twice.run" "$work/twice$i.run"
	MARK=$work/twice "$tend" worker --endpoint-url "$endpoint" \
		--no-sign-request --domain test --task-list work-twice \
		--slots 4 --idle-exit 300ms "${quick[@]}" -- sh -c \
		'echo "$SWF_ACTIVITY_ID" >>"$work/twice.ran"; sleep 0.02' \
		>/dev/null 2>"$work/twice$i.err" &
	pid=$!
	lib_pids+=("$pid")
done
wait_for all_closed twice 60
is "$(sort "$work/twice.ran" | uniq -d)" "" \
	"two workers on one list: no task is run twice"
is "$(sort -u "$work/twice.ran" | wc -l)" 60 "and all are run"
# The polls of these return when the service ends.
service_stop
rm "$work/registered"

# ---- empty answers -----------------------------------------------------------

service_start --hold 300ms
lib_register
worker_start empty "${quick[@]}" -- true
wait_for polls_reach 4
is "$(calls PollForActivityTask 'select(.outcome != "ok")')" "" \
	"an empty poll is no error and is followed by the next"
schedule empty 1
wait_for all_closed empty 1
pass "until there is a task"
not_ok "nothing is logged about it" grep -q "poll failed" "$work/empty.err"
lib_end "$pid"

# A service that does not hold polls.
service_stop
rm "$work/registered"
service_start --hold 1ms
lib_register
worker_start spin "${quick[@]}" -- true
wait_for polls_reach 8
# 200 ms from one to the next; the first may have been late, the last not.
took=$(calls PollForActivityTask | jq -s 'map(.arrived) |
	.[7] - .[0] | round')
ok "empty answers that come at once make no busy loop ($took ms for 7)" \
	test "$took" -ge 1000
lib_end "$pid"

# Every form of an empty answer, and what is none.
if [[ -x /usr/bin/python3 ]]; then
	/usr/bin/python3 "$top/tests/cli/peer.py" "$work" empty &
	lib_pids+=("$!")
	wait_for test -s "$work/empty.port"
	"$tend" worker --endpoint-url "http://127.0.0.1:$(<"$work/empty.port")" \
		--no-sign-request --domain d --task-list l -t 60s -i 1s \
		--max-tasks 1 -- echo ran >"$work/forms.out" 2>"$work/forms.err"
	status=$?
	is "$status $(cat "$work/forms.out")" "0 ran" \
		"no token, null, an empty one, {}: all are no task"
	is "$(grep -c "poll failed" "$work/forms.err")" 0 "and no error"
else
	skip "no python3" "the forms of an empty answer"
fi

# ---- errors ------------------------------------------------------------------

schedule errors 1
inject PollForActivityTask reset-before count=1
inject PollForActivityTask throttle count=1
inject PollForActivityTask error500 count=1
inject PollForActivityTask body html count=1
worker errors "${quick[@]}" --max-tasks 1 -- true
is "$status $(kinds errors)" "0 1 ActivityTaskCompleted" \
	"reset, throttled, 500, a proxy's page: polled again"
like "$(cat "$work/errors.err")" "warning: poll failed: " "with a warning"
heal

# LimitExceededFault: enough others poll.  A task that runs is not disturbed.
forget_calls
schedule limit 1
inject PollForActivityTask error LimitExceededFault after=1
worker_start limit "${quick[@]}" --slots 8 --max-polls 2 -- sh -c '
	: >"$work/limit.up"
	until [ -e "$work/limit.go" ]; do sleep 0.02; done'
wait_for there limit.up
wait_for contains "$work/limit.err" LimitExceededFault
before=$(polls)
wait_for called -n 8 "$heartbeat"
is "$(polls)" "$before" "LimitExceededFault: no further poll for seconds"
not_ok "which is no error" grep -Eq "warning|error" "$work/limit.err"
: >"$work/limit.go"
wait_for all_closed limit 1
pass "and what runs goes on"
lib_end "$pid"
heal

for fault in UnknownResourceFault:domain OperationNotPermittedFault:policy \
	UnrecognizedClientException:credentials; do
	inject PollForActivityTask error "${fault%:*}"
	worker refused "${quick[@]}" --slots 3 -- true
	is "$status" 125 "${fault%:*} before the first answer: 125"
	like "$(cat "$work/refused.err")" \
		"error: cannot poll work-refused: ${fault%:*}: .*${fault#*:}" \
		"with the remedy"
	is "$(grep -Ec "error:|warning:" "$work/refused.err")" 1 "said once"
	heal
done

worker nowhere "${quick[@]}" --domain nowhere -- true
is "$status" 125 "a domain that is not there: 125"
like "$(cat "$work/nowhere.err")" "Unknown domain.*register the domain" \
	"and it says what to do"

forget_calls
worker_start later "${quick[@]}" --slots 2 -- true
wait_for polls_reach 1
inject PollForActivityTask error OperationNotPermittedFault
wait_for contains "$work/later.err" "poll failed.*OperationNotPermitted"
ok "the same after the first answer: it stays" test -d "/proc/$pid"
heal
schedule later 1
wait_for all_closed later 1
pass "and works again when it may"
lib_end "$pid"

# A service that is not up yet, and knows the domain when it is: a worker
# whose first poll finds none is right to end.
service_stop
service_start --port "${endpoint##*:}" --hold 300ms --state "$work/state"
lib_register || bail "nothing registered: $(<"$work/service.log")"
service_stop
worker_start early "${quick[@]}" --max-tasks 1 -- true
wait_for contains "$work/early.err" "poll failed"
service_start --port "${endpoint##*:}" --hold 300ms --state "$work/state"
: >"$work/registered"
schedule early 1
worker_ended early
is "$status" 0 "a service that comes up later than the worker"

done_testing
