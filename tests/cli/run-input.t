#!/bin/bash
# SPDX-License-Identifier: MIT
# What the command gets to know: the task's input, by each of the ways, and
# its environment.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start

new_tasks task 40
number=0

# takes_input FILE|none: the next task's input becomes that.
takes_input() {
	number=$((number + 1))
	[[ $1 == none ]] && return
	jq --rawfile input "$1" '.input = $input' "$work/task$number.task" \
		>"$work/new" && mv "$work/new" "$work/task$number.task"
}

# runs [OPTION]... -- COMMAND...: stdin is the caller's.
runs() {
	tend_run "task$number" "$@"
}

# gives FILE NAME: the command printed exactly that.
gives() {
	is_file "$work/task$number.out" "$1" "$2"
}

: >"$work/nothing"
printf 'caller\n' >"$work/caller"
printf 'one\ntwo \xc3\xa9 "quoted" \\ \t\x01' >"$work/text"

# ---- on standard input -------------------------------------------------------

takes_input "$work/text"
runs -- cat <"$work/caller"
gives "$work/text" "a task with input: the command reads it on stdin"
takes_input "$work/text"
runs --input stdin -- cat <"$work/caller"
gives "$work/text" "also when asked for"
takes_input "$work/nothing"
runs -- cat <"$work/caller"
gives "$work/nothing" "an empty input is input"
takes_input none
runs --input stdin -- cat <"$work/caller"
gives "$work/nothing" "no input, asked for on stdin: nothing is read"
takes_input none
runs -- cat <"$work/caller"
gives "$work/caller" "a task without input: stdin is the caller's"
number=$((number + 1))
jq '.input = null' "$work/task$number.task" >"$work/new"
mv "$work/new" "$work/task$number.task"
runs -- cat <"$work/caller"
gives "$work/caller" "a null input is no input"

# 32,768 characters can be 128 KiB, more than a pipe holds.
"${python:-python3}" -c 'import sys
sys.stdout.buffer.write("\U0001f600".encode() * 32768)' >"$work/large"
takes_input "$work/large"
runs -- cat
gives "$work/large" "32,768 four-byte characters arrive"
takes_input "$work/large"
runs --result none -- sh -c 'exec <&-; sleep 0.05; echo fine'
is "$status $(<"$work/task$number.out")" "0 fine" \
	"a command that does not read them is not held up"
takes_input "$work/large"
runs -- sh -c 'head -c 10 >/dev/null; sh -c "cat | wc -c"'
is "$(tr -d ' \n' <"$work/task$number.out")" \
	$((4 * 32768 - 10)) "processes share what is read, as with any file"
takes_input "$work/text"
runs -- sh -c 'echo x >&0' 2>/dev/null
isnt "$status" 0 "the input cannot be written"

# ---- the other ways ----------------------------------------------------------

takes_input "$work/text"
runs --input file -- sh -c 'cat "$SWF_INPUT_FILE"; cat >"$0.stdin"
	echo "$SWF_INPUT_FILE" >"$0"; stat -c %a "$SWF_INPUT_FILE" >"$0.mode"' \
	"$work/path" <"$work/caller"
gives "$work/text" "the input as a file"
is_file "$work/path.stdin" "$work/caller" "stdin is then the caller's"
is "$(<"$work/path.mode")" 600 "the file is private"
not_ok "it is removed afterwards" test -e "$(<"$work/path")"
not_ok "and so is its directory" test -e "$(dirname "$(<"$work/path")")"
takes_input "$work/large"
runs --input file -- sh -c 'cat "$SWF_INPUT_FILE"'
gives "$work/large" "a large one, too"
takes_input none
runs --input file -- sh -c 'cat "$SWF_INPUT_FILE"; echo end'
is "$(<"$work/task$number.out")" end "no input, asked for as a file: empty"
takes_input "$work/text"
runs --input file -- sh -c 'rm "$SWF_INPUT_FILE"'
is "$status" 0 "a command that removes the file itself"
unlike "$(<"$work/task$number.err")" 'warning|error' "is no trouble"
takes_input "$work/text"
tend_start "task$number" --input file -- sh -c 'echo "$SWF_INPUT_FILE" >"$0"
	mv "$0" "$0.2"; exec sleep 100' "$work/killed"
wait_for test -e "$work/killed.2"
kill "$pid"
tend_wait "task$number"
not_ok "the file is removed when tend is told to stop" \
	test -e "$(<"$work/killed.2")"

takes_input "$work/text"
runs --input none -- cat <"$work/caller"
gives "$work/nothing" "no input: stdin is empty"
takes_input "$work/text"
runs --input inherit -- cat <"$work/caller"
gives "$work/caller" "inherited: stdin is the caller's"

# A shell that reads its script from the same stdin: tend must not eat it.
number=$((number + 1))
cat >"$work/script" <<-'END'
	"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/task$number.task" -- sh -c 'read -r line; echo "got $line"'
	first line
	echo "second command"
END
got=$(export tend endpoint work number; bash <"$work/script" 2>/dev/null)
is "$got" $'got first line\nsecond command' \
	"what the command leaves of the caller's stdin is still there"

# ---- environment -------------------------------------------------------------

number=$((number + 1))
run_id=$(jq -r .workflowExecution.runId "$work/task$number.task")
SWF_ACTIVITY_ID=old SWF_RESUME_DETAILS=old SWF_INPUT_FILE=old \
	SWF_HEARTBEAT_TIMEOUT=old SWF_SOMETHING=mine TEND_FOO=x \
	TEND_HEARTBEAT_TIMEOUT=45s TEND_LOG_LEVEL=debug \
	AWS_ACCESS_KEY_ID=key \
	runs --domain test -- env
grep -E '^(SWF|TEND|AWS)_' "$work/task$number.out" | sort >"$work/got"
sort >"$work/want" <<-END
	AWS_ACCESS_KEY_ID=key
	AWS_EC2_METADATA_DISABLED=true
	SWF_ACTIVITY_ID=task$number
	SWF_ACTIVITY_NAME=step
	SWF_ACTIVITY_VERSION=1
	SWF_DOMAIN=test
	SWF_HEARTBEAT_TIMEOUT=45
	SWF_RUN_ID=$run_id
	SWF_SOMETHING=mine
	SWF_WORKFLOW_ID=task
END
is "$(<"$work/got")" "$(<"$work/want")" \
	"the environment has the task, and nothing of tend's"

number=$((number + 1))
runs --result file --input file --progress-from fd:9 -t 3.5s -- env
got=$(grep -E '^SWF_(INPUT_FILE|RESULT_FILE|PROGRESS_FD|HEART)' \
	"$work/task$number.out" | sort | sed 's|/tmp/tend-[^/]*|DIR|')
is "$got" "SWF_HEARTBEAT_TIMEOUT=3.500
SWF_INPUT_FILE=DIR/input
SWF_PROGRESS_FD=9
SWF_RESULT_FILE=DIR/result" "files, descriptor and timeout are in it"

number=$((number + 1))
SWF_WORKFLOW_ID=old "$tend" run --endpoint-url "$endpoint" \
	--no-sign-request --task-token "$(jq -r .taskToken \
	"$work/task$number.task")" -- env >"$work/out" 2>"$work/err"
is "$(grep '^SWF_' "$work/out")" "" \
	"with a token alone nothing is known, and nothing old is passed on"

number=$((number + 1))
env -i LONE=1 "$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task-token "$(jq -r .taskToken "$work/task$number.task")" \
	-- /usr/bin/env >"$work/out" 2>"$work/err"
is "$(<"$work/out")" LONE=1 "nothing is added to an empty environment"

# A variable without "=" and one that is there twice are passed on.
number=$((number + 1))
if [[ -n $python ]]; then
	"$python" - "$tend" run --endpoint-url "$endpoint" \
		--no-sign-request --task "$work/task$number.task" -- \
		cat /proc/self/environ >"$work/out" 2>"$work/err" <<-'END'
		import ctypes, sys
		libc = ctypes.CDLL(None)
		argv = [word.encode() for word in sys.argv[1:]]
		envp = [b"TWICE=1", b"TWICE=2", b"PATH=/bin", b"NONE", b"E="]
		array = lambda list: (ctypes.c_char_p * (len(list) + 1))(*list)
		libc.execve(argv[0], array(argv), array(envp))
	END
	is "$(tr '\0' '\n' <"$work/out" | grep -v '^SWF_')" \
		$'TWICE=1\nTWICE=2\nPATH=/bin\nNONE\nE=' \
		"odd environments are passed on as they are"
else
	skip "python3 is not installed" "odd environments"
fi

# ---- tend in tend ------------------------------------------------------------

new_tasks nest 2
TEND_RESULT=none TEND_OK_EXIT=0,7 tend_run nest1 -- "$tend" run \
	--endpoint-url "$endpoint" --no-sign-request \
	--task "$work/nest2.task" -- sh -c 'echo "$SWF_ACTIVITY_ID"; exit 7'
is "$status" 7 "tend in tend: the exit status comes through"
is "$(<"$work/nest1.out")" nest2 "the inner command has the inner task"
is "$(history nest | jq -c '[.[].eventType |
	select(test("^ActivityTask(Comp|Fail)"))]')" \
	'["ActivityTaskFailed","ActivityTaskCompleted"]' \
	"the outer one's variables do not change the inner one"

done_testing
