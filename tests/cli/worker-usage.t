#!/bin/bash
# SPDX-License-Identifier: MIT
# Misuse of "tend worker": one line that says what is wrong and what is right,
# 125, and nothing is polled.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 100ms
lib_register

# bad ERE [WORD]...: these words after "tend worker" are a misuse.
bad() {
	local ere=$1
	shift
	timeout 10 "$tend" worker --endpoint-url "$endpoint" \
		--no-sign-request "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	if [[ $status == 125 && ! -s $work/out && $(wc -l <"$work/err") == 1 &&
		$(<"$work/err") == "tend: error: "* &&
		$(<"$work/err") =~ $ere ]]
	then
		pass "${*: -4}"
		return
	fi
	fail "${*: -4}"
	diag "exit status $status, want 125; want a match of: $ere"
	diag "$(<"$work/err")"
}

need=(--domain test --task-list list -t none)
run=(-- touch "$work/started")

bad 'no command: give --activity, or tend worker' "${need[@]}"
bad 'no domain: give --domain' --task-list list -t none "${run[@]}"
bad 'no task-list: give --task-list' --domain test -t none "${run[@]}"
bad "unknown or ambiguous option --task-token; see" "${need[@]}" \
	--task-token x "${run[@]}"
for slots in 0 4097 -1 1.5 x 99999999999999999999; do
	bad "--slots: '$slots' is no number from 1 to 4096" "${need[@]}" \
		--slots "$slots" "${run[@]}"
done
bad "--max-polls: '0' is no number from 1 to 4096" "${need[@]}" \
	--max-polls 0 "${run[@]}"
bad "--max-tasks: '0' is no number from 1 on" "${need[@]}" --max-tasks 0 \
	"${run[@]}"
bad "--idle-exit: '0' is no time at all: more than 0, or off" "${need[@]}" \
	--idle-exit 0 "${run[@]}"
bad "--on-drain: 'x' is none of finish or fail" "${need[@]}" --on-drain x \
	"${run[@]}"
bad "--output: 'x' is none of prefix, raw, json or none" "${need[@]}" \
	--output x "${run[@]}"
bad "--output: raw mixes what the commands of 3 slots print" "${need[@]}" \
	--output raw --slots 3 "${run[@]}"
bad "--activity: 'x' has no '=': it must be NAME\[:VERSION\]=COMMAND" \
	"${need[@]}" --activity x
bad "--activity: '' is no activity type" "${need[@]}" --activity =true
bad "--activity: 'a:' is no activity type" "${need[@]}" --activity a:=true
bad "--activity: a: there is no command in it" "${need[@]}" --activity a=
bad "--activity: a: a ' is not closed" "${need[@]}" --activity "a=b 'c"
bad "--activity: a: no shell runs this, and . means nothing" "${need[@]}" \
	--activity 'a=b | c'
bad "--activity: there is more than one command for 'a'" "${need[@]}" \
	--activity a=b --activity a=c
bad "--register: 'a' is no activity type with its version" "${need[@]}" \
	--register a "${run[@]}"
bad "--progress: " "${need[@]}" --progress 'regex:(' "${run[@]}"
bad "--outcome: cannot write $work/no/file" "${need[@]}" \
	--outcome "$work/no/file" "${run[@]}"
for place in 9464 localhost:9464 ::1:9464 127.0.0.1: 127.0.0.1:65536; do
	bad "--listen: '$place' is no address and port: want one like" \
		"${need[@]}" --listen "$place" "${run[@]}"
done
long=$(printf 'x%.0s' {1..257})
bad "--task-list: at most 256 characters" "${need[@]}" --task-list "$long" \
	"${run[@]}"
bad "--identity: at most 256 characters" "${need[@]}" --identity "$long" \
	"${run[@]}"
(
	ulimit -n 300
	"$tend" worker --endpoint-url "$endpoint" --no-sign-request \
		"${need[@]}" --slots 100 "${run[@]}" 2>"$work/err"
	echo $? >"$work/status"
)
is "$(<"$work/status")" 125 "more slots than descriptors: 125"
like "$(<"$work/err")" \
	'--slots: 100 slots need [0-9]+ descriptors, and the limit is 300: raise' \
	"and it says how many"
is "$(polls)" 0 "nothing was polled"
not_ok "and nothing started" test -e "$work/started"

"$tend" worker --help >"$work/out" 2>&1
is "$?" 0 "--help: 0"
for option in domain task-list slots max-polls identity activity register \
	max-tasks idle-exit drain-timeout on-drain listen output kill-after region; do
	like "$(<"$work/out")" "--$option " "--help has --$option"
done
is "$(awk 'length > 80' "$work/out")" "" "and no line over 80 characters"

# ---- what is none ------------------------------------------------------------

schedule names 2
TEND_DOMAIN=test TEND_TASK_LIST=work-names TEND_SLOTS=2 TEND_MAX_TASKS=2 \
	TEND_HEARTBEAT_TIMEOUT=none timeout 20 "$tend" worker \
	--endpoint-url "$endpoint" --no-sign-request --identity me -- echo x \
	>"$work/out" 2>"$work/err"
is "$? $(wc -l <"$work/out")" "0 2" "options from variables"
is "$(history names | jq -r '.[] |
	.activityTaskStartedEventAttributes.identity // empty' | sort -u)" me \
	"--identity is in the history"
schedule host 1
worker host -t none --max-tasks 1 -- true
like "$(history host | jq -r '.[] |
	.activityTaskStartedEventAttributes.identity // empty')" \
	"^$(hostname):[0-9]+\$" "which is host:pid by default"

done_testing
