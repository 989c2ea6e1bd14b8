# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the tests of the real programs share: source it first.
#
#	. "${TEND_SOURCE:?}/tests/cli/lib.sh"
#	service_start
#	new_task copy heartbeat=10 input=hello
#	tend_run copy --heartbeat-timeout 10s -- cat
#	is "$status" 0 "cat ends well"
#	is "$(outcome copy)" ActivityTaskCompleted "and is completed"
#	done_testing
#
# Every test file has a directory of its own, $work, and a service of its own,
# so that many run at once.  Tasks have names; what belongs to task NAME is in
# $work/NAME.*.  What was started is ended by its pid, on every way out.
# Nothing here sleeps for a guess: wait_for polls for what is waited for.

# In the background of a script, or after nohup, HUP, INT or QUIT are ignored;
# a shell cannot change that, and the commands here shall die of them.
lib_ignored=$(grep ^SigIgn: /proc/self/status)
if ((16#${lib_ignored##*[[:space:]]} & 7)); then
	exec env --default-signal "$0" "$@"
fi

. "${TEND_SOURCE:?}/tests/tap.sh"

top=$TEND_SOURCE
build=${TEND_BUILD:?}
tend=$build/tend
swf_local=$build/swf-local

# The test's environment is the test's, not the caller's.
for lib_name in $(compgen -e | grep -E '^(AWS|TEND|SWF)_'); do
	unset "$lib_name"
done
unset http_proxy https_proxy all_proxy no_proxy
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR
export LC_ALL=C.UTF-8
# Who has no credentials must not ask the machine that the tests run on.
export AWS_EC2_METADATA_DISABLED=true

work=$(mktemp -d "${TMPDIR:-/tmp}/tend-test.XXXXXX") || bail "no $work"
export HOME=$work
lib_pids=()
endpoint=
status=

# Sanitizers are slow, and so may be the machine.
lib_patience=10
grep -q '^#define SANITIZED 1' "$build/config.h" && lib_patience=30
# What is slower still says so: contrib/valgrind.
[[ -e $build/patience ]] && lib_patience=$(<"$build/patience")

# lib_ours PID: whether it is a child of this shell, and no stranger that got
# the number of one that has ended.
lib_ours() {
	local stat
	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return
	read -r _ stat _ <<<"${stat##*) }"
	[[ $stat == "$$" ]]
}

# lib_end PID: ends a process of ours that may have ended already, or may be
# stopped.  It is continued before it is told: a SIGCONT after that may take
# away the SIGSTOP with which the leak checker of the sanitizers attaches to
# what is about to exit, and both wait for each other then.
lib_end() {
	lib_ours "$1" || return 0
	kill -CONT "$1" 2>/dev/null
	kill -TERM "$1" 2>/dev/null
	wait_for -t 5 gone "$1" || kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

lib_cleanup() {
	local pid
	trap - EXIT
	# Not the one that is about to become tend.
	[[ $BASHPID == "$$" ]] || return
	# The newest first: tend before the service it talks to.
	for ((i = ${#lib_pids[@]} - 1; i >= 0; i--)); do
		pid=${lib_pids[i]}
		lib_end "$pid"
	done
	rm -rf "$work"
}
trap lib_cleanup EXIT
trap 'exit 1' HUP INT TERM

# background COMMAND [ARG]...: starts it; its pid is in $pid.
background() {
	"$@" &
	pid=$!
	lib_pids+=("$pid")
}

# gone PID: whether the process has ended (a zombie has).
gone() {
	local stat
	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
	stat=${stat##*) }
	[[ ${stat%% *} == [ZX] ]]
}

# wait_for [-t SECONDS] COMMAND [ARG]...: until it succeeds, or else fails
# after some patience.
wait_for() {
	local patience=$lib_patience limit
	if [[ $1 == -t ]]; then
		patience=$2
		shift 2
	fi
	limit=$((${EPOCHREALTIME/[.,]/} + patience * 1000000))
	until "$@"; do
		if ((${EPOCHREALTIME/[.,]/} > limit)); then
			diag "waited $patience s in vain for: $*"
			return 1
		fi
		sleep 0.02
	done
}

# contains FILE ERE: whether a line of the file matches, now.
contains() {
	[[ -e $1 ]] && grep -Eqs -- "$2" "$1"
}

# now_ms: wall time.
now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# gojq starts ten times as fast, and tests start it some ten thousand times.
if command -v gojq >/dev/null; then
	jq() {
		gojq "$@"
	}
fi

# ---- The service -------------------------------------------------------------

# service_start [OPTION]...: a swf-local of this test's own; sets $endpoint
# and $service_pid.
service_start() {
	[[ -x $swf_local ]] || skip_all "built without swf-local"
	command -v jq >/dev/null || skip_all "jq is not installed"
	rm -f "$work/port" "$work/registered"
	"$swf_local" --port 0 --port-file "$work/port" "$@" \
		>>"$work/service.log" 2>&1 &
	service_pid=$!
	lib_pids+=("$service_pid")
	wait_for lib_service_is_up || bail "swf-local: $(<"$work/service.log")"
	endpoint=http://127.0.0.1:$(<"$work/port")
}

lib_service_is_up() {
	[[ -s $work/port ]] && return
	gone "$service_pid" && bail "swf-local: $(<"$work/service.log")"
	return 1
}

service_stop() {
	lib_end "$service_pid"
}

# lib_http SECONDS METHOD PATH HEADER BODY: prints the status code, and from the
# next line on what the service answers; fails if that is late or cut off.  To
# start curl takes 15 ms of a processor, and most of a test is asking what there
# is by now.
lib_http() (
	LC_ALL=C length=
	server=${endpoint#http://}
	exec 3<>"/dev/tcp/${server%:*}/${server##*:}" || exit
	printf '%s %s HTTP/1.0\r\nHost: %s\r\nContent-Length: %d\r\n%s\r\n\r\n%s' \
		"$2" "$3" "$server" "${#5}" "$4" "$5" >&3
	read -r -t "$1" -u 3 _ code _ || exit
	while read -r -u 3 line && [[ $line != $'\r' ]]; do
		[[ ${line,,} == content-length:* ]] && length=${line//[!0-9]/}
	done
	body=$(timeout "$1" head -c "$length" <&3 && echo .)
	[[ ${#body} -eq $((length + 1)) ]] || { echo "$3: cut off" >&2; exit 1; }
	printf '%s\n%s' "$code" "${body%.}"
)

# local_api METHOD PATH [BODY]: swf-local's own side, for tests only.
local_api() {
	local answer
	answer=$(lib_http 20 "$1" "/_local/$2" \
		'Content-Type: application/json' "${3-}") || return
	printf '%s\n' "${answer#*$'\n'}"
}

# swf OPERATION JSON: prints the answer; fails if it is a fault.
swf() {
	local answer code
	answer=$(lib_http 70 POST / \
		"X-Amz-Target: SimpleWorkflowService.$1"$'\r\n'\
'Content-Type: application/x-amz-json-1.0' "$2") || return
	code=${answer%%$'\n'*}
	answer=${answer#"$code"}
	answer=${answer#$'\n'}
	if [[ $code != 200 ]]; then
		printf '%s: %s: %s\n' "$1" "$code" "$answer" >&2
		return 1
	fi
	[[ -z $answer ]] || printf '%s\n' "$answer"
}

# ---- Tasks -------------------------------------------------------------------

lib_register() {
	[[ ! -e $work/registered ]] || return 0
	swf RegisterDomain '{"name":"test",
		"workflowExecutionRetentionPeriodInDays":"1"}' &&
		swf RegisterWorkflowType '{"domain":"test","name":"flow",
			"version":"1"}' &&
		swf RegisterActivityType '{"domain":"test","name":"step",
			"version":"1"}' &&
		: >"$work/registered"
}

# lib_member NAME JSON: the first member of that name that is a string, as it
# is written there.  (What is made for every task does without jq.)
lib_member() {
	[[ $2 =~ \"$1\":\"(([^\"\\]|\\.)*)\" ]] || return
	printf '%s\n' "${BASH_REMATCH[1]}"
}

# lib_list LIST: what a poller of the task list asks.
lib_list() {
	printf '{"domain":"test","taskList":{"name":"%s"}}' "$1"
}

# lib_decide NAME DECISION[,DECISION]...: plays the decider, once.
lib_decide() {
	local decision
	decision=$(swf PollForDecisionTask "$(lib_list "decide-$1")") || return
	swf RespondDecisionTaskCompleted "{
		\"taskToken\":\"$(lib_member taskToken "$decision")\",
		\"decisions\":[$2]}"
}

# start_execution NAME [KEY=VALUE]...: starts an execution and has it schedule
# one activity task.  KEY is heartbeat, start_to_close, schedule_to_start,
# schedule_to_close (seconds or NONE) or input.
start_execution() {
	local name=$1 pair run input=
	declare -A timeout=([heartbeat]=60 [start_to_close]=NONE
		[schedule_to_start]=NONE [schedule_to_close]=NONE)
	shift
	for pair in "$@"; do
		case ${pair%%=*} in
		input)
			input=,\"input\":$(jq -nc --arg value "${pair#*=}" \
				'$value')
			;;
		heartbeat | start_to_close | schedule_to_start | \
		schedule_to_close)
			timeout[${pair%%=*}]=${pair#*=}
			;;
		*) bail "no key ${pair%%=*}" ;;
		esac
	done
	lib_register || return
	run=$(swf StartWorkflowExecution "{
		\"domain\":\"test\",\"workflowId\":\"$name\",
		\"workflowType\":{\"name\":\"flow\",\"version\":\"1\"},
		\"taskList\":{\"name\":\"decide-$name\"},
		\"executionStartToCloseTimeout\":\"3600\",
		\"taskStartToCloseTimeout\":\"60\",
		\"childPolicy\":\"TERMINATE\"}") || return
	lib_member runId "$run" >"$work/$name.run"
	lib_decide "$name" "{\"decisionType\":\"ScheduleActivityTask\",
		\"scheduleActivityTaskDecisionAttributes\":{
		\"activityId\":\"$name\",
		\"activityType\":{\"name\":\"step\",\"version\":\"1\"},
		\"taskList\":{\"name\":\"work-$name\"},
		\"heartbeatTimeout\":\"${timeout[heartbeat]}\",
		\"startToCloseTimeout\":\"${timeout[start_to_close]}\",
		\"scheduleToStartTimeout\":\"${timeout[schedule_to_start]}\",
		\"scheduleToCloseTimeout\":\"${timeout[schedule_to_close]}\"
		$input}}"
}

# poll_task NAME: takes its task; $work/NAME.task and $work/NAME.token.
poll_task() {
	swf PollForActivityTask "$(lib_list "work-$1")" >"$work/$1.task" &&
		lib_member taskToken "$(<"$work/$1.task")" >"$work/$1.token"
}

# new_task NAME [KEY=VALUE]...: the two above.
new_task() {
	start_execution "$@" && poll_task "$1" || bail "no task $1"
}

token() {
	cat "$work/$1.token"
}

lib_execution() {
	printf '{"domain":"test","workflowId":"%s","runId":"%s"}' \
		"$1" "$(<"$work/$1.run")"
}

# cancel_task NAME [ACTIVITY]: the workflow's owner asks, and the decider
# passes it on.
cancel_task() {
	swf RequestCancelWorkflowExecution "$(lib_execution "$1")" &&
		lib_decide "$1" "{
			\"decisionType\":\"RequestCancelActivityTask\",
			\"requestCancelActivityTaskDecisionAttributes\":
			{\"activityId\":\"${2:-$1}\"}}"
}

# terminate NAME: closes the execution under the task.
terminate() {
	swf TerminateWorkflowExecution "$(lib_execution "$1")"
}

# lib_history NAME: what GetWorkflowExecutionHistory answers.
lib_history() {
	swf GetWorkflowExecutionHistory "{\"domain\":\"test\",\"execution\":{
		\"workflowId\":\"$1\",\"runId\":\"$(<"$work/$1.run")\"}}"
}

# history NAME: the events, as a JSON array.
history() {
	lib_history "$1" | jq -c .events
}

# In jq: the event that closed the task, with its attributes as "attributes".
lib_closing='[.events[] | select(.eventType |
	test("^ActivityTask(Completed|Failed|Canceled|TimedOut)$"))] |
	last | select(. != null) | {eventType, eventTimestamp,
	attributes: (to_entries[] |
		select(.key | endswith("EventAttributes")) | .value)}'

# outcome_event NAME: that event; nothing if there is none.
outcome_event() {
	lib_history "$1" | jq -c "$lib_closing"
}

# outcome NAME: its event's type; "" while the task is open.
outcome() {
	lib_history "$1" | jq -r "$lib_closing | .eventType"
}

# outcome_field NAME FIELD: result, reason, details; "" if it has none.
outcome_field() {
	lib_history "$1" | jq -j --arg field "$2" \
		"$lib_closing | .attributes[\$field] // \"\""
}

is_closed() {
	[[ -n $(outcome "$1") ]]
}

# ---- tend --------------------------------------------------------------------

# tend_run NAME [ARG]...: runs tend on the task to its end.  Sets $status;
# what it printed is in $work/NAME.out and $work/NAME.err.
tend_run() {
	local name=$1
	shift
	"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/$name.task" "$@" \
		>"$work/$name.out" 2>"$work/$name.err"
	status=$?
}

# tend_start NAME [ARG]...: the same, without waiting; $pid is tend's.  What a
# script starts in the background ignores INT and QUIT; tend does not here.
tend_start() {
	local name=$1
	shift
	env --default-signal=INT,QUIT \
		"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/$name.task" "$@" \
		>"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$name.pid"
}

# tend_wait NAME: waits for it; sets $status.
tend_wait() {
	local pid
	pid=$(<"$work/$1.pid")
	status=
	wait_for gone "$pid" || return
	wait "$pid"
	status=$?
}
