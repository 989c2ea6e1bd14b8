#!/bin/bash
# SPDX-License-Identifier: MIT
# How a command ends, what SWF is told of it, and what tend exits with.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start

# told NAME: "EVENT: REASON" of the history.
told() {
	outcome_event "$1" |
		jq -r '.eventType + ": " + (.attributes.reason // "")'
}

# outcome_line NAME: what was said, for one comparison.
outcome_line() {
	said "$1" '"\(.outcome) \(.cause) \(.delivered) " +
		"status \(.exitStatus) signal \(.signal) " +
		"tend \(.tendExitStatus)"'
}

# ---- exit --------------------------------------------------------------------

new_task ok
supervise ok -- sh -c 'echo one; echo two'
is "$status" 0 "a command that exits 0: tend does"
is "$(told ok)" "ActivityTaskCompleted: " "it is completed"
is "$(outcome_field ok result)" two "with its last line"
is "$(outcome_line ok)" "completed exit yes status 0 signal null tend 0" \
	"the outcome file says so"
is "$(wc -l <"$work/ok.json")" 1 "in one line"
ok "with the task's names and all times" jq -e '
	.activityId == "ok" and .workflowId == "ok" and
	(.runId | length) > 0 and .pid > 1 and .coreDumped == false and
	.killed == false and .maxRssKiB > 0 and
	([.started, .exited, .ended] | all(test("^20..-..-..T.*Z$"))) and
	.started <= .exited and .exited <= .ended' "$work/ok.json"

new_task three
supervise three -- sh -c 'echo almost; echo oops >&2; exit 3'
is "$status" 3 "a command that exits 3: tend does"
is "$(told three)" "ActivityTaskFailed: exit status 3" "it has failed"
is "$(outcome_field three details)" $'almost\n\nstderr:\noops' \
	"with the last progress and the end of stderr"
is "$(outcome_line three)" "failed exit yes status 3 signal null tend 3" \
	"the outcome file says so"

new_task cut
supervise cut --stderr-tail 4 -- sh -c 'echo aéé >&2; exit 3'
is "$(outcome_field cut details)" $'stderr:\né' \
	"the end of stderr begins with a whole character"

new_task again
MARK=$work/again tend_run again --outcome "$work/three.json" -- true
is "$(jq -c .exitStatus "$work/three.json" | tr '\n' ' ')" "3 0 " \
	"another run appends its line"

new_task quiet
supervise quiet --stderr-tail 0 -- sh -c 'echo oops >&2; exit 3'
is "$(outcome_field quiet details)" "" "nothing said, nothing in the details"

new_task okexit
supervise okexit --ok-exit 0,3-5,143 -- sh -c 'exit 143'
is "$status" 143 "a status of --ok-exit is the exit status all the same"
is "$(told okexit)" "ActivityTaskCompleted: " "and completed"

new_task notok
supervise notok --ok-exit 3-5 -- true
is "$status" 0 "a status that is not in --ok-exit, though 0"
is "$(told notok)" "ActivityTaskFailed: exit status 0" "has failed"

# ---- signals -----------------------------------------------------------------

new_task killed
supervise killed -- sh -c 'kill -KILL $$'
is "$status" 137 "a command that is killed: 128+9"
is "$(told killed)" "ActivityTaskFailed: killed by SIGKILL" \
	"a kill that nobody here sent is named, and not called out of memory"
is "$(outcome_line killed)" \
	"failed signal yes status null signal SIGKILL tend 137" \
	"the outcome file says so"
is "$(said killed .killed)" false "and that tend did not do it"

new_task outside
supervise_start outside -- sh -c 'echo $$ >"$work/outside.up"; exec sleep 1000'
wait_for test -s outside.up
kill -KILL "$(<"$work/outside.up")"
ended outside
is "$(told outside)" "ActivityTaskFailed: killed by SIGKILL" \
	"one that is killed from outside fails at once, not by a timeout"

new_task segv
ulimit -Sc 0
supervise segv -- sh -c 'kill -SEGV $$'
is "$status" 139 "a command that crashes: 128+11"
like "$(told segv)" \
	'^ActivityTaskFailed: killed by SIGSEGV( \(core dumped\))?$' \
	"the signal is named"

new_task core
if (ulimit -Sc unlimited) 2>/dev/null &&
	[[ $(</proc/sys/kernel/core_pattern) == core ]]; then
	(
		ulimit -Sc unlimited
		# The sanitizer would set the limit to 0 again.
		export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}disable_coredump=0
		supervise core -- sh -c 'kill -QUIT $$'
		echo "$status" >"$work/core.status"
	)
	is "$(<"$work/core.status")" 131 "a command that dumps core: 128+3"
	is "$(told core)" \
		"ActivityTaskFailed: killed by SIGQUIT (core dumped)" \
		"the reason mentions it"
	is "$(said core .coreDumped)" true "and the outcome file"
else
	skip "no core dumps here" "a command that dumps core"
fi

# ---- canceled ----------------------------------------------------------------

new_task before
cancel_task before
supervise before -- sh -c ': >"$work/before.ran"'
is "$status" 0 "canceled before it was started: 0"
is "$(outcome before)" ActivityTaskCanceled "SWF has it as canceled"
not_ok "and nothing was started" there before.ran
is "$(outcome_line before)" \
	"canceled cancel yes status null signal null tend 0" \
	"the outcome file says so"

new_task cancel
supervise_start cancel -i 50ms -- sh -c 'echo half; exec sleep 1000'
wait_for has_beaten cancel half
cancel_task cancel
ended cancel
is "$status" 143 "canceled half-way: what the command died of"
is "$(outcome cancel)" ActivityTaskCanceled "SWF has it as canceled"
is "$(outcome_field cancel details)" half "with the newest heartbeat details"
is "$(outcome_line cancel)" \
	"canceled cancel yes status null signal SIGTERM tend 143" \
	"the outcome file says so"

new_task clean
supervise_start clean -i 50ms --ok-exit 0,143 -- sh -c '
	trap "exit 0" TERM; echo up; while :; do sleep 0.02; done'
wait_for has_beaten clean up
cancel_task clean
ended clean
is "$status" 0 "a canceled command that exits 0: 0"
is "$(outcome clean)" ActivityTaskCanceled \
	"it is canceled, whatever its exit status"

# ---- tend's own limits -------------------------------------------------------

new_task stalled
supervise stalled --stall-timeout 300ms -- sh -c 'echo once; exec sleep 1000'
is "$status" 124 "no progress for too long: 124"
is "$(told stalled)" "ActivityTaskFailed: no progress for 300ms" \
	"the reason is another than a crash's"
like "$(outcome_field stalled details)" '^once' "with the last progress"
is "$(outcome_line stalled)" \
	"failed stalled yes status null signal SIGTERM tend 124" \
	"the outcome file says so"

new_task lively
supervise lively --stall-timeout 2 -- sh -c '
	for i in $(seq 25); do echo $i; sleep 0.1; done'
is "$status" 0 "progress in time keeps the stall away"

new_task long
supervise long --time-limit 300ms -- sh -c 'while :; do echo x; sleep 0.02; done'
is "$status" 124 "over the time limit: 124"
is "$(told long)" "ActivityTaskFailed: time limit of 300ms exceeded" \
	"the reason says so"
is "$(said long .cause)" time-limit "the outcome file says so"

# ---- cannot be executed ------------------------------------------------------

new_task missing
supervise missing -- ./no-such-command
is "$status" 127 "a command that is not there: 127"
is "$(told missing)" "ActivityTaskFailed: cannot execute ./no-such-command: \
No such file or directory" "the failure names the file and the error"
is "$(outcome_line missing)" \
	"failed exec-failed yes status null signal null tend 127" \
	"the outcome file says so"

new_task directory
supervise directory -- "$work"
is "$status" 126 "a directory is no command: 126"
like "$(told directory)" "cannot execute $work: Permission denied" \
	"the failure names it"

echo 'exit 5' >"$work/plain"
new_task plain
supervise plain -- "$work/plain"
is "$status" 126 "a file that is not executable: 126"

new_task script
chmod +x "$work/plain"
supervise script -- "$work/plain"
is "$status" 5 "an executable script without #! is run by the shell"

new_task own127
supervise own127 -- sh -c 'exit 127'
is "$status" 127 "a command that itself exits 127"
is "$(told own127)" "ActivityTaskFailed: exit status 127" \
	"is told from one that is not there"

# ---- an outcome file that nobody reads ---------------------------------------

mkfifo "$work/pipe"
exec 7<>"$work/pipe"
dd if=/dev/zero of="$work/pipe" bs=4096 count=1024 oflag=nonblock 2>/dev/null
new_task pipe
tend_start pipe --outcome "$work/pipe" -- true
tend_wait pipe
exec 7<&-
is "$status" 0 "an outcome file that is a pipe and full holds up nobody"
like "$(<"$work/pipe.err")" "--outcome: cannot write $work/pipe" \
	"and that the line is lost is said"

# ---- tend itself -------------------------------------------------------------

new_task wrong
supervise wrong --stop-signal NONSENSE -- sh -c ': >"$work/wrong.ran"'
is "$status" 125 "a mistake of usage: 125"
is "$(wc -l <"$work/wrong.err")" 1 "with one line of explanation"
not_ok "nothing was started" there wrong.ran
is "$(outcome wrong)" "" "and the task is still open"

new_task gone
terminate gone
supervise gone -- sh -c ': >"$work/gone.ran"'
is "$status" 123 "a dead token: 123"
not_ok "starts nothing" there gone.ran
is "$(count_reports gone)" 0 "and nothing is reported"
is "$(outcome_line gone)" "none gone no status null signal null tend 123" \
	"the outcome file says so"

new_task garbage
jq -c '.taskToken = "garbage"' "$work/garbage.task" >"$work/bad.task"
mv "$work/bad.task" "$work/garbage.task"
supervise garbage -- sh -c ': >"$work/garbage.ran"'
is "$status" 125 "a token that is none: 125, at once"
not_ok "starts nothing" there garbage.ran
is "$(said garbage .cause)" refused "the outcome file says so"

done_testing
