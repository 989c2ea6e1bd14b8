#!/bin/bash
# SPDX-License-Identifier: MIT
# The numbers of a worker, and the HTTP by which they are asked for.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
begun=$EPOCHSECONDS
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
. "$top/tests/cli/listen.sh"
service_start --hold 300ms
lib_register
can_listen

# ---- tasks that end in every way ---------------------------------------------

cat >"$work/step" <<'END'
#!/bin/sh
case ${SWF_ACTIVITY_ID##*.} in
1) echo 1234; echo ab >&2 ;;
2) ;;
3) exit 3 ;;
*)
	ls -l "/proc/$$/fd" >"$work/$SWF_ACTIVITY_ID.fds"
	: >"$work/$SWF_ACTIVITY_ID.up"
	exec sleep 1000 ;;
esac
END
chmod +x "$work/step"
schedule counts 5
worker_start counts -t 60s -i 1s --listen 127.0.0.1:0 --slots 5 --activity "step=$work/step"
watch counts
like "$asked" '^127\.0\.0\.1:[0-9]+$' "the log says which port was free"
wait_for there counts.4.up counts.5.up
ok "two are done" wait_for number_is \
	'tend_tasks_total{outcome="completed"}' 2
ok "one has failed" wait_for number_is 'tend_tasks_total{outcome="failed"}' 1
is "$(number tend_slots)" 5 "the slots"
is "$(number 'tend_slots_in_use{state="running"}')" 2 "and those in use"
ok "and the polls that wait" wait_for number_is tend_polls_outstanding 3
is "$(number 'tend_polls_total{outcome="task"}')" 5 "five tasks have come"
is "$(number 'tend_output_bytes_total{stream="stdout"}')" 5 "bytes of stdout"
is "$(number 'tend_output_bytes_total{stream="stderr"}')" 3 "and of stderr"
left=$(number tend_lease_left_seconds)
ok "the least lease left is near its 58 s ($left)" \
	test "${left%.*}" -ge 40 -a "${left%.*}" -le 58
is "$(grep -c socket: "$work/counts.4.fds")" 0 \
	"no socket is open in a command"

cancel_task counts counts.4
ok "one is canceled" wait_for number_is \
	'tend_tasks_total{outcome="canceled"}' 1
swf RegisterActivityType \
	'{"domain":"test","name":"other","version":"1"}'
lib_decide counts '{"decisionType":"ScheduleActivityTask",
	"scheduleActivityTaskDecisionAttributes":{"activityId":"counts.6",
	"activityType":{"name":"other","version":"1"},
	"taskList":{"name":"work-counts"},"heartbeatTimeout":"60",
	"startToCloseTimeout":"NONE","scheduleToStartTimeout":"NONE",
	"scheduleToCloseTimeout":"NONE"}}'
ok "one of an unknown type is refused" wait_for number_is \
	'tend_tasks_total{outcome="refused"}' 1
terminate counts
ok "one is lost" wait_for number_is 'tend_tasks_total{outcome="lost"}' 1
is "$(number 'tend_heartbeats_total{outcome="gone"}')" 1 \
	"of which a heartbeat was told"
is "$(number tend_lease_left_seconds)" +Inf "no task, no lease"
# An answer that comes after the end of its task is of no interest.
count=$(number 'tend_heartbeats_total{outcome="accepted"}')
most=$(count_calls "$heartbeat" '.outcome == "ok"')
ok "heartbeats that the service has accepted ($count of $most)" \
	test "$count" -gt 0 -a "$count" -le "$most" -a "$count" -ge $((most - 5))
is "$(number tend_heartbeat_latency_seconds_count)" $((count + 1)) \
	"each with its latency"
ok "and its lateness" test "$(number tend_heartbeat_lateness_seconds_count)" \
	-ge $((count + 1))
started=$(number tend_start_time_seconds)
ok "when it was started" test "${started%.*}" -ge $((begun - 2)) \
	-a "${started%.*}" -le "$EPOCHSECONDS"
is "$(number 'tend_build_info{version="'"$("$tend" --version | cut -d' ' -f2)"'"}')" \
	1 "which version it is"

# ---- HTTP --------------------------------------------------------------------

ask /healthz
is "$code $body" "200 ok: 0 of 5 slots in use" "a healthy worker"
ask /livez
is "$code $body" "200 ok" "and it lives"
like "$head" "Connection: close" "each answer has a connection of its own"
ask /metrics
like "$head" "Content-Type: text/plain; version=0\.0\.4; charset=utf-8" \
	"numbers in the text format"
unlike "$body" '# EOF' "by default"
ask /metrics -H 'Accept: application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1'
like "$head" "Content-Type: application/openmetrics-text; version=1\.0\.0" \
	"OpenMetrics for who asks for it"
like "$body" '# EOF$' "with its end"
ask '/metrics?x=y'
is "$code" 200 "a query does not matter"
exec 5<>"/dev/tcp/${asked/://}"
printf 'HEAD /metrics HTTP/1.0\r\n\r\n' >&5
said=$(tr -d '\r' <&5; echo .)
exec 5<&-
like "$said" $'^HTTP/1.1 200 .*\nContent-Length: [0-9]{4}\n\n\.$' \
	"HEAD is answered as GET would be, without the numbers"
for path in / /metrics/ /healthz/x /METRICS //metrics; do
	ask "$path" --path-as-is
	is "$code" 404 "there is no $path"
done
for method in POST PUT DELETE OPTIONS PATCH; do
	ask /metrics -X "$method"
	is "$code" 405 "no $method"
done
ask /healthz --data-binary "@$swf_local" -H Expect:
is "$code" 405 "whatever comes with it"
like "$head" "Allow: GET, HEAD" "and it says what there is"
ask /healthz -H "X: $(head -c 20000 /dev/zero | tr '\0' x)"
like "$code" '^4' "headers over 8 KiB: refused"
ask /healthz
is "$code" 200 "and it goes on"

drop

# Who wants a port that somebody has is told so before anything is polled.
forget_calls
port=${endpoint##*:}
worker taken --listen "127.0.0.1:$port" -- true
is "$status" 125 "a port that is taken: 125"
is "$(<"$work/taken.err")" "tend: error: --listen: cannot listen on \
127.0.0.1 port $port: Address already in use" "in one line"
is "$(polls)" 0 "and nothing is polled"

# ---- clients that hang -------------------------------------------------------

if [[ -x /usr/bin/python3 ]]; then
	schedule hang 1
	worker_start hang -t 60s -i 200ms --listen 127.0.0.1:0 -- sh -c '
		: >"$work/hang.up"; exec sleep 1000'
	watch hang
	wait_for there hang.up
	worker_pid=$pid
	# A third says nothing, a third half of it, a third does not read.
	background /usr/bin/python3 -c '
import socket, sys, time
port, count, mark = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
held = []
for i in range(count):
    held.append(socket.create_connection(("127.0.0.1", port)))
    held[-1].sendall((b"", b"GET /metrics HTTP/1.1\r\nHo",
                      b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")[i % 3])
open(mark, "w").close()
time.sleep(60)' "${asked##*:}" 100 "$work/hang.held"
	hanging=$pid
	wait_for there hang.held
	ask /livez
	is "$code" 200 "a hundred clients that hang: others are answered"
	count=$(count_beats hang.1)
	before=$(now_ms)
	ok "heartbeats go on" wait_for beaten hang.1 $((count + 10))
	took=$(($(now_ms) - before))
	ok "as scheduled ($took ms for 10)" test "$took" -le 4500
	# More than it takes at once: the others wait.
	background /usr/bin/python3 -c '
import socket, sys, time
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        for i in range(100)]
open(sys.argv[2], "w").close()
time.sleep(60)' "${asked##*:}" "$work/hang.more"
	more=$pid
	wait_for there hang.more
	open=$(find "/proc/$worker_pid/fd" -lname 'socket:*' | wc -l)
	ok "two hundred hold no more descriptors than they may ($open)" \
		test "$open" -le 140
	ask /livez
	is "$code" 200 "and who waits behind them is answered"
	ok "and heartbeats go on" wait_for beaten hang.1 $((count + 13))
	kill "$hanging" "$more"
	pid=$worker_pid
	drop
else
	skip "no python3" "clients that hang"
fi

done_testing
