# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For the tests that watch a supervised command: source it after lib.sh.
#
#	inject RecordActivityTaskHeartbeat throttle count=3
#	supervise_start copy -i 100ms -- sh -c 'echo half; exec sleep 1000'
#	wait_for has_beaten copy half
#	cancel_task copy
#	ended copy
#	is "$(said copy .cause)" cancel "it was canceled"
#	is "$(survivors copy)" "" "and nobody is left"
#
# A task's commands find $work in their environment, and are known by a mark
# there, wherever they go.

export work

heartbeat=RecordActivityTaskHeartbeat
completed=RespondActivityTaskCompleted
failed=RespondActivityTaskFailed
canceled=RespondActivityTaskCanceled

# Failures that leave a core dump leave it where it goes away.
cd "$work" || bail "cannot enter $work"

# ---- Many tasks at once ------------------------------------------------------

# new_tasks NAME COUNT: COUNT activities of one execution, NAME.1 and so on,
# each as if made by new_task; only many_outcomes tells them apart.
new_tasks() {
	local i run decision decisions=
	lib_register || bail "nothing registered"
	run=$(swf StartWorkflowExecution "{
		\"domain\":\"test\",\"workflowId\":\"$1\",
		\"workflowType\":{\"name\":\"flow\",\"version\":\"1\"},
		\"taskList\":{\"name\":\"decide-$1\"},
		\"executionStartToCloseTimeout\":\"3600\",
		\"taskStartToCloseTimeout\":\"60\",
		\"childPolicy\":\"TERMINATE\"}") || bail "no execution $1"
	lib_member runId "$run" >"$work/$1.run"
	for ((i = 1; i <= $2; i++)); do
		decisions+=",{\"decisionType\":\"ScheduleActivityTask\",
			\"scheduleActivityTaskDecisionAttributes\":{
			\"activityId\":\"$1.$i\",
			\"activityType\":{\"name\":\"step\",\"version\":\"1\"},
			\"taskList\":{\"name\":\"work-$1\"},
			\"heartbeatTimeout\":\"60\",
			\"startToCloseTimeout\":\"NONE\",
			\"scheduleToStartTimeout\":\"NONE\",
			\"scheduleToCloseTimeout\":\"NONE\"}}"
	done
	lib_decide "$1" "${decisions#,}" || bail "no tasks $1"
	for ((i = 1; i <= $2; i++)); do
		swf PollForActivityTask "$(lib_list "work-$1")" \
			>"$work/$1.poll" &&
			mv "$work/$1.poll" "$work/$(lib_member activityId \
				"$(<"$work/$1.poll")").task" ||
			bail "no task $1.$i"
	done
}

# In jq: of each task that has ended what its last event says, with "activity",
# "type" and "at".
# shellcheck disable=SC2016 # it is for jq
watch_ends='.events | (map(select(.eventType == "ActivityTaskScheduled") |
		{(.eventId | tostring):
		.activityTaskScheduledEventAttributes.activityId}) |
		add) as $names | .[] | select(.eventType |
		test("^ActivityTask(Completed|Failed|Canceled|TimedOut)$")) |
	.eventType as $type | .eventTimestamp as $at | to_entries[] |
	select(.key | endswith("EventAttributes")) | .value |
	. + {activity: $names[.scheduledEventId | tostring], type: $type,
		at: $at}'

# many_outcomes NAME: "ACTIVITY EVENT REASON" of each task that has ended.
many_outcomes() {
	lib_history "$1" | jq -r "$watch_ends"' | "\(.activity) \(.type)" +
		if .reason then " " + .reason else "" end'
}

# ---- What goes wrong on purpose ----------------------------------------------

# inject OPERATION FAULT [VALUE] [KEY=VALUE]...: see swf-local(1).
inject() {
	local rule="\"operation\":\"$1\",\"fault\":\"$2\""
	shift 2
	if [[ $# -gt 0 && $1 != *=* ]]; then
		rule+=",\"value\":\"$1\""
		shift
	fi
	for pair in "$@"; do
		rule+=",\"${pair%%=*}\":\"${pair#*=}\""
	done
	local_api POST faults "{$rule}" >"$work/injected" &&
		[[ $(<"$work/injected") == "["* ]] ||
		bail "no fault: $rule: $(<"$work/injected")"
}

# heal: nothing goes wrong any more.
heal() {
	local_api DELETE faults >/dev/null || bail "the faults remain"
}

# ---- What the service was asked ----------------------------------------------

# calls OPERATION [FILTER]: one JSON object a line, of those jq's FILTER lets
# through.
calls() {
	local_api GET "calls?operation=$1" |
		jq -c ".calls[] | select(${2:-true})"
}

count_calls() {
	calls "$@" | wc -l
}

# called [-n LEAST] OPERATION [FILTER]: whether there were so many, or one.
called() {
	local least=1
	if [[ $1 == -n ]]; then
		least=$2
		shift 2
	fi
	[[ $(count_calls "$@") -ge $least ]]
}

# beats NAME: the details of its heartbeats, a line of JSON each.
beats() {
	local_api GET "calls?operation=$heartbeat" |
		jq -c ".calls[] | select(.activityId == \"$1\") | .details"
}

count_beats() {
	beats "$1" | wc -l
}

# has_beaten NAME DETAILS: whether a heartbeat said so; no quotes in there.
has_beaten() {
	beats "$1" | grep -Fxqe "\"$2\""
}

# beaten NAME COUNT: whether there were so many heartbeats at least.
beaten() {
	[[ $(count_beats "$1") -ge $2 ]]
}

# reports NAME: the Respond* calls for it, a line of JSON each.
reports() {
	local_api GET calls | jq -c --arg name "$1" '.calls[] |
		select(.operation | startswith("RespondActivityTask")) |
		select(.activityId == $name)'
}

count_reports() {
	reports "$1" | wc -l
}

# forget_calls: what was called until now no longer counts.
forget_calls() {
	local_api DELETE calls >/dev/null || bail "the calls remain"
}

# all_reports: how many there were for any task, also those that SWF refused
# and of which it does not know whose they were.
all_reports() {
	local_api GET calls | jq '[.calls[] |
		select(.operation | startswith("RespondActivityTask"))] |
		length'
}

# ---- Commands and their trees ------------------------------------------------

# supervise NAME [ARG]...: tend_run, with an outcome file.
supervise() {
	MARK=$work/$1 tend_run "$1" --outcome "$work/$1.json" "${@:2}"
}

# supervise_start NAME [ARG]...: tend_start, with an outcome file.
supervise_start() {
	rm -f "$work/$1.json"
	MARK=$work/$1 tend_start "$1" --outcome "$work/$1.json" "${@:2}"
}

# ended NAME: waits until tend has; says what it said if it does not.
ended() {
	tend_wait "$1" && return
	diag "$1 goes on:" "$(<"$work/$1.err")"
	return 1
}

# said NAME FILTER: of the outcome file's line.
said() {
	jq -r "$2" "$work/$1.json"
}

# said_ms NAME MEMBER: a time of it, in milliseconds, as now_ms has it.
said_ms() {
	date -d "$(said "$1" ".$2")" +%s%3N
}

# tree NAME: the pids of its command and of all that came of it.
tree() {
	local file name
	grep -lszFxe "MARK=$work/$1" /proc/[0-9]*/environ | while read -r file
	do
		file=${file%/environ}
		read -r name 2>/dev/null <"$file/comm" || continue
		[[ $name == tend || $name == tend-guard ]] && continue
		echo "${file#/proc/}"
	done
}

# survivors NAME: the same, for after the end: nobody should be.
survivors() {
	local pid
	for pid in $(tree "$1"); do
		tr '\0' ' ' <"/proc/$pid/cmdline"
		echo
	done
}

nobody_left() {
	[[ -z $(tree "$1") ]]
}

# A command that is deaf to TERM and says again and again that it is alive.
# $name is whose it is; it comes to $work/$name.life.
# shellcheck disable=SC2016 # what stands in single quotes is for bash
lively='trap "" TERM HUP
	while :; do
		printf "%s\n" "$EPOCHREALTIME" >>"$work/$name.life"
		sleep 0.02
	done'

# last_life NAME: the last second at which it said so.
last_life() {
	tail -n 1 "$work/$1.life"
}

# What a tend that failed its test has left behind does not outlive the test.
watch_cleanup() {
	local file
	[[ $BASHPID == "$$" ]] || return
	grep -lsze "^MARK=$work/" /proc/[0-9]*/environ | while read -r file; do
		file=${file%/environ}
		kill -KILL "${file#/proc/}" 2>/dev/null
	done
	lib_cleanup
}
trap watch_cleanup EXIT

# guard_of NAME: the pid of its tend-guard.
guard_of() {
	pgrep -P "$(<"$work/$1.pid")" -x tend-guard
}

# state_of PID: R, S, T, Z...; nothing if there is none.
state_of() {
	local stat
	stat=$(<"/proc/$1/stat") 2>/dev/null || return
	stat=${stat##*) }
	echo "${stat%% *}"
}

is_stopped() {
	[[ $(state_of "$1") == T ]]
}

# took_signals PID: whether none that was sent to it is still waiting, so that
# the next one of the same number is another one.
took_signals() {
	! grep -qs '^ShdPnd:.*[1-9a-f]' "/proc/$1/status"
}

# there FILE...: whether all of them are, in $work.
there() {
	local file
	for file in "$@"; do
		[[ -e $work/$file ]] || return
	done
}

# blocks_term PID: whether it is tend, and so far that it takes TERM in order.
blocks_term() {
	local line
	line=$(grep -s '^Name:' "/proc/$1/status") || return
	[[ ${line##*[[:blank:]]} == tend ]] || return
	line=$(grep -s '^SigBlk:' "/proc/$1/status") || return
	((0x${line##*[[:blank:]]} & 1 << 14))
}

# fault_applied: whether an injected fault has happened to somebody.
fault_applied() {
	[[ $(local_api GET faults) =~ \"applied\":[1-9] ]]
}
