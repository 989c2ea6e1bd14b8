#!/bin/bash
# SPDX-License-Identifier: MIT
# The AWS CLI lives a whole life on swf-local, as a person at a terminal would.

. "${TEND_SOURCE:?}/tests/tap.sh"
swf_local=${TEND_BUILD:?}/swf-local
[[ -x $swf_local ]] || skip_all "swf-local is not built"
aws=/usr/bin/aws
[[ -x $aws ]] || skip_all "the AWS CLI is not installed"
# A minute of the AWS CLI's start-ups shows the sanitizers nothing that
# botocore, which it is made of, has not shown them.
grep -q '^#define SANITIZED 1' "$TEND_BUILD"/config.h &&
	skip_all "the sanitizers have seen all of it from botocore"

work=$(mktemp -d)
"$swf_local" --port 0 --port-file "$work/port" --hold 2s 2>"$work/log" &
service=$!
trap 'kill "$service" 2>/dev/null; wait "$service"; rm -rf "$work"' EXIT
for _ in {1..500}; do
	[[ -s $work/port ]] && break
	sleep 0.01
done
[[ -s $work/port ]] || bail "swf-local does not start"

export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none
export AWS_EC2_METADATA_DISABLED=true AWS_PAGER=''
unset AWS_PROFILE

# swf COMMAND...: unsigned, as somebody without any account would.
swf() {
	"$aws" --endpoint-url "http://127.0.0.1:$(<"$work/port")" \
		--region eu-north-1 --no-sign-request --output text \
		swf "$@" 2>"$work/err"
}

ok "register-domain" swf register-domain --name cli \
	--workflow-execution-retention-period-in-days 1
ok "register-workflow-type" swf register-workflow-type --domain cli \
	--name flow --workflow-version 1 --default-task-list name=list \
	--default-task-start-to-close-timeout 1800 \
	--default-execution-start-to-close-timeout 3600 \
	--default-child-policy TERMINATE
ok "register-activity-type" swf register-activity-type --domain cli \
	--name act --activity-version 1 --default-task-list name=list \
	--default-task-heartbeat-timeout 1800 \
	--default-task-schedule-to-start-timeout NONE \
	--default-task-schedule-to-close-timeout NONE \
	--default-task-start-to-close-timeout 3600
run=$(swf start-workflow-execution --domain cli --workflow-id w \
	--workflow-type name=flow,version=1 --input hello)
like "$run" '^22.{43}=$' "start-workflow-execution gives a run id"
execution=(--domain cli --execution "workflowId=w,runId=$run")

decide() {
	local token
	token=$(swf poll-for-decision-task --domain cli --task-list name=list \
		--no-paginate --query taskToken)
	swf respond-decision-task-completed --task-token "$token" \
		--decisions "$1"
}
ok "decide to schedule an activity" decide '[{
	"decisionType": "ScheduleActivityTask",
	"scheduleActivityTaskDecisionAttributes": {
		"activityId": "a", "input": "do it",
		"activityType": {"name": "act", "version": "1"}}}]'
token=$(swf poll-for-activity-task --domain cli --task-list name=list \
	--query taskToken)
is "${#token}" 576 "poll-for-activity-task gives a token"
is "$(swf record-activity-task-heartbeat --task-token "$token" \
	--details 42%)" False "record-activity-task-heartbeat"
ok "request-cancel-workflow-execution" \
	swf request-cancel-workflow-execution --domain cli --workflow-id w
ok "decide to cancel the activity" decide '[{
	"decisionType": "RequestCancelActivityTask",
	"requestCancelActivityTaskDecisionAttributes": {"activityId": "a"}}]'
is "$(swf record-activity-task-heartbeat --task-token "$token")" True \
	"the next heartbeat says that a cancel was requested"
ok "respond-activity-task-canceled" swf respond-activity-task-canceled \
	--task-token "$token" --details 42%
not_ok "the token is good no more" \
	swf respond-activity-task-completed --task-token "$token"
like "$(<"$work/err")" 'UnknownResourceFault.*Unknown activity, scheduledEventId = 5' \
	"and the CLI says why"
ok "decide to cancel the execution" decide '[{
	"decisionType": "CancelWorkflowExecution"}]'
is "$(swf describe-workflow-execution "${execution[@]}" \
	--query executionInfo.closeStatus)" CANCELED \
	"describe-workflow-execution"
is "$(swf get-workflow-execution-history "${execution[@]}" \
	--query 'events[].eventType' | tr '\t' '\n' | grep -c .)" 16 \
	"get-workflow-execution-history has every event"
is "$(swf poll-for-activity-task --domain cli --task-list name=list \
	--query taskToken)" None "an empty poll has no token"
like "$(grep 'RecordActivityTaskHeartbeat' "$work/log" | head -n 1)" \
	'^swf-local: RecordActivityTaskHeartbeat ok activity="a" workflow="w" run="22.*" details="42%" [0-9.]+ms$' \
	"the service logs a line for each call"

done_testing
