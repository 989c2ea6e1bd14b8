#!/bin/bash
# SPDX-License-Identifier: MIT
# Misuse of "tend submit": each mistake is answered by one line that says what
# is wrong and what is right, exits 125 and sends nothing.  And what is no
# mistake: where input comes from, variables, the help.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/submit.sh"
service_start

to_service=(--endpoint-url "$endpoint" --no-sign-request)

# refused NAME ERE [VARIABLE=VALUE]... -- [WORD]...: "tend submit WORD..." with
# the variables is a misuse whose line matches ERE.
refused() {
	local name=$1 ere=$2 variables=() line
	shift 2
	while [[ $1 != -- ]]; do
		variables+=("$1")
		shift
	done
	shift
	env "${variables[@]}" timeout 20 "$tend" submit "$@" \
		>"$work/out" 2>"$work/err" </dev/null
	status=$?
	line=$(<"$work/err")
	if [[ $status == 125 && ! -s $work/out &&
		$(wc -l <"$work/err") == 1 && $line == "tend: error: "* &&
		$line =~ $ere ]]
	then
		pass "$name"
		return
	fi
	fail "$name"
	diag "exit status $status, want 125; want a match of: $ere"
	diag "stderr: $line"
}

# bad ERE [WORD]...: the words after an otherwise good command line.
bad() {
	local ere=$1
	shift
	refused "$(cut -c 1-60 <<<"${*//$'\n'/ }")" "$ere" -- \
		"${to_service[@]}" --domain test --activity step:1 "$@"
}

# ---- what has to be said -------------------------------------------------------

refused "no domain" 'no domain.*--domain NAME' -- "${to_service[@]}" \
	--activity step:1
refused "no activity" 'no activity.*--activity NAME:VERSION.*--attach' -- \
	"${to_service[@]}" --domain test
bad '--activity: .*no version.*NAME:VERSION' --activity step
bad '--activity: the version.*empty' --activity step:
bad '--activity: the name.*empty' --activity :1
bad '--activity: the version' --activity step:1:2
bad '--activity: the name.*no name of SWF' --activity a/b:1
long=$(printf '%0257d' 0)
bad '--activity: the name.*257 characters; SWF takes 256' --activity "$long:1"
bad '--activity: the version.*65 characters; SWF takes 64' \
	--activity "step:${long:0:65}"
for option in --domain --task-list --workflow-id --attach; do
	bad "$option: it is empty" "$option" ''
	bad "$option: 'a[|]b' is no name of SWF's" "$option" 'a|b'
	bad "$option: ' a' has a blank" "$option" ' a'
	bad "$option: 'arn'" "$option" arn
	bad "$option: it is no valid UTF-8" "$option" $'a\xff'
	bad "$option: .*257 characters; SWF takes 2" "$option" "$long"
done
bad '--workflow-id: .*245 characters; SWF takes 244' \
	--workflow-id "${long:0:245}"

# ---- numbers and times ---------------------------------------------------------

for value in -1 x 1.5 '' 1001 ' 1' +1; do
	bad "--retries: '.*' is no number from 0 to 1000" --retries "$value"
done
for option in --heartbeat-timeout --start-to-close --schedule-to-start \
	--schedule-to-close; do
	bad "$option: .*duration" "$option" soon
	bad "$option: .*whole seconds" "$option" 0
	bad "$option: .*whole seconds" "$option" 500ms
	bad "$option: .*too long: at most 99999999" "$option" 36500d
done
bad '--time-limit: .*too long: at most 31536000' --time-limit 366d
bad '--time-limit: .*duration' --time-limit none
bad "-t needs a value|--heartbeat-timeout needs" -t

# ---- input ---------------------------------------------------------------------

printf 'caf\xe9' >"$work/latin1"
printf 'a\0b' >"$work/nul"
printf '%032769d' 0 >"$work/long"
printf '%032768d' 0 >"$work/full"
head -c 2097152 /dev/zero | tr '\0' x >"$work/huge"
for _ in {1..16385}; do printf '\xf0\x9f\x98\x80'; done >"$work/astral"
mkdir "$work/directory"
bad "$work/long: the input has 32769 characters; SWF takes 32768" "$work/long"
bad "$work/astral: the input has 32770 characters" "$work/astral"
bad "$work/huge: larger than 1 MiB" "$work/huge"
bad "$work/latin1: the input is no valid UTF-8" "$work/latin1"
bad "$work/nul: the input is no valid UTF-8" "$work/nul"
bad "INPUT: cannot read $work/none: No such file" "$work/none"
bad "INPUT: cannot read $work/directory: .*directory" "$work/directory"
bad 'two inputs: give INPUT or --input-text' --input-text x "$work/full"
bad "'two' is one word too many: options come before INPUT" "$work/full" two
bad "'--retries' is one word too many" "$work/full" --retries 1
bad '--input-text: the input has 40000 characters' \
	--input-text "$(printf '%040000d' 0)"
bad '--input-text: the input is no valid UTF-8' --input-text $'\xff'

# ---- attaching -------------------------------------------------------------------

# attach_with ERE [WORD]...
attach_with() {
	local ere=$1
	shift
	refused "--attach with $*" "$ere" -- "${to_service[@]}" \
		--domain test --attach x "$@"
}

attach_with '--activity: not with --attach' --activity step:1
attach_with '--retries: not with --attach' --retries 1
attach_with '--input-text: not with --attach' --input-text x
attach_with '--workflow-id: not with --attach' --workflow-id y
attach_with "'$work/full': no INPUT with --attach" "$work/full"
bad '--run-id: only with --attach' --run-id r

# ---- options ---------------------------------------------------------------------

bad 'unknown.*--no-such.*tend submit --help' --no-such
bad 'unknown.*--task-token' --task-token x
bad 'unknown.*--kill-after' --kill-after 1s
bad '--log-level: ' --log-level loud
refused "a bad variable" '^tend: error: TEND_RETRIES: ' TEND_RETRIES=x -- \
	"${to_service[@]}" --domain test --activity step:1
refused "no region" 'region' -- --domain test --activity step:1
refused "plain http elsewhere" 'http://.*--allow-plain-http' -- \
	--endpoint-url http://swf.example --no-sign-request --region r \
	--domain test --activity step:1
is "$(local_api GET calls | jq '.calls | length')" 0 "none of these sent anything"

# ---- what is right -----------------------------------------------------------------

"$tend" submit --help >"$work/help" 2>&1
is "$?" 0 "--help: exit status 0"
for option in domain activity task-list input-text retries no-register \
	heartbeat-timeout start-to-close schedule-to-start schedule-to-close \
	time-limit workflow-id attach run-id endpoint-url log-level; do
	grep -q -- " --$option " "$work/help" || missing+=" $option"
done
is "$missing" "" "the help has all options"
is "$(awk 'length > 80' "$work/help")" "" "in 80 columns"
unlike "$(<"$work/help")" 'kill-after DUR' "and none of tend run's"
like "$("$tend" --help)" 'submit ' "tend --help has the subcommand"

# input_of NAME: what the worker was given; "none" if nothing.
input_of() {
	take "$1"
	jq -r '.input // "none"' "$work/$1.task"
	complete "$1" x
	wait_for gone "$(submit_pid "$1")"
}

submit_start file "$work/full"
is "$(input_of file | wc -c)" 32769 "an input of 32,768 characters"
printf 'from\na file\n' >"$work/input"
submit_start lines "$work/input"
is "$(input_of lines)" $'from\na file' "INPUT is a file, whose lines all count"
submit_start none
is "$(input_of none)" none "no INPUT is no input"
submit_start empty /dev/null
is "$(input_of empty)" "" "an empty INPUT is an empty input"
printf 'piped' | "$tend" submit "${to_service[@]}" --domain test \
	--activity step:1 --workflow-id piped --task-list work-piped - \
	>"$work/piped.out" 2>"$work/piped.err" &
lib_pids+=("$!")
echo "$!" >"$work/piped.pid"
is "$(input_of piped)" piped "- is standard input"

TEND_DOMAIN=test TEND_ACTIVITY=step:1 TEND_TASK_LIST=work-env \
	TEND_WORKFLOW_ID=env TEND_INPUT_TEXT=variable TEND_RETRIES=1 \
	TEND_HEARTBEAT_TIMEOUT=1h TEND_START_TO_CLOSE=2h \
	TEND_SCHEDULE_TO_START=3h TEND_SCHEDULE_TO_CLOSE=none \
	TEND_TIME_LIMIT=1d TEND_ENDPOINT_URL=$endpoint TEND_NO_SIGN_REQUEST=1 \
	submit_words env
is "$(input_of env)" variable "every option has its variable"
is "$(history env | jq -r '.[0].workflowExecutionStartedEventAttributes |
	.tagList[3], .executionStartToCloseTimeout')" \
	"retries=1 schedule-to-start=10800 schedule-to-close=NONE \
start-to-close=7200 heartbeat=3600
86400" "and their values arrive"
TEND_ACTIVITY=other:9 submit_start beats
take beats
is "$(jq -r .activityType.name "$work/beats.task")" step \
	"an option beats its variable"
complete beats x
tend_wait beats

submit_words named --domain test --activity step:1 --task-list work-named
take named
like "$(jq -r .workflowExecution.workflowId "$work/named.task")" \
	'^step-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$' \
	"a workflow id that tells what it is"
complete named x
tend_wait named

done_testing
