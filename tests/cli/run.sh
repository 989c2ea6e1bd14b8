# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the tests of "tend run" share beyond lib.sh, which it sources.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"

if grep -q '^#define SANITIZED 1' "$build/config.h"; then
	sanitized=yes
else
	sanitized=
fi

# A Python that needs nothing but itself.
python=
for lib_name in /usr/bin/python3 "$(command -v python3)"; do
	[[ -x $lib_name ]] && python=$lib_name && break
done

# new_tasks NAME COUNT: tasks NAME1, NAME2, ... of one execution NAME, for
# tests that need many and look only at tend.
new_tasks() {
	local name=$1 count=$2 run decision i
	lib_register || bail "no domain"
	run=$(swf StartWorkflowExecution "$(jq -nc --arg name "$name" '{
		domain: "test", workflowId: $name,
		workflowType: {name: "flow", version: "1"},
		taskList: {name: ("decide-" + $name)},
		executionStartToCloseTimeout: "3600",
		taskStartToCloseTimeout: "60", childPolicy: "TERMINATE"}')") ||
		bail "no execution $name"
	jq -r .runId <<<"$run" >"$work/$name.run"
	decision=$(swf PollForDecisionTask "$(jq -nc --arg list "decide-$name" \
		'{domain: "test", taskList: {name: $list}}')") || bail "no decision"
	swf RespondDecisionTaskCompleted "$(jq -c --arg name "$name" \
		--argjson count "$count" '{taskToken, decisions:
		[range(1; $count + 1) | {decisionType: "ScheduleActivityTask",
		scheduleActivityTaskDecisionAttributes: {
			activityId: ($name + tostring),
			activityType: {name: "step", version: "1"},
			taskList: {name: ("work-" + $name)},
			heartbeatTimeout: "NONE", startToCloseTimeout: "NONE",
			scheduleToStartTimeout: "NONE",
			scheduleToCloseTimeout: "NONE"}}]}' \
		<<<"$decision")" || bail "no tasks $name"
	poll_tasks "$name" "$count" || bail "no tasks $name"
}

# poll_tasks NAME COUNT: takes them all, with one curl.
poll_tasks() {
	local name=$1 count=$2 i line arguments=() list
	list=$(jq -nc --arg list "work-$name" \
		'{domain: "test", taskList: {name: $list}}')
	for ((i = 1; i <= count; i++)); do
		((i == 1)) || arguments+=(--next)
		arguments+=(-sS --max-time 70 -w '\n'
			-H 'Content-Type: application/x-amz-json-1.0'
			-H 'X-Amz-Target: SimpleWorkflowService.PollForActivityTask'
			--data-binary "$list" "$endpoint/")
	done
	i=0
	while read -r line; do
		i=$((i + 1))
		printf '%s\n' "$line" >"$work/$name$i.task"
	done < <(curl "${arguments[@]}")
	((i == count))
}

# closed NAME: finds the event that closed a task of execution NAME last, for
# field: "type", and "result", "reason" and "details", "none" if it has none.
# One jq: it takes longer to start than all the rest.
closed() {
	local request run
	run=$(<"$work/$1.run")
	request='{"domain":"test","execution":{"workflowId":"'$1'","runId":"'
	request+=$run'"},"reverseOrder":true,"maximumPageSize":3}'
	swf GetWorkflowExecutionHistory "$request" | jq -j '
		[.events[] | select(.eventType |
			test("^ActivityTask(Completed|Failed|Canceled|TimedOut)$"))] |
		first | .eventType as $type | to_entries[] |
		select(.key | endswith("EventAttributes")) | .value |
		($type, .result // "none", .reason // "none",
			.details // "none") + "\u001e"' >"$work/closed"
	{
		IFS= read -r -d $'\x1e' closed_type
		IFS= read -r -d $'\x1e' closed_result
		IFS= read -r -d $'\x1e' closed_reason
		IFS= read -r -d $'\x1e' closed_details
	} <"$work/closed"
}

# field NAME: of the event that closed found.
field() {
	local name=closed_$1
	printf '%s' "${!name}"
}

# outcome_count NAME EVENT: how many tasks of new_tasks ended so.
outcome_count() {
	history "$1" | jq --arg type "$2" \
		'[.[] | select(.eventType == $type)] | length'
}

# calls [OPERATION]: what the service was asked, as JSON, one call a line.
calls() {
	local_api GET "calls${1+?operation=$1}" | jq -c '.calls[]'
}

# beats NAME: how many heartbeats of the task were accepted.
beats() {
	calls RecordActivityTaskHeartbeat | jq -s --arg name "$1" \
		'[.[] | select(.activityId == $name and .outcome == "ok")] |
		length'
}

# beat_details NAME: the details of its newest heartbeat.
beat_details() {
	calls RecordActivityTaskHeartbeat | jq -sj --arg name "$1" \
		'[.[] | select(.activityId == $name)] | last.details // ""'
}

# beats_reach NAME COUNT
beats_reach() {
	(($(beats "$1") >= $2))
}

# beat_is NAME DETAILS
beat_is() {
	[[ $(beat_details "$1") == "$2" ]]
}

# children PID: the pids of its children.
children() {
	cat "/proc/$1/task/"*/children 2>/dev/null
}

# guard_of PID: tend's guard.  command_of PID: the command under it.
guard_of() {
	local child
	for child in $(children "$1"); do
		[[ $(<"/proc/$child/comm") == tend-guard ]] && echo "$child"
	done 2>/dev/null
}

command_of() {
	local guard
	guard=$(guard_of "$1")
	[[ -n $guard ]] && children "$guard" | tr -d ' \n'
}

# peak PID: the most memory that it has had, in KiB.
peak() {
	awk '/^VmHWM:/ { print $2 }' "/proc/$1/status" 2>/dev/null
}

# cpu_ms PID: how long it has computed.
cpu_ms() {
	local stat fields
	stat=$(<"/proc/$1/stat") || return
	read -ra fields <<<"${stat##*) }"
	echo $(((fields[11] + fields[12]) * 1000 / $(getconf CLK_TCK)))
}

# is_file GOT WANT NAME: two files have the same bytes.
is_file() {
	ok "$3" cmp "$1" "$2"
}

# lines FILE: how many it has.
lines() {
	wc -l <"$1"
}
