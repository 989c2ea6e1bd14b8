#!/bin/bash
# SPDX-License-Identifier: MIT
# What a worker does with the tasks that come in: which command, with what
# input and environment, and what becomes of a task that cannot be run.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms
quick=(-t 60s -i 100ms)
once=(--max-tasks 1)

# ---- the command's environment and input -------------------------------------

schedule input 1 'input=line 1
line 2'
TEND_KILL_AFTER=3s worker input "${quick[@]}" "${once[@]}" -- sh -c '
	env | grep -E "^(SWF|TEND)_" | sort; cat'
is "$(sed 's/RUN_ID=.*/RUN_ID=/' "$work/input.out")" "SWF_ACTIVITY_ID=input.1
SWF_ACTIVITY_NAME=step
SWF_ACTIVITY_VERSION=1
SWF_DOMAIN=test
SWF_HEARTBEAT_TIMEOUT=60
SWF_RUN_ID=
SWF_TASK_LIST=work-input
SWF_WORKFLOW_ID=input
line 1
line 2" "a command is told its task, and has its input on stdin"
is "$(outcome_field input result)" "line 2" "its last line is the result"

schedule none 1
echo no | worker none "${quick[@]}" "${once[@]}" -- sh -c 'wc -c; pwd'
is "$(cat "$work/none.out")" "0
$work" "a task without input: an empty stdin; in the worker's directory"

schedule inherit 1
echo yes | worker inherit "${quick[@]}" "${once[@]}" --input inherit -- cat
is "$(cat "$work/inherit.out")" yes "--input inherit: the worker's own stdin"

schedule file 1 input=hello
mkdir "$work/tmp"
TMPDIR=$work/tmp worker file "${quick[@]}" "${once[@]}" --input file -- sh -c '
	cat "$SWF_INPUT_FILE"; echo; dirname "$SWF_INPUT_FILE" >&2
	stat -c %a "$SWF_INPUT_FILE" "$(dirname "$SWF_INPUT_FILE")"; wc -c'
is "$(cat "$work/file.out")" "hello
600
700
0" "--input file: a file in a private directory"
like "$(grep tmp/ "$work/file.err")" "^$work/tmp/tend-" "made in TMPDIR"
is "$(ls "$work/tmp")" "" "and removed afterwards"

# 32,768 characters that take four bytes and two UTF-16 units each are more
# than SWF takes; half of them are the most that it does.
emoji=$(printf '\U1F600%.0s' {1..16384})
schedule large 1 "input=$emoji"
worker large "${quick[@]}" "${once[@]}" -- wc -c
is "$(cat "$work/large.out")" 65536 "the largest input of four-byte characters"

# Nothing that tend has open, or was started with, is the command's.
schedule fds 1
ulimit -Sn 500
worker fds "${quick[@]}" "${once[@]}" -- sh -c \
	'ls /proc/self/fd; ulimit -n' 7<"$top/README.md"
# ls itself has the fourth.
is "$(tr '\n' ' ' <"$work/fds.out")" "0 1 2 3 500 " \
	"the command has stdin, stdout, stderr, and its own limit of more"
ulimit -Sn "$(ulimit -Hn)"

# ---- which command -----------------------------------------------------------

schedule byname 1 type=encode:1
schedule byversion 1 type=encode:2
schedule other 1
for name in byname byversion other; do
	worker "$name" "${quick[@]}" "${once[@]}" \
		--activity 'encode=echo "any  encode"' \
		--activity "encode:2=sh -c 'echo encode 2'" \
		-- echo others
done
is "$(cat "$work/byname.out")" "any  encode" "--activity NAME=COMMAND"
is "$(cat "$work/byversion.out")" "encode 2" "NAME:VERSION beats NAME"
is "$(cat "$work/other.out")" others "the others have the command at the end"

schedule variable 2
TEND_ACTIVITY='encode=true
step=echo from a variable' worker variable "${quick[@]}" --max-tasks 2
is "$(sort -u "$work/variable.out")" "from a variable" \
	"TEND_ACTIVITY has one on each line"

schedule unknown 1
before=$(now_ms)
worker unknown "${quick[@]}" "${once[@]}" --activity encode=true \
	--activity decode:2=true
took=$(($(now_ms) - before))
is "$(reasons unknown)" \
	"unknown activity type step:1; known: encode, decode:2" \
	"an unknown type is failed, with its name and the known ones"
ok "at once ($took ms)" test "$took" -lt 4000

# ---- registering -------------------------------------------------------------

schedule registered 1
forget_calls
worker registered "${quick[@]}" "${once[@]}" --register new:7 \
	--register step:1 -- true
is "$(kinds registered)" "1 ActivityTaskCompleted" "--register, then work"
is "$(count_calls RegisterActivityType '.outcome == "ok"')" 1 \
	"what is missing is registered"
is "$(count_calls RegisterActivityType)" 2 "and what is there is no error"
inject RegisterActivityType error OperationNotPermittedFault
worker registered "${quick[@]}" --register another:1 -- true
is "$status" 125 "no permission to register: 125"
like "$(<"$work/registered.err")" \
	"error: cannot register another:1: OperationNotPermittedFault: .*policy" \
	"with the remedy"
heal

# ---- what cannot be run ------------------------------------------------------

schedule missing 6
forget_calls
worker_start missing "${quick[@]}" -- "$work/no-such-command"
wait_for all_closed missing 5
is "$(reasons missing)" \
	"cannot execute $work/no-such-command: No such file or directory" \
	"a command that cannot be executed: failed, with the reason"
wait_for all_closed missing 6
gap=$(calls PollForActivityTask | jq -s '.[5].arrived - .[4].arrived | round')
ok "five in a row, and polling pauses for a second ($gap ms)" \
	test "$gap" -ge 950
lib_end "$pid"

# Want of descriptors, as of anything else that a command takes: no task is
# lost, and the worker waits before it takes more.
service_stop
rm "$work/registered"
service_start --hold 10s
lib_register
worker_start starved "${quick[@]}" --slots 2 --max-tasks 3 -- true
wait_for polls_wait 2
prlimit --pid "$pid" --nofile=4:"$(ulimit -Hn)"
schedule starved 3
wait_for contains "$work/starved.err" "report failed"
is "$(kinds starved)" "" "without a free descriptor nothing can be reported"
prlimit --pid "$pid" --nofile="$(ulimit -Hn)"
worker_ended starved
is "$(kinds starved)" "1 ActivityTaskCompleted
2 ActivityTaskFailed" "but once there is one everything is"
like "$(reasons starved)" \
	'^tend cannot start a command: .*Too many open files$' \
	"what could not be run says why"
is "$status" 0 "and the worker has gone on"

done_testing
