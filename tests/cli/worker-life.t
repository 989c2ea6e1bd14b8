#!/bin/bash
# SPDX-License-Identifier: MIT
# What can become of a command, under a worker with several slots: each is
# judged by itself, the others go on, and the slot is free again.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms
lib_register
quick=(-t 60s -i 100ms)

# verdict NAME: how its last task ended, and the reason or the result.
verdict() {
	outcome_event "$1" | jq -r '[.eventType[12:],
		(.attributes | .reason // .result // "")] | join(" ")'
}

# ---- one worker, all kinds of ends -------------------------------------------

# A slot for each kind and one to spare; the command does what its input says.
worker_start all "${quick[@]}" --slots 6 -k 60s --stall-timeout 2s \
	--time-limit 6s --ok-exit 0,9 --result stdout --log-level error -- bash -c '
	export name=$SWF_WORKFLOW_ID
	read -r what; eval "$what"'
worker=$pid

schedule killed 1 'list=all' \
	'input=echo $$ >killed.up; while :; do echo half; sleep 0.1; done'
wait_for test -s killed.up
before=$(now_ms)
kill -KILL "$(<"$work/killed.up")"
schedule busy 1 'list=all' \
	'input=for i in {1..5}; do echo $i; sleep 0.5; done; exit 9'
schedule crash 1 'list=all' 'input=echo half; kill -SEGV $$'
schedule stalled 1 'list=all' 'input=echo half; exec sleep 1000'
schedule limit 1 'list=all' 'input=while :; do echo more; sleep 0.1; done'

wait_for all_closed killed 1
took=$(($(outcome_event killed | jq '.eventTimestamp * 1000 | round') - before))
is "$(verdict killed)" "Failed killed by SIGKILL" \
	"kill -9 of a command: failed, with the signal"
ok "at once, not at a timeout ($took ms)" test "$took" -lt 2000
wait_for all_closed crash 1
is "$(verdict crash)" "Failed killed by SIGSEGV" "a crash: the signal is named"

schedule large 1 'list=all' \
	'input=head -c 40000 /dev/zero | tr "\0" x'
wait_for all_closed large 1
like "$(verdict large)" "^Failed .*40000" \
	"a result over 32,768: failed, with its size; the task is not left open"

# 100 lines in a moment, and the last one counts.
forget_calls
schedule chatty 1 'list=all' \
	'input=for i in {1..100}; do echo "line $i"; done; exit 1'
wait_for all_closed chatty 1
is "$(outcome_field chatty details)" "line 100" \
	"a hundred lines and a failure: the last line is in it"
chatty=$(count_beats chatty.1)
ok "after few heartbeats, one for each interval ($chatty)" \
	test "$chatty" -le 20

# A letter of two bytes and an emoji of two units at the cut.
schedule wide 1 'list=all' 'input=for i in {1..1100}; do printf "é😀"; done; echo; exec sleep 1000'
wait_for called "$heartbeat" '.activityId == "wide.1" and .details != null'
is "$(calls "$heartbeat" '.activityId == "wide.1" and .details != null' |
	head -n 1 | jq '(.details | explode | map(if . > 65535 then 2 else 1 end) |
	add) as $n | $n > 2000 and $n <= 2048')" true \
	"progress that is too long is cut between two characters"
terminate wide

# Left-overs are stopped before the slot is free.
schedule leave 1 'list=all' 'input=setsid sleep 1000 & exec true'
wait_for all_closed leave 1
is "$(verdict leave)" "Completed " "a command that leaves a process behind"
in_hand() {
	[[ $(tree all | while read -r one; do
		grep -qszx "SWF_WORKFLOW_ID=$1" "/proc/$one/environ" &&
			echo "$one"
	done) ]]
}
not_ok "it is stopped, with setsid or without" in_hand leave

wait_for all_closed stalled 1
is "$(verdict stalled)" "Failed no progress for 2s" "a stall"
is "$(outcome_field stalled details)" half "with the last progress"
wait_for all_closed limit 1
is "$(verdict limit)" "Failed time limit of 6s exceeded" "the time limit"
wait_for all_closed busy 1
is "$(outcome busy)" ActivityTaskCompleted \
	"one with progress goes on beside them, and its status is one of --ok-exit"
wait_for nobody_left all
is "$(kinds large) $(kinds crash)" "1 ActivityTaskFailed 1 ActivityTaskFailed" \
	"each is told once"
kill -TERM "$worker"
worker_ended all
is "$status" 0 "none of it is an error of the worker"

# ---- a process that keeps the pipe -------------------------------------------

schedule pipe 2
worker pipe "${quick[@]}" --max-tasks 2 --leftovers leave --output prefix -- sh -c \
	'sleep 60 & echo $! >"$work/$SWF_ACTIVITY_ID.pid2"; echo done'
is "$status $(kinds pipe)" "0 2 ActivityTaskCompleted" \
	"a grandchild that keeps the pipe open holds up no slot"
is "$(sort "$work/pipe.out")" "pipe.1: done
pipe.2: done" "and what was printed before is passed on"
is "$(survivors pipe | sort -u)" "sleep 60 " "it is left, as was asked for"
kill "$(<"$work/pipe.1.pid2")" "$(<"$work/pipe.2.pid2")"

# ---- no heartbeat timeout ----------------------------------------------------

schedule unbound 1 heartbeat=NONE
worker_start unbound -i 200ms --max-tasks 1 -- sh -c '
	echo "T=$SWF_HEARTBEAT_TIMEOUT"; : >"$work/unbound.up"; exec sleep 1000'
wait_for there unbound.up
wait_for beaten unbound.1 2
cancel_task unbound unbound.1
worker_ended unbound
is "$(kinds unbound)" "1 ActivityTaskCanceled" \
	"no heartbeat timeout: heartbeats go on, and a cancel is seen"
is "$(cat "$work/unbound.out")" "T=" "the command is told of none"

# ---- another attempt ---------------------------------------------------------

schedule resume 1 heartbeat=3
worker_start resume --max-tasks 2 -k 100ms -- sh -c '
	echo "from=${SWF_RESUME_DETAILS-nothing}"
	[ -z "$SWF_RESUME_DETAILS" ] || exit 0
	: >"$work/resume.up"; echo "page 7"; exec sleep 1000'
wait_for there resume.up
wait_for has_beaten resume.1 "page 7"
inject "$heartbeat" throttle
wait_for all_closed resume 1
heal
lib_decide resume '{"decisionType":"ScheduleActivityTask",
	"scheduleActivityTaskDecisionAttributes":{"activityId":"resume.1",
	"activityType":{"name":"step","version":"1"},
	"taskList":{"name":"work-resume"},"heartbeatTimeout":"60",
	"startToCloseTimeout":"NONE","scheduleToStartTimeout":"NONE",
	"scheduleToCloseTimeout":"NONE"}}'
worker_ended resume
is "$(cat "$work/resume.out")" "from=nothing
page 7
from=page 7" "the attempt after a lost one is told how far that one came"
is "$(kinds resume)" "1 ActivityTaskCompleted
1 ActivityTaskTimedOut" "and completes"

# ---- a reason that is too long -----------------------------------------------

schedule reason 1
many=()
for i in {1..60}; do
	many+=(--activity "type-number-é-$i=true")
done
worker reason "${quick[@]}" --max-tasks 1 "${many[@]}"
is "$(outcome_field reason reason | jq -Rs 'length == 256')" true \
	"an unknown type and many known ones: the reason is cut to 256"
like "$(outcome_field reason reason)" "^unknown activity type step:1; " \
	"after the type"

# ---- what the worker was started with ----------------------------------------

# A child that it was born with, and signals that somebody else ignored.
schedule stranger 2
(
	trap '' CHLD
	sleep 0.2 &
	MARK=$work/stranger exec "$tend" worker --endpoint-url "$endpoint" \
		--no-sign-request --domain test --task-list work-stranger \
		"${quick[@]}" --max-tasks 2 -- sh -c 'sleep 0.4; exit 3' \
		>"$work/stranger.out" 2>"$work/stranger.err"
)
is "$? $(reasons stranger)" "0 exit status 3" \
	"an ignored SIGCHLD and a child from before change no exit status"

# Descriptors that are closed are not taken for something else.
schedule closed 1 input=hello
MARK=$work/closed "$tend" worker --endpoint-url "$endpoint" --no-sign-request \
	--domain test --task-list work-closed "${quick[@]}" --max-tasks 1 \
	-- sh -c 'cat >"$work/closed.in"; echo out; ls /proc/self/fd \
		>"$work/closed.fds"' <&- >&- 2>&-
is "$? $(cat "$work/closed.in") $(kinds closed)" \
	"0 hello 1 ActivityTaskCompleted" "started without stdin, stdout, stderr"
is "$(tr '\n' ' ' <"$work/closed.fds")" "0 1 2 3 " \
	"the command has its three, and ls one more"

# What others share stays as it is.
mkfifo "$work/shared"
exec 5<>"$work/shared"
schedule shared 1
MARK=$work/shared "$tend" worker --endpoint-url "$endpoint" --no-sign-request \
	--domain test --task-list work-shared "${quick[@]}" --max-tasks 1 \
	-- echo out >&5 2>"$work/shared.err"
flags=$(awk '/^flags:/ { print $2 }' "/proc/$$/fdinfo/5")
is "$((0$flags & 04000))" 0 "O_NONBLOCK is not set on what the worker was given"
exec 5>&-

done_testing
