#!/bin/bash
# SPDX-License-Identifier: MIT
# The page of swf-local without a browser: its files and their headers, the
# JSON that it shows, what its buttons send, and who is refused.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
service_start
host=${endpoint#http://}

# get PATH [CURL-ARG]...: prints the status; headers and body are in files.
get() {
	local path=$1
	shift
	curl -sS --max-time 20 -D "$work/headers" -o "$work/body" \
		-w '%{http_code}' "$@" "$endpoint$path"
}

# sent NAME: that header of the last answer.
sent() {
	sed -n "s/^$1: \(.*\)\r\$/\1/Ip" "$work/headers"
}

body() {
	jq -c "$1" "$work/body"
}

# of NAME JQ: from what is shown of the execution of that workflow id.
of() {
	curl -sS "$endpoint/_local/executions" | jq -cj --arg id "$1" \
		"(.open + .closed)[] | select(.workflowId == \$id) | $2"
}

beat() {
	swf RecordActivityTaskHeartbeat "$(jq -nc --arg token "$(token "$1")" \
		--arg details "$2" '{taskToken: $token, details: $details}')" \
		>/dev/null
}

encoded() {
	jq -rn --arg text "$1" '$text | @uri'
}

# ---- the files and their headers ---------------------------------------------

policy="default-src 'none'; script-src 'self'; style-src 'self';"
policy+=" img-src 'self'; connect-src 'self'; base-uri 'none';"
policy+=" form-action 'none'; frame-ancestors 'none';"
policy+=" require-trusted-types-for 'script'"

for file in "/ text/html; charset=utf-8" \
	"/_local/page.css text/css; charset=utf-8" \
	"/_local/page.js text/javascript; charset=utf-8" \
	"/_local/page.svg image/svg+xml" \
	"/_local/executions application/json" \
	"/_local/nothing application/json"; do
	path=${file%% *}
	get "$path" >"$work/status"
	is "$(sent Content-Type)" "${file#* }" "$path is ${file#* }"
	is "$(sent Content-Security-Policy)|$(sent X-Content-Type-Options)|$(
		sent Referrer-Policy)|$(sent X-Frame-Options)|$(
		sent Cross-Origin-Resource-Policy)|$(sent Cache-Control)|$(
		sent Access-Control-Allow-Origin)" \
		"$policy|nosniff|no-referrer|DENY|same-origin|no-store|" \
		"$path has the headers that keep others out"
done
is "$(<"$work/status")" 404 "what is not there is not found"
is "$(get /)" 200 "the page is there"
ok "as it stands in the source" \
	cmp "$work/body" "$top/src/swf-local/page/page.html"
is "$(get / -I)" 200 "and HEAD of it"
not_ok "no script and no style stands in the page itself" \
	grep -Ei '<style|style=|<script>|[[:space:]]on[a-z]+=|javascript:' \
	"$top/src/swf-local/page/page.html"
not_ok "the script never takes text for markup" \
	grep -E 'innerHTML|outerHTML|insertAdjacent|document\.write|eval\(' \
	"$top/src/swf-local/page/page.js"
not_ok "nothing comes from elsewhere" \
	grep -rE 'https?://|@import|url\(' --exclude=page.svg --exclude=embed \
	"$top/src/swf-local/page"
is "$(get / -X PUT)" 400 "any other request for / is for SWF"
is "$(body .__type)" \
	'"com.amazon.coral.service#UnknownOperationException"' "in its words"

# ---- what it shows -----------------------------------------------------------

get /_local/executions >/dev/null
is "$(body '[.openCount, .closedCount, .open, .closed, .faults]')" \
	'[0,0,[],[],[]]' "nothing yet"

new_task copy heartbeat=30 schedule_to_close=3000
start_execution waiting
is "$(of copy '[.domain, .type.name, .events, .cancelRequested,
	.activityCount, .closeStatus]')" '["test","flow",6,false,1,null]' \
	"an open execution"
is "$(of copy '.activities[0] | [.activityId, .type.name, .lease, .details,
	.percent, .timeout.type, .cancelRequested, .taskList]')" \
	'["copy","step",30000,null,null,"HEARTBEAT",false,"work-copy"]' \
	"with its activity task, which has said nothing yet"
is "$(of waiting '.activities[0] | [.started, .leaseEnds, .lease]')" \
	'[null,null,null]' "a task that waits has no lease"
is "$(curl -sS "$endpoint/_local/executions" | jq -c '.now as $now |
	.open[] | select(.workflowId == "copy") | .activities[0] |
	(.leaseEnds - $now) | . > 20000 and . <= 30000')" true \
	"and the lease is counted by the clock that is sent along"

nasty=$'<script>alert(1)</script> & "quoted" \\ \u00e9 \U0001F600\t\x01 42.5 %'
beat copy "$nasty"
is "$(of copy '.activities[0].details')" "$nasty" "details are sent as they are"
is "$(of copy '.activities[0].percent')" 42.5 "with their percent"
while IFS='|' read -r text want; do
	beat copy "$text"
	is "$(of copy '.activities[0].percent')" "$want" "percent of: $text"
done <<'END'
7/20|35
{"percent":80,"progress":"3/4"}|80
2026/11/26|null
150%|null
99.96%|99.96
END

long=$(printf '%0300d' 7)
beat copy "$long"
is "$(of copy '.activities[0].details')" "${long:0:197}..." \
	"long details are cut in the list"
run=$(encoded "$(<"$work/copy.run")")
get "/_local/executions?runId=$run" >/dev/null
is "$(body '.run.activities[0].details')" "\"$long\"" \
	"and longer for the one that was chosen"

get "/_local/executions?filter=WAIT" >/dev/null
is "$(body '[.open[].workflowId, .openCount]')" '["waiting",2]' \
	"a filter knows no upper case"
get "/_local/executions?filter=step" >/dev/null
is "$(body '.open | length')" 2 "and finds types of activities"
get "/_local/executions?filter=nowhere" >/dev/null
is "$(body '[.open, .openCount]')" '[[],2]' "or nothing"

# ---- history -----------------------------------------------------------------

is "$(get "/_local/history?runId=$run")" 200 "a history"
is "$(body '[.workflowId, [.events[].eventId]]')" '["copy",[6,5,4,3,2,1]]' \
	"newest first"
get "/_local/history?runId=$run&before=3" >/dev/null
is "$(body '[.events[].eventId]')" '[2,1]' "before an event"
get "/_local/history?runId=$run&before=1" >/dev/null
is "$(body '.events')" '[]' "before the first"
get "/_local/history?runId=$run&after=4" >/dev/null
is "$(body '[.events[].eventType]')" \
	'["ActivityTaskScheduled","ActivityTaskStarted"]' \
	"after an event, oldest first"
for after in 6 99 9223372036854775807 99999999999999999999; do
	get "/_local/history?runId=$run&after=$after" >/dev/null
	is "$(body '.events')" '[]' "after $after there is nothing"
done
get "/_local/history?runId=$run&after=-1&before=x" >/dev/null
is "$(body '.events | length')" 6 "what is no id is none"
is "$(get /_local/history)$(get "/_local/history?runId=nope")" 404404 \
	"no run, no history"

# ---- buttons -----------------------------------------------------------------

json='Content-Type: application/json'
is "$(get /_local/cancel -H "$json" -d "$(lib_execution copy)")" 200 \
	"a cancel can be requested"
is "$(of copy .cancelRequested)" true "is seen"
is "$(history copy | jq -r '.[-2].eventType')" \
	WorkflowExecutionCancelRequested "and is in the history"
is "$(get /_local/terminate -H "$json" \
	-d "$(lib_execution waiting | jq -c '. + {reason: "enough"}')")" 200 \
	"an execution can be terminated"
is "$(of waiting '[.closeStatus, (.closed != null)]')" '["TERMINATED",true]' \
	"and is among the closed ones"
is "$(history waiting | jq -r '.[-1] | .eventType +
	.workflowExecutionTerminatedEventAttributes.reason')" \
	WorkflowExecutionTerminatedenough "with the reason"
is "$(get /_local/terminate -H "$json" -d "$(lib_execution waiting)")" 400 \
	"once"
is "$(body .__type)" '"com.amazonaws.swf.base.model#UnknownResourceFault"' \
	"then the service's own fault is told"
is "$(get /_local/cancel -H "$json" -d '{"domain":"test"}')" 400 \
	"what is missing is told"
is "$(get /_local/cancel -H "$json" -d '{"domain":')" 400 "so is what is no JSON"
is "$(get /_local/names)$(body '[(.operations | length > 10),
	(.faults | index("black-hole") != null)]')" '200[true,true]' \
	"the names of operations and faults are to be had"

# ---- who is refused ----------------------------------------------------------

# refused STATUS NAME CURL-ARG...: nothing is injected by such a request.
refused() {
	local want=$1 name=$2
	shift 2
	is "$(get /_local/faults -d '{"operation":"*","fault":"throttle"}' \
		"$@")" "$want" "refused: $name"
}

refused 403 "another Origin" -H "$json" -H 'Origin: http://evil.example'
refused 403 "another port" -H "$json" -H 'Origin: http://127.0.0.1:1'
refused 403 "an Origin that is none" -H "$json" -H 'Origin: null'
refused 403 "https" -H "$json" -H "Origin: https://$host"
refused 403 "a foreign Host" -H "$json" -H 'Host: evil.example'
refused 403 "a name that was bound to here" -H "$json" \
	-H "Host: evil.example:${host#*:}" \
	-H "Origin: http://evil.example:${host#*:}"
refused 403 "one that looks like ours" -H "$json" \
	-H "Host: 127.0.0.1.evil.example:${host#*:}" \
	-H "Origin: http://127.0.0.1.evil.example:${host#*:}"
refused 403 "another site, by the browser's word" -H "$json" \
	-H 'Sec-Fetch-Site: cross-site'
refused 403 "another port, by the browser's word" -H "$json" \
	-H 'Sec-Fetch-Site: same-site'
refused 415 "a form"
refused 415 "a form as text" -H 'Content-Type: text/plain'
refused 415 "a form with files" -H 'Content-Type: multipart/form-data'
refused 415 "no content type" -H 'Content-Type:'
for path in cancel terminate; do
	is "$(get "/_local/$path?domain=test&workflowId=copy")" 405 \
		"GET does not $path"
done
is "$(get /_local/cancel -X OPTIONS -H 'Origin: http://evil.example' \
	-H 'Access-Control-Request-Method: POST')$(
	sent Access-Control-Allow-Origin)" 403 "nobody is let in beforehand"
is "$(get /_local/executions -H 'Origin: http://evil.example')$(
	get /_local/stream -H 'Sec-Fetch-Site: cross-site')$(
	get / -H 'Host: evil.example')" 403403403 \
	"another site sees nothing either"
is "$(get / -H 'Sec-Fetch-Site: cross-site')" 200 \
	"but it may have a link to the page"
target='X-Amz-Target: SimpleWorkflowService.TerminateWorkflowExecution'
is "$(get / -H 'Content-Type: application/x-amz-json-1.0' -H "$target" \
	-H 'Host: evil.example' -H 'Origin: http://evil.example' \
	-d "$(lib_execution copy)")" 403 \
	"an operation is not for another site's page"
is "$(of copy .closeStatus)" null "nothing of it was done"
is "$(curl -sS "$endpoint/_local/faults")" '[]' "nor injected"

for name in "$host" "localhost:${host#*:}"; do
	is "$(get /_local/faults -H "$json" -H "Host: $name" \
		-H "Origin: http://$name" -H 'Sec-Fetch-Site: same-origin' \
		-d '{"operation":"*","fault":"delay","value":0}')" 200 \
		"the page itself may, at $name"
done
get /_local/executions >/dev/null
is "$(body '[.faults[].fault]')" '["delay","delay"]' "and sees its faults"
is "$(get /_local/faults -X DELETE -H "Origin: $endpoint")$(
	body .)" '200[]' "and clears them"

# ---- many --------------------------------------------------------------------

start='{"domain":"test","workflowId":"many-%s","workflowType":{"name":"flow",
	"version":"1"},"taskList":{"name":"many"},"childPolicy":"TERMINATE",
	"executionStartToCloseTimeout":"600","taskStartToCloseTimeout":"60"}'
arguments=()
for i in {1..120}; do
	# shellcheck disable=SC2059 # it is the format
	printf -v one "$start" "$i"
	arguments+=(--next -sS -o "$work/started" --data-binary "$one"
		-H 'Content-Type: application/x-amz-json-1.0'
		-H 'X-Amz-Target: SimpleWorkflowService.StartWorkflowExecution'
		"$endpoint/")
done
curl "${arguments[@]:1}"
get /_local/executions >/dev/null
is "$(body '[(.open | length), .openCount, .open[0].workflowId]')" \
	'[100,121,"many-120"]' "of many executions the newest are shown"
get "/_local/executions?filter=many-7" >/dev/null
is "$(body '[.open[].workflowId] | length')" 11 "a filter finds the others"

done_testing
