#!/bin/bash
# SPDX-License-Identifier: MIT
# The deciders in contrib/examples, with "tend run" as the worker: to the end,
# with a cancel, with a first attempt that timed out; and what a decider meets
# besides: pages, empty polls, answers that were lost, ^C.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
[[ -x $swf_local ]] || skip_all "built without swf-local"
python=/usr/bin/python3
"$python" -c 'import boto3' 2>/dev/null || skip_all "boto3 is not installed"
[[ -x /usr/bin/aws ]] || skip_all "the AWS CLI is not installed"
# A minute of the AWS CLI's start-ups shows the sanitizers nothing that
# botocore, which it is made of, has not shown them.
grep -q '^#define SANITIZED 1' "$build"/config.h &&
	skip_all "the sanitizers have seen all of it from botocore"
examples=$top/contrib/examples
export PATH=$build:/usr/bin:/bin # so that aws is the one of the system
lib_patience=240                 # it takes seconds to start

service_start --hold 10s
export AWS_ENDPOINT_URL_SWF=$endpoint AWS_DEFAULT_REGION=eu-north-1
export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret
export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none
export AWS_EC2_METADATA_DISABLED=true
export TEND_HEARTBEAT_INTERVAL=0.5s

# A command that says which worker does what.  It hangs when there is nothing
# to go on from; what is to be canceled takes long.
cat >"$work/convert" <<END
#!/bin/bash
read -r task
film=\$(jq -r .input <<<"\$task")
echo "\$WORKER" >"$work/\$film.worker"
case \$film:\$(jq -r .resume <<<"\$task") in
*cancel*) exec "$examples/legacy-convert" 100000 0.1 ;;
*:null) echo "frame of \$film"; exec sleep 1000 ;;
*:*) jq -r '"went on from \(.resume)"' <<<"\$task" ;;
esac
END
chmod +x "$work/convert"

# ---- boto3 -------------------------------------------------------------------

# decider NAME [ARG]...: in the background.
decider() {
	local name=$1
	shift
	background env --default-signal=INT "$python" \
		"$examples/boto3-decider" --domain films "$@" \
		>"$work/$name.out" 2>"$work/$name.err"
	echo "$pid" >"$work/$name.pid"
}

# take NAME LIST: the task on that list.
take() {
	wait_for try_to_take "$@" || bail "no task $1"
}

try_to_take() {
	swf PollForActivityTask "{\"domain\":\"films\",\"taskList\":{
		\"name\":\"$2\"}}" >"$work/$1.task" &&
		lib_member taskToken "$(<"$work/$1.task")" >"$work/$1.token"
}

# film ID: starts a workflow of the type that was registered, as others would.
film() {
	swf StartWorkflowExecution "{\"domain\":\"films\",\"input\":\"$1\",
		\"workflowId\":\"$1\",\"workflowType\":
		{\"name\":\"sequence\",\"version\":\"1\"}}" |
		jq -r .runId >"$work/$1.run"
}

# newest DOMAIN ID: its events, at most 1000, newest first.
newest() {
	swf GetWorkflowExecutionHistory "{\"domain\":\"$1\",\"execution\":{
		\"workflowId\":\"$2\",\"runId\":\"$(<"$work/$2.run")\"},
		\"reverseOrder\":true}" | jq .events
}

# closed DOMAIN ID: whether it is.
closed() {
	newest "$@" | jq -e '.[0].eventType | test("^WorkflowExecution(" +
		"Completed|Failed|Canceled|TimedOut|Terminated)$")' \
		>"$work/closed"
}

# life DOMAIN ID: how its activity and itself ended, with details or result.
life() {
	wait_for closed "$@" || return
	newest "$@" | jq -r 'reverse[] | select(.eventType |
		test("^(ActivityTask|WorkflowExecution)" +
		"(Completed|Failed|Canceled|TimedOut)$")) |
		.eventType + ": " + (to_entries[] |
		select(.key | endswith("Attributes")).value |
		.result // .details)'
}

# resumed ID: the life of one that went on.
resumed() {
	cat <<-END
		ActivityTaskTimedOut: frame of $1
		ActivityTaskCompleted: went on from frame of $1
		WorkflowExecutionCompleted: went on from frame of $1
	END
}
progress=' *[0-9]+% \([0-9]+/480 frames\)'

# served ERE: whether the service has logged such a call.
served() {
	contains "$work/service.log" "^swf-local: $1"
}
# beaten ID: whether its command has got as far as a heartbeat.
beaten() {
	served "RecordActivityTaskHeartbeat ok .* workflow=\"$1\" .* details="
}

# The answer to the next decision is lost after it was taken, so that the
# second try finds it gone.
lose_answer() {
	local_api POST faults '{"operation":"RespondDecisionTaskCompleted",
		"fault":"reset-after","count":1}' >"$work/fault"
}

lose_answer
decider good --activity probe:1 --activity convert:1 --workflow-id good \
	--start 'movie "1" €'
wait_for contains "$work/good.err" 'good: ScheduleActivityTask'
like "$(<"$work/good.err")" 'good: started, run 22' \
	"boto3-decider registers what is missing and starts a workflow"
sed -n 's/.*started, run //p' "$work/good.err" >"$work/good.run"
wait_for contains "$work/good.err" 'too late: Unknown decision task' &&
	pass "that an answer was lost is not its end"

# More than a page of history, of events that it knows nothing of.
curl -sS --max-time 60 -H 'Content-Type: application/x-amz-json-1.0' \
	-H 'X-Amz-Target: SimpleWorkflowService.SignalWorkflowExecution' \
	--data '{"domain":"films","workflowId":"good","signalName":"hello"}' \
	"$endpoint/?[1-1100]"
take probe probe
tend_run probe -- jq -r '"\(.input), \(.resume)"'
take last convert
is "$(jq -r .input "$work/last.task")" \
	'{"input": "movie \"1\" €, null", "resume": null}' \
	"the result of an activity is the input of the next one"
tend_run last -- "$examples/legacy-convert" 3 0.1
tend_wait good
is "$status" 0 "boto3-decider ends with its workflow"
is "$(<"$work/good.out")" "$(tail -n 1 "$work/last.out")" \
	"and the result is on stdout"
is "$(newest films good | jq '.[0].eventId > 1000')" true \
	"there was more than a page of history"

# ---- the AWS CLI, in the background ------------------------------------------

# example NAME [ARG]...: its pid is in $pid.
example() {
	local name=$1
	shift
	background env WORKER="$name" "$examples/aws-cli-workflow" -t 12 "$@" \
		>"$work/$name.out" 2>"$work/$name.err"
	echo "$pid" >"$work/$name.pid"
}

# ended NAME: waits for it; sets $status.
ended() {
	tend_wait "$1"
	[[ $status == 0 ]] || diag "$(<"$work/$1.err")"
}

example register register
ended register
is "$status" 0 "aws-cli-workflow registers what is missing"
lose_answer
for id in cli-resume cli-cancel; do
	example "$id" start "$id" "$id"
done
for id in cli-resume cli-cancel; do
	ended "$id"
	is "$status" 0 "and starts $id"
	cp "$work/$id.out" "$work/$id.run"
	example "decide-$id" decide "$id" "$(<"$work/$id.run")"
done
example worker1 work "$work/convert"
example worker2 work "$work/convert"
wait_for beaten cli-resume &&
	kill -KILL "$(<"$work/$(<"$work/cli-resume.worker").pid")"
ok "that an answer was lost is not the end of a decider" served \
	'RespondDecisionTaskCompleted UnknownResourceFault workflow="cli-'

# ---- boto3: a cancel, a first attempt that times out, ^C ----------------------

decider first --activity convert:1 --heartbeat-timeout 8
film cancel
take cancel convert
WORKER=cancel tend_start cancel --heartbeat-timeout 8s -- "$work/convert"
film resume
take resume convert
WORKER=resume tend_start resume --heartbeat-timeout 8s -- "$work/convert"
wait_for beaten resume &&
	kill -KILL "$(<"$work/resume.pid")"

kill -INT "$(<"$work/first.pid")"
tend_wait first
is "$status" 130 "^C ends boto3-decider"
is "$(grep -v DecisionTask "$work/first.err" | tail -n 1)" "boto3-decider: \
interrupted; open workflows go on with the next decider" "which says so"
decider second --activity convert:1 --heartbeat-timeout 8
wait_for beaten cancel
swf RequestCancelWorkflowExecution '{"domain":"films","workflowId":"cancel"}'
tend_wait cancel
is "$(tail -n 1 "$work/cancel.err")" "tend: canceled: cancel requested" \
	"a cancel reaches the command"
like "$(life films cancel)" "^ActivityTaskCanceled: ($progress)
WorkflowExecutionCanceled: ($progress)$" "and ends the workflow"

take resume2 convert
WORKER=resume2 tend_start resume2 --heartbeat-timeout 8s -- "$work/convert"
tend_wait resume2
is "$(life films resume)" "$(resumed resume)" \
	"the next attempt goes on from the last heartbeat of the one before"

# ---- the AWS CLI, and what has become of it -----------------------------------

wait_for beaten cli-cancel
example cancel cancel cli-cancel
example worker3 work "$work/convert"

ended decide-cli-cancel
is "$status $(<"$work/decide-cli-cancel.out")" "1 ScheduleActivityTask
RequestCancelActivityTask
CancelWorkflowExecution
CANCELED" "aws-cli-workflow passes a cancel on"
like "$(life examples cli-cancel)" "^ActivityTaskCanceled: ($progress)
WorkflowExecutionCanceled: ($progress)$" "and it ends the workflow"
ended decide-cli-resume
is "$status $(<"$work/decide-cli-resume.out")" "0 ScheduleActivityTask
ScheduleActivityTask
CompleteWorkflowExecution
COMPLETED" "it has what timed out tried again"
ended worker3
is "$status" 0 "work exits as tend does"
is "$(life examples cli-resume)" "$(resumed cli-resume)" \
	"the next attempt goes on from the last heartbeat of the one before"
example history history cli-resume "$(<"$work/cli-resume.run")"
ended history
is "$(cut -f 1,3 "$work/history.out" | tail -n 1)" \
	"17	WorkflowExecutionCompleted" "the history is told in the end"

not_ok "boto3-decider serves on when polls are empty" \
	gone "$(<"$work/second.pid")"

done_testing
