#!/bin/bash
# SPDX-License-Identifier: MIT
# The stream by which the page is kept up to date: it tells what is new, not
# more often than a person can see, and readers that are slow, dead or far too
# many cost next to nothing.

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start
[[ -n $python ]] || skip_all "python3 is not installed"

# stream NAME [QUERY]: reads into $work/NAME; its pid is in $pid.
stream() {
	background curl -sSN --max-time 60 -o "$work/$1" \
		"$endpoint/_local/stream${2-}"
}

events() {
	grep -c '^data:' "$work/$1"
}

# last NAME JQ: from the last event that is whole.
last() {
	sed -n 's/^data:\(.*}\)$/\1/p' "$work/$1" | tail -n 1 | jq -cj "$2"
}

last_is() {
	[[ $(last "$1" "$2") == "$3" ]]
}

beat() {
	swf RecordActivityTaskHeartbeat "{\"taskToken\":\"$(token "$1")\",
		\"details\":\"$2\"}" >/dev/null
}

# ---- what is told ------------------------------------------------------------

stream early
early=$pid
ok "it begins with what there is" wait_for last_is early .openCount 0
new_task copy heartbeat=30
details='.open[0].activities[0].details'
ok "an execution that starts is told" wait_for last_is early .openCount 1
beat copy '1/8 <b>&amp;</b>'
ok "so are the details of a heartbeat" \
	wait_for last_is early "$details" '1/8 <b>&amp;</b>'
is "$(last early '.open[0].activities[0].percent')" 12.5 "and the percent"
stream chosen "?filter=nowhere&runId=$(jq -rR @uri "$work/copy.run")"
ok "a filter leaves out, and the one that was chosen is told in full" \
	wait_for last_is chosen '[.open, .run.workflowId]' '[[],"copy"]'
local_api POST faults '{"operation":"RecordActivityTaskHeartbeat",
	"fault":"throttle","count":1}' >/dev/null
ok "a fault that is injected is told" \
	wait_for last_is early '.faults[0].applied' 0
not_ok "and is done" beat copy throttled
ok "and that it was applied" wait_for last_is early '.faults[0].applied' 1
local_api DELETE faults >/dev/null

# ---- not too often -----------------------------------------------------------

before=$(events early)
begun=$(now_ms)
body="{\"taskToken\":\"$(token copy)\",\"details\":\"7/8\"}"
arguments=()
for ((i = 0; i < 2000; i++)); do
	arguments+=(--next -sS -o "$work/beat" --data-binary "$body"
		-H 'Content-Type: application/x-amz-json-1.0'
		-H 'X-Amz-Target: SimpleWorkflowService.RecordActivityTaskHeartbeat'
		"$endpoint/")
done
curl "${arguments[@]:1}"
beat copy 8/8
ok "the last of many heartbeats is told" wait_for last_is early "$details" 8/8
took=$(($(now_ms) - begun))
count=$(($(events early) - before))
diag "$count events in $took ms"
ok "of thousands of heartbeats one event in 200 ms is made" \
	test "$count" -le $((took / 200 + 2))
terminate copy
ok "an execution that closes is told" wait_for last_is early \
	'[.openCount, .closed[0].closeStatus]' '[0,"TERMINATED"]'

# ---- slow, dead and too many -------------------------------------------------

new_task slow heartbeat=60
lib_end "$early"
# 2,000 readers that never read, while every heartbeat says a lot; prints how
# many were let in, what the slowest call took in ms, and how much the service
# has grown in KiB.
"$python" - "${endpoint##*:}" "$(token slow)" "$service_pid" "$before" \
	>"$work/readers" <<'END'
import http.client, json, resource, socket, sys, time

port, token, pid = int(sys.argv[1]), sys.argv[2], sys.argv[3]
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
readers = []
for i in range(min(2000, hard - 50)):
    one = socket.create_connection(("127.0.0.1", port), 10)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.sendall(b"GET /_local/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    readers.append(one)


def size():
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status
                    if line.startswith("VmRSS"))


client = http.client.HTTPConnection("127.0.0.1", port, 30)
slowest = 0
for one in readers:  # all have the beginning of their answer
    one.recv(1, socket.MSG_PEEK)
before = size()
end = time.monotonic() + 2
while time.monotonic() < end:
    begun = time.monotonic()
    client.request("POST", "/", json.dumps({
        "taskToken": token, "details": "\u00e9" * 200}), {
        "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target":
        "SimpleWorkflowService.RecordActivityTaskHeartbeat"})
    answer = client.getresponse()
    answer.read()
    assert answer.status == 200
    slowest = max(slowest, time.monotonic() - begun)
grown = size() - before
let_in = 0
for one in readers:
    let_in += one.recv(12).endswith(b" 200")
print(let_in, int(slowest * 1000), grown, len(readers))
END
read -r let_in slowest grown count <"$work/readers"
diag "$let_in of $count let in, slowest call $slowest ms, grown by $grown KiB"
most=$((32 - $(events chosen | wc -l)))
is "$let_in" "$most" "so many readers are let in and no more"
ok "no call waits for them" test "$slowest" -lt 1000
if [[ -z $sanitized ]]; then
	ok "nothing is kept for them" test "$grown" -lt 16384
else
	skip "memory is not what it is without the sanitizer"
fi
let_in_again() {
	: >"$work/again"
	stream again
	wait_for -t 2 last_is again .openCount 1
}
ok "once they are gone others are let in" let_in_again
service_stop
ok "a stream ends with the service" wait_for gone "$pid"

done_testing
