#!/bin/bash
# SPDX-License-Identifier: MIT
# No command is started before a heartbeat was accepted.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start

# ---- a service that cannot be reached ----------------------------------------

new_task nobody
before=$(now_ms)
endpoint_was=$endpoint
# Nothing listens on what was just given back.
service_two=$work/two.port
"$swf_local" --port 0 --port-file "$service_two" >"$work/two.log" 2>&1 &
two=$!
lib_pids+=("$two")
wait_for test -s "$service_two"
lib_end "$two"
endpoint=http://127.0.0.1:$(<"$service_two")
supervise nobody -t 3s -- sh -c ': >"$work/nobody.ran"'
took=$(($(now_ms) - before))
endpoint=$endpoint_was
is "$status" 125 "a service that cannot be reached: 125"
ok "after it was tried for the heartbeat timeout ($took ms)" \
	test "$took" -ge 3000
not_ok "nothing was started" there nobody.ran
is "$(said nobody '"\(.outcome) \(.cause)"')" "none unreachable" \
	"the outcome file says so"
like "$(<"$work/nobody.err")" "$(<"$service_two")|refused|connect" \
	"the log says what is wrong"

# ---- one that comes back -----------------------------------------------------

new_task back
inject "$heartbeat" error500 count=3
supervise back -t 10s -- sh -c 'echo result'
is "$status" 0 "a service that comes back in time"
is "$(outcome back)" ActivityTaskCompleted "has the task completed"
is "$(count_calls "$heartbeat" '.outcome != "ok"')" 3 \
	"the first heartbeat was repeated"
heal

new_task slow
inject "$heartbeat" black-hole count=1
supervise slow -t 4s -- sh -c 'echo result'
is "$status" 0 "a first heartbeat that gets no answer is given up for another"
heal

# ---- one that refuses --------------------------------------------------------

new_task denied
before=$(now_ms)
inject "$heartbeat" error AccessDeniedException
supervise denied -t 60s -- sh -c ': >"$work/denied.ran"'
took=$(($(now_ms) - before))
heal
is "$status" 125 "a permanent error: 125"
ok "at once ($took ms)" test "$took" -lt 30000
not_ok "nothing was started" there denied.ran
is "$(said denied '"\(.outcome) \(.cause)"')" "none refused" \
	"the outcome file says so"
like "$(<"$work/denied.err")" AccessDeniedException "the log names it"
is "$(outcome denied)" "" "the task is still open"

# ---- a stale answer ----------------------------------------------------------

new_task stop
inject "$heartbeat" error500
supervise_start stop -t 60s -- sh -c ': >"$work/stop.ran"'
wait_for fault_applied
kill -TERM "$(<"$work/stop.pid")"
ended stop
heal
is "$status" 143 "TERM while the first heartbeat is tried again and again"
not_ok "nothing was started" there stop.ran

done_testing
