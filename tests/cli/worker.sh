# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For the tests of "tend worker": source it after lib.sh and watch.sh.
#
#	schedule copy 3 heartbeat=10 input=hello
#	worker_start copy --slots 2 -t 10s -- cat
#	wait_for all_closed copy 3
#	kill -TERM "$pid"
#	worker_ended copy
#	is "$(kinds copy)" "3 ActivityTaskCompleted" "all are done"
#
# Execution NAME has tasks NAME.1, NAME.2, ... on task list work-NAME, which
# the worker of that name polls.  Its log is $work/NAME.err.

# schedule NAME COUNT [KEY=VALUE]...: KEY is heartbeat, start_to_close, input,
# list (NAME, whose list they are put on) or type (NAME:VERSION, which is
# registered).
schedule() {
	local name=$1 count=$2 pair run i decisions='' input='' list=$1
	local heartbeat=60 start_to_close=NONE type=step version=1
	shift 2
	for pair in "$@"; do
		case ${pair%%=*} in
		input)
			input=,\"input\":$(jq -nc --arg value "${pair#*=}" \
				'$value')
			;;
		heartbeat) heartbeat=${pair#*=} ;;
		list) list=${pair#*=} ;;
		start_to_close) start_to_close=${pair#*=} ;;
		type)
			type=${pair#*=}
			version=${type#*:}
			type=${type%%:*}
			;;
		*) bail "no key ${pair%%=*}" ;;
		esac
	done
	lib_register || bail "nothing registered"
	[[ $type:$version == step:1 ]] || swf RegisterActivityType \
		"{\"domain\":\"test\",\"name\":\"$type\",
		\"version\":\"$version\"}" 2>/dev/null
	run=$(swf StartWorkflowExecution "{
		\"domain\":\"test\",\"workflowId\":\"$name\",
		\"workflowType\":{\"name\":\"flow\",\"version\":\"1\"},
		\"taskList\":{\"name\":\"decide-$name\"},
		\"executionStartToCloseTimeout\":\"3600\",
		\"taskStartToCloseTimeout\":\"60\",
		\"childPolicy\":\"TERMINATE\"}") || bail "no execution $name"
	lib_member runId "$run" >"$work/$name.run"
	for ((i = 1; i <= count; i++)); do
		decisions+=",{\"decisionType\":\"ScheduleActivityTask\",
			\"scheduleActivityTaskDecisionAttributes\":{
			\"activityId\":\"$name.$i\",
			\"activityType\":{\"name\":\"$type\",
				\"version\":\"$version\"},
			\"taskList\":{\"name\":\"work-$list\"},
			\"heartbeatTimeout\":\"$heartbeat\",
			\"startToCloseTimeout\":\"$start_to_close\",
			\"scheduleToStartTimeout\":\"NONE\",
			\"scheduleToCloseTimeout\":\"NONE\"$input}}"
	done
	lib_decide "$name" "${decisions#,}" || bail "no tasks $name"
}

# worker NAME [ARG]...: runs one to its end; sets $status.
worker() {
	local name=$1
	shift
	# One that does not end must not hold up all tests.
	MARK=$work/$name timeout $((lib_patience * 3)) \
		"$tend" worker --endpoint-url "$endpoint" \
		--no-sign-request --domain test --task-list "work-$name" "$@" \
		>"$work/$name.out" 2>"$work/$name.err"
	status=$?
}

# worker_start NAME [ARG]...: the same, without waiting; $pid is tend's.
worker_start() {
	local name=$1
	shift
	MARK=$work/$name env --default-signal=INT,QUIT \
		"$tend" worker --endpoint-url "$endpoint" \
		--no-sign-request --domain test --task-list "work-$name" "$@" \
		>"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$name.pid"
}

# worker_ended NAME: waits until it has; says what it said if it does not.
worker_ended() {
	tend_wait "$1" && return
	diag "$1 goes on:" "$(<"$work/$1.err")"
	return 1
}

# closed_count NAME: how many of its tasks have ended.
closed_count() {
	lib_history "$1" | jq '[.events[] | select(.eventType |
		test("^ActivityTask(Completed|Failed|Canceled|TimedOut)$"))] |
		length'
}

# all_closed NAME COUNT
all_closed() {
	(($(closed_count "$1") >= $2))
}

# kinds NAME: how often its tasks ended how: "3 ActivityTaskCompleted".
kinds() {
	lib_history "$1" | jq -r '.events[].eventType' |
		grep -E '^ActivityTask(Completed|Failed|Canceled|TimedOut)$' |
		sort | uniq -c | awk '{ print $1, $2 }'
}

# reasons NAME: of those that failed, each once.
reasons() {
	lib_history "$1" | jq -r '.events[] | .activityTaskFailedEventAttributes
		| select(. != null) | .reason' | sort -u
}

# polls: how many were answered.
polls() {
	count_calls PollForActivityTask
}
polls_reach() {
	(($(polls) >= $1))
}

# connections: how many there are to the service; while a worker does nothing
# else, each is a poll that waits.
connections() {
	local port
	printf -v port %04X "$(<"$work/port")"
	awk -v port="$port" '$3 ~ ":" port "$" && $4 == "01"' /proc/net/tcp |
		wc -l
}
polls_wait() {
	(($(connections) == $1))
}

# started_reach NAME COUNT: whether so many of its tasks have been started.
started_reach() {
	local count
	count=$(lib_history "$1" | jq '[.events[] |
		select(.eventType == "ActivityTaskStarted")] | length')
	((count >= $2))
}

# ends NAME: "ACTIVITY EVENT SECONDS" of each task that has ended, by the
# service's clock.
ends() {
	lib_history "$1" | jq -r "$watch_ends"' | "\(.activity) \(.type) \(.at)"'
}

# For bash: says again and again that it is alive, until a TERM.
# shellcheck disable=SC2016 # it is for bash
alive='while :; do
		printf "%s\n" "$EPOCHREALTIME" >>"$work/$SWF_ACTIVITY_ID.life"
		sleep 0.02
	done'

# pulse_start: the same, of the machine: it tells one that stood still.
pulse_start() {
	# shellcheck disable=SC2016 # it is for bash
	background bash -c 'while :; do printf "%s\n" "$EPOCHREALTIME"
		sleep 0.02; done' >"$work/pulse"
}

# stood_still: the longest time without a pulse, in milliseconds.
stood_still() {
	awk 'NR > 1 && $1 - last > most { most = $1 - last } { last = $1 }
		END { print int(most * 1000) }' "$work/pulse"
}

# dead_in_time NAME TEST: a test of that name: each of its tasks timed out, and
# the command's last sign of life was before, by the service's clock.
dead_in_time() {
	local activity event at life late=()
	while read -r activity event at; do
		life=$(last_life "$activity")
		[[ $event == ActivityTaskTimedOut ]] &&
			jq -ne "$life < $at" >/dev/null ||
			late+=("$activity: $event at $at, alive at $life")
	done < <(ends "$1")
	if ((${#late[@]} > 0 && $(stood_still) > 300)); then
		skip "the machine stood still for $(stood_still) ms" "$2"
	else
		is "${late[*]}" "" "$2"
	fi
}

# guards PID: how many guards it has.
guards() {
	pgrep -c -P "$1" -x tend-guard
}
