#!/bin/bash
# SPDX-License-Identifier: MIT
# Misuse of "tend run": each mistake is answered by one line that says what is
# wrong and what is right, exits 125, starts nothing and sends nothing.  And
# what is no mistake: variables, flags that beat them, words after the command.

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start

started=$work/started

# refused NAME ERE [VARIABLE=VALUE]... -- [WORD]...: "tend run WORD..." with
# the variables is a misuse whose line matches ERE.
refused() {
	local name=$1 ere=$2 variables=() line
	shift 2
	while [[ $1 != -- ]]; do
		variables+=("$1")
		shift
	done
	shift
	env "${variables[@]}" "$tend" run "$@" \
		>"$work/out" 2>"$work/err" </dev/null
	status=$?
	line=$(<"$work/err")
	if [[ $status == 125 && ! -s $work/out && ! -e $started &&
		$(lines "$work/err") == 1 && $line == "tend: error: "* &&
		$line =~ $ere ]]
	then
		pass "$name"
		return
	fi
	fail "$name"
	diag "exit status $status, want 125; want a match of: $ere"
	diag "stderr: $line"
	[[ ! -s $work/out ]] || diag "stdout: $(head -c 1000 "$work/out")"
	[[ ! -e $started ]] || diag "the command was started"
	rm -f "$started"
}

to_service=(--endpoint-url "$endpoint" --no-sign-request)

# bad ERE OPTION [VALUE]...: the option in an otherwise good command line.
bad() {
	local ere=$1
	shift
	refused "$*" "$ere" -- "${to_service[@]}" --task-token x "$@" \
		-- touch "$started"
}

# bad_variable ERE VARIABLE=VALUE: the same with a variable.
bad_variable() {
	refused "$2" "^tend: error: ${2%%=*}: .*$1" "$2" -- \
		"${to_service[@]}" --task-token x -- touch "$started"
}

# ---- the token ---------------------------------------------------------------

# token_refused NAME ERE [WORD]...: where the token comes from is at fault.
token_refused() {
	local name=$1 ere=$2
	shift 2
	refused "$name" "$ere" -- "${to_service[@]}" "$@" -- touch "$started"
}

token_refused "no token" \
	'no task token.*--task-token.*--task-token-file.*--task.*TEND_TASK_TOKEN'

long=$(printf '%01025d' 0)
printf 'token\n' >"$work/one-line"
printf 'token\nanother\n' >"$work/two-lines"
: >"$work/empty"
printf '\n \n' >"$work/blank"
printf '%s\n' "$long" >"$work/long"
printf 'to\0ken\n' >"$work/nul"
printf 'tök\xffen\n' >"$work/binary"
head -c 2097152 /dev/zero | tr '\0' x >"$work/huge"
mkdir "$work/directory"

token_refused "two tokens" 'more than one.*--task-token-file' \
	--task-token x --task-token-file "$work/one-line"
token_refused "two tokens, one of them a task" 'more than one' \
	--task-token x --task "$work/one-line"
token_refused "a token given twice" '--task-token: more than one' \
	--task-token x --task-token y
refused "two tokens, both in variables" 'more than one' \
	TEND_TASK_TOKEN=x TEND_TASK=y -- "${to_service[@]}" \
	-- touch "$started"
token_refused "a token of over 1,024 characters" '1025 characters.*1024' \
	--task-token "$long"
token_refused "an empty token" '--task-token.*empty' --task-token ''
token_refused "a token with a line end" '--task-token' \
	--task-token $'tok\nen'
refused "a bad token in TEND_TASK_TOKEN" 'TASK_TOKEN.*1025 characters' \
	TEND_TASK_TOKEN="$long" -- "${to_service[@]}" -- touch "$started"

token_refused "a token file that is not there" \
	"--task-token-file.*$work/none.*No such file" \
	--task-token-file "$work/none"
token_refused "a token file that is a directory" \
	"--task-token-file.*$work/directory.*directory" \
	--task-token-file "$work/directory"
if [[ $(id -u) == 0 ]]; then
	skip "root can read everything" "a token file that may not be read"
else
	: >"$work/secret"
	chmod 0 "$work/secret"
	token_refused "a token file that may not be read" \
		"$work/secret.*Permission denied" \
		--task-token-file "$work/secret"
fi
token_refused "an empty token file" "$work/empty.*empty" \
	--task-token-file "$work/empty"
token_refused "a token file with nothing but blanks" "$work/blank.*empty" \
	--task-token-file "$work/blank"
token_refused "a token file with two lines" "$work/two-lines.*line end" \
	--task-token-file "$work/two-lines"
token_refused "a token file whose token is too long" "$work/long.*1024" \
	--task-token-file "$work/long"
token_refused "a token file with a NUL" "$work/nul" \
	--task-token-file "$work/nul"
token_refused "a token file of 2 MB" "$work/huge.*larger than 1 MiB" \
	--task-token-file "$work/huge"

# task NAME TEXT ERE: --task with a file that holds this.
task() {
	printf '%b' "$2" >"$work/bad.task"
	token_refused "a task file with $1" "--task.*$work/bad.task.*$3" \
		--task "$work/bad.task"
}

task "nothing" '' 'nothing in it'
task "no JSON" 'hello' 'JSON'
task "a JSON list" '[{"taskToken":"x"}]' 'JSON object'
task "a JSON string" '"x"' 'JSON object'
task "half an object" '{"taskToken":"x"' 'JSON'
task "something after the object" '{"taskToken":"x"} x' 'JSON'
task "no token" '{"activityId":"x","startedEventId":5}' 'taskToken'
task "an empty poll" '{"startedEventId":0,"previousStartedEventId":0}' \
	'poll was empty'
task "an empty poll's empty token" '{"taskToken":"","startedEventId":0}' \
	'poll was empty'
task "a null token" '{"taskToken":null}' 'poll was empty'
task "a token that is a number" '{"taskToken":5}' 'taskToken.*string'
task "a token that is too long" "{\"taskToken\":\"$long\"}" '1024'
task "a token with a blank" '{"taskToken":"a b"}' 'blank'
task "deep nesting" "$(printf '[%.0s' {1..5000})" 'JSON'
task "bytes that are no text" '\xff\xfe{\x00}' 'JSON'
token_refused "a task file that is not there" "--task.*$work/none.*No such" \
	--task "$work/none"
token_refused "a task file that is a directory" \
	"--task.*$work/directory.*directory" --task "$work/directory"
token_refused "a task file of 2 MB" "--task.*$work/huge.*larger than 1 MiB" \
	--task "$work/huge"
token_refused "an empty standard input as the task" '--task.*nothing in it' --task -

# ---- options -----------------------------------------------------------------

bad 'unknown.*--no-such.*--help' --no-such
bad 'unknown.*--no-such.*--help' --no-such=value
bad 'unknown.*-x.*--help' -x
bad 'ambiguous.*--heartbeat' --heartbeat 10s
bad 'no value.*--no-sign-request' --no-sign-request=yes
refused "--kill-after without a value" '--kill-after needs a value' -- \
	--task-token x --kill-after
refused "-k without a value" '-k needs a value' -- --task-token x -k
refused "no command" 'no command.*COMMAND' -- "${to_service[@]}" \
	--task-token x
refused "no command after --" 'no command.*COMMAND' -- "${to_service[@]}" \
	--task-token x --

for value in '' abc 5x '5 s' ' 5s' -1 1e3 nan inf 0x10 5s5 .  1..5 \
	999999999999999d; do
	bad "--heartbeat-timeout: " --heartbeat-timeout "$value"
done
for value in 0 1 2.999s 500ms; do
	bad "--heartbeat-timeout: '$value' is too short: at least 3s" \
		-t "$value"
done
bad "'auto' .*--task and --domain.*(60s|none)" --heartbeat-timeout auto
bad "'auto' .*--task and --domain" -t auto --domain test
bad 'interval.*not below.*timeout' -t 10s -i 10s
bad 'interval.*not below.*timeout' --heartbeat-timeout 10s \
	--heartbeat-interval 1m
bad '--heartbeat-interval: .*more than 0' -i 0
bad '--heartbeat-interval: ' -i never
bad '--heartbeat-interval: ' -i none
for value in FOO SIGFOO 0 65 -1 32 33 '' 'TERM ' TERM,INT; do
	bad '--stop-signal: .*signal' --stop-signal "$value"
done
bad '--stop-signal: .*TERM' -s NOSUCH
bad '--kill-after: ' -k -1
bad '--kill-after: ' --kill-after soon
bad "--stop-scope: 'all' is none of tree or leader" --stop-scope all
bad '--stop-deadline: .*at least 3s' --stop-deadline 2s
bad '--stop-deadline: ' --stop-deadline x
bad '--stall-timeout: .*more than 0.*off' --stall-timeout 0
bad '--stall-timeout: ' --stall-timeout no
bad '--time-limit: .*more than 0.*off' --time-limit 0
bad '--time-limit: ' --time-limit -5
bad '--report-timeout: .*more than 0' --report-timeout 0
bad '--report-timeout: ' --report-timeout off
bad '--progress: .*lines.*prefix.*regex.*json' --progress bars
bad '--progress: ' --progress prefix:
bad '--progress: ' --progress regex:
bad '--progress: ' --progress 'regex:('
bad '--progress: ' --progress 'regex:(a)\1'
bad '--progress: ' --progress ''
for value in fd: fd:x fd:0 fd:2 fd:-3 fd:1024 fd:99999999999 fd:3x; do
	bad '--progress-from: .*3 to 1023' --progress-from "$value"
done
bad '--progress-from: .*stdout, stderr or fd:N' --progress-from tty
bad "--details: 'xml' is none of text or json" --details xml
bad '--result: .*last-line, stdout, file or none' --result all
for value in -1 4q 1m 4096k 999999999999999999999 ''; do
	bad '--stderr-tail: ' --stderr-tail "$value"
done
for value in 256 -1 a 0,a 1,,2 ',' '' 0-256; do
	bad '--ok-exit: ' --ok-exit "$value"
done
bad "--leftovers: 'kill' is none of stop or leave" --leftovers kill
bad "--env-deny: 'A=b' has a '='.*'AWS_\*'" --env-deny PATH --env-deny A=b
bad '--env-deny: it is empty' --env-deny ''
bad '--input: .*stdin, file, none or inherit' --input pipe
bad '--input: .*--task' --input stdin
bad '--input: .*--task' --input file
bad "--outcome: .*$work/none/outcome.*No such file" \
	--outcome "$work/none/outcome"
bad "--outcome: .*$work/directory.*directory" --outcome "$work/directory"
bad '--outcome: ' --outcome ''
bad '--log-level: .*error, warning, info or debug' --log-level trace
bad '--log-format: .*text or json' --log-format xml
bad '--domain: ' --domain ''
bad "--spool: cannot make $work/none/spool: No such file" \
	--spool "$work/none/spool"

# ---- variables ---------------------------------------------------------------

bad_variable 'duration' TEND_HEARTBEAT_TIMEOUT=abc
bad_variable "'A=b' has a '='" TEND_ENV_DENY=$'AWS_*\nA=b'
refused "auto in a variable" "'auto' .*--task and --domain" \
	TEND_HEARTBEAT_TIMEOUT=auto -- "${to_service[@]}" --task-token x -- \
	touch "$started"
bad_variable 'more than 0' TEND_HEARTBEAT_INTERVAL=0
bad_variable 'signal' TEND_STOP_SIGNAL=FOO
bad_variable 'duration' TEND_KILL_AFTER=x
bad_variable 'tree or leader' TEND_STOP_SCOPE=x
bad_variable 'at least 3s' TEND_STOP_DEADLINE=1
bad_variable 'off' TEND_STALL_TIMEOUT=0
bad_variable 'off' TEND_TIME_LIMIT=0
bad_variable 'stderr' TEND_PROGRESS_FROM=x
bad_variable 'json' TEND_DETAILS=x
bad_variable 'last-line' TEND_RESULT=x
bad_variable 'size' TEND_STDERR_TAIL=x
bad_variable '0 to 255' TEND_OK_EXIT=x
bad_variable 'leave' TEND_LEFTOVERS=x
bad_variable 'inherit' TEND_INPUT=x
bad_variable 'duration' TEND_REPORT_TIMEOUT=x
bad_variable 'debug' TEND_LOG_LEVEL=x
bad_variable 'json' TEND_LOG_FORMAT=x
bad_variable '1 nor 0' TEND_PTY=maybe
refused "TEND_SPOOL" "^tend: error: --spool: cannot make $work/none/spool" \
	"TEND_SPOOL=$work/none/spool" -- "${to_service[@]}" --task-token x -- \
	touch "$started"
refused "TEND_NO_SIGN_REQUEST=maybe" 'TEND_NO_SIGN_REQUEST: .*1 nor 0' \
	TEND_NO_SIGN_REQUEST=maybe -- --endpoint-url "$endpoint" \
	--task-token x -- touch "$started"
bad_variable '1 nor 0' TEND_ALLOW_PLAIN_HTTP=2
refused "TEND_PROGRESS=bars" 'progress.*prefix' TEND_PROGRESS=bars -- \
	"${to_service[@]}" --task-token x -- touch "$started"
refused "an interval in a variable, not below the timeout" 'not below' \
	TEND_HEARTBEAT_INTERVAL=10s -- "${to_service[@]}" --task-token x \
	-t 10s -- touch "$started"
refused "a bad token file in a variable" "$work/none.*No such file" \
	TEND_TASK_TOKEN_FILE="$work/none" -- "${to_service[@]}" \
	-- touch "$started"

is "$(local_api GET calls | jq '.calls | length')" 0 \
	"none of all that has sent anything"

# ---- what is no mistake ------------------------------------------------------

new_tasks good 8

# The command of these tests prints what it was given.
good() {
	local name=$1
	shift
	env "$@" >"$work/out" 2>"$work/err"
	status=$?
	is "$status" 0 "$name: is taken" || diag "$(<"$work/err")"
}

good "a flag beats its variable" TEND_HEARTBEAT_TIMEOUT=20s \
	TEND_KILL_AFTER=nonsense TEND_TASK="$work/none" TEND_TASK_TOKEN=x \
	"$tend" run "${to_service[@]}" --task "$work/good1.task" -t 30s -k 1s \
	-- sh -c "echo \$SWF_HEARTBEAT_TIMEOUT"
is "$(<"$work/out")" 30 "a flag beats its variable"
good "everything in variables" TEND_HEARTBEAT_TIMEOUT=20s \
	TEND_TASK="$work/good2.task" TEND_ENDPOINT_URL="$endpoint" \
	TEND_NO_SIGN_REQUEST=1 TEND_PTY=0 TEND_SPOOL='' TEND_KILL_AFTER='' \
	"$tend" run -- sh -c "echo \$SWF_HEARTBEAT_TIMEOUT"
is "$(<"$work/out")" 20 "a variable is an option"
good "a token with the blanks that an editor leaves" \
	"$tend" run "${to_service[@]}" --task-token-file <(
		jq -j .taskToken "$work/good3.task"
		printf ' \r\n\n'
	) -- true
good "a task on standard input" "$tend" run "${to_service[@]}" --task - \
	-- true <"$work/good4.task"
good "options end at the command" "$tend" run "${to_service[@]}" \
	--task "$work/good5.task" echo --no-such -t abc
is "$(<"$work/out")" "--no-such -t abc" "options end at the command"
good "a second -- is the command's" "$tend" run "${to_service[@]}" \
	--task "$work/good6.task" -- echo -- x
is "$(<"$work/out")" "-- x" "a second -- is the command's"
good "the last of two equal options counts" "$tend" run "${to_service[@]}" \
	--task "$work/good7.task" --ok-exit 9 --ok-exit 0 -- true
good "an unknown TEND_ variable is no mistake" TEND_SLOTS=x TEND_FOO=y \
	"$tend" run "${to_service[@]}" --task "$work/good8.task" -- true
is "$(outcome_count good ActivityTaskCompleted)" 8 "all of these completed"

# ---- tend itself -------------------------------------------------------------

"$tend" >"$work/out" 2>"$work/err"
is "$?" 125 "tend alone is a misuse"
ok "and prints how to use it to stderr" grep -q '^usage: tend' "$work/err"
ok "not to stdout" test ! -s "$work/out"
for words in check flush run submit try worker; do
	ok "how to use tend $words is there" \
		grep -Eq "tend ([a-z]+\\|)*$words\\b" "$work/err"
done
"$tend" no-such >"$work/out" 2>"$work/err"
is "$?" 125 "an unknown subcommand is a misuse"
like "$(<"$work/err")" "^tend: error: .*'no-such'.*--help" "it is named"
for words in --help -h 'run --help' 'run -h'; do
	# shellcheck disable=SC2086 # two words
	"$tend" $words >"$work/out" 2>"$work/err"
	is "$?" 0 "tend $words ends well"
	ok "tend $words prints to stdout" grep -q '^usage: tend' "$work/out"
	ok "tend $words prints nothing else" test ! -s "$work/err"
	is "$(awk 'length > 80' "$work/out")" "" "tend $words fits a terminal"
done
like "$("$tend" --version)" '^tend [0-9]+\.[0-9]+\.[0-9]+' "tend --version"
for words in --help --version 'run --help'; do
	# shellcheck disable=SC2086 # two words
	"$tend" $words >/dev/full 2>"$work/err"
	is "$?" 125 "tend $words notices a full disk"
done

"$tend" run --help >"$work/help"
grep -oE '^ +(-[a-z], )?--[a-z-]+' "$work/help" | grep -oE -- '--.*' \
	>"$work/options"
while read -r option; do
	ok "tend(1) has $option" grep -Eq \
		"Fl (-?[a-z]+ , Fl )?-${option#--}( |$)" "$top/src/tend/tend.1"
done <"$work/options"

# tend-guard by hand: it knows that it was not tend who started it, and starts
# nothing.
guard_refuses() {
	local place
	for place; do
		"$build/tend-guard" "$place" touch "$work/ran" 3<>/dev/null
		[[ $? == 100 ]] || echo "$place"
	done
}
is "$(guard_refuses '' x 3x 999999999 77 3, 3,x 3,3 '3,3;0' 3,3, 3,3,x \
	3,3,0x 3: 3:x 3:1 3:1, 3:1: 3:1:x 3:1:2,x 3:1:2, 3:1:2: 3:4294967295:1 \
	3:1:99999999999)" "" "tend-guard does not take just any first argument"
"$build/tend-guard"
is "$?" 100 "nor none"
"$build/tend-guard" 3 3<>/dev/null
is "$?" 100 "nor no command"
"$build/tend-guard" 3 touch "$work/ran" 3</dev/null
is "$?" 0 "and ends when nobody tells it to start"
"$build/tend-guard" 3,4,0 touch "$work/ran" 3</dev/null 4</dev/null
is "$?" 111 "or when its lease is no file"
ok "nothing is run" test ! -e "$work/ran"

done_testing
