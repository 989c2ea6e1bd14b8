#!/bin/bash
# SPDX-License-Identifier: MIT
# What becomes progress: formats, sources, the details of heartbeats and of
# failures, and the limits of SWF on all of them.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start

number=0

# details WANT NAME OUTPUT [OPTION]...: a command prints OUTPUT (as of printf
# %b) and exits 1; the failure's details, without stderr, are WANT.
details() {
	local want=$1 name=$2
	printf '%b' "$3" >"$work/output"
	shift 3
	number=$((number + 1))
	tend_run "task$number" "$@" -- sh -c 'cat "$0"; exit 1' "$work/output"
	is "$(details_now)" "$want" "$name"
}

# details_now: those of the failure that was reported last.
details_now() {
	closed task
	field details
}

new_tasks task 55

# ---- lines -------------------------------------------------------------------

details "two" "the newest line is the progress" 'one\ntwo\n'
details "two" "a last line without its end counts" 'one\ntwo'
details "two" "blank lines do not" 'two\n\n  \n\t\n\r\n'
details "none" "no line: no details" ''
details "none" "blank lines only: no details" '\n \n'
details "20%" "each state of a progress bar is a line" '\r10%\r20%\r'
details "30%" "so is one that goes on" '\r10%\r20%\r30%'
details "two" "CR LF is one line end" 'one\r\ntwo\r\n'
details "red text" "escape sequences are removed" \
	'\033[2K\033[1;31mred\033[0m \033]0;title\007text\n'
details "a�b�c�" "bytes that are no UTF-8, and NUL, are replaced" \
	'a\xffb\x00c\xc3\n'
details "é😀" "characters stay" '\xc3\xa9\xf0\x9f\x98\x80\n'
details "tab	and quote\"\\" "what JSON escapes arrives as it was" \
	'tab\tand quote"\\\n'

# ---- cut at 2,048 characters -------------------------------------------------

# long CHARACTER COUNT: a line of so many.
long() {
	printf "$1%.0s" $(seq "$2")
}

# cut WANT NAME CHARACTER COUNT: how many UTF-16 units of it are left.
cut_to() {
	local got units
	long "$3" "$4" >"$work/output"
	number=$((number + 1))
	tend_run "task$number" --stderr-tail 0 -- sh -c 'cat "$0"; exit 1' \
		"$work/output"
	got=$(details_now)
	units=$(jq -n --arg got "$got" \
		'$got | explode | map(if . > 65535 then 2 else 1 end) | add')
	is "$units" "$1" "$2"
	unlike "$got" '�' "$2: no character is cut in two"
	kept=$got
}

cut_to 2048 "2,048 characters fit" x 2048
is "$kept" "$(long x 2048)" "whole"
cut_to 2048 "2,049 are cut" x 2049
isnt "$kept" "$(long x 2048)" "with a mark"
like "$kept" '^x{1900}' "after the beginning"
cut_to 2048 "2,048 two-byte characters fit" é 2048
is "$kept" "$(long é 2048)" "whole"
cut_to 2048 "1,024 characters of two units fit" 😀 1024
is "$kept" "$(long 😀 1024)" "whole"
cut_to 2048 "5,000 three-byte characters are cut" € 5000
printf 'x' >"$work/x"
number=$((number + 1))
{ printf x; long 😀 2000; } >"$work/output"
tend_run "task$number" -- sh -c 'cat "$0"; exit 1' "$work/output"
unlike "$(details_now)" '�' "no surrogate is cut in two"

# ---- formats -----------------------------------------------------------------

details "50" "prefix: what follows it" 'noise\nPROGRESS 50\nmore noise\n' \
	--progress 'prefix:PROGRESS '
details "none" "prefix: nothing without it" 'noise\n' --progress prefix:P
details "42%" "regex: the first group" \
	'sent 10 bytes 17%% x\nsent 20 bytes  42%% y\nbye\n' \
	--progress 'regex: ([0-9]+%)'
details "42%" "regex: or the match" '17%%\n42%% done\nbye\n' \
	--progress 'regex:[0-9]+%'
details '{"percent": 42}' "json: lines that are objects" \
	'log line\n{"percent": 42}\n[1]\n{"broken":\n"text"\n' --progress json
details "none" "json: nothing else" 'x\n[]\n1\n' --progress json

# ---- sources -----------------------------------------------------------------

number=$((number + 1))
tend_run "task$number" --progress-from stderr --stderr-tail 0 -- sh -c '
	echo out; echo err >&2; exit 1'
is "$(details_now)" err "progress from stderr"
is "$(<"$work/task$number.out")" out "stdout is passed on"
ok "and so is stderr" grep -qx err "$work/task$number.err"

number=$((number + 1))
tend_run "task$number" --progress-from fd:7 -- bash -c '
	echo out; echo "fd $SWF_PROGRESS_FD" >&7; exit 1'
is "$(details_now)" "fd 7" "progress from a descriptor"
is "$(<"$work/task$number.out")" out "what is written there is not passed on"

number=$((number + 1))
tend_run "task$number" --progress-from fd:3 -- bash -c '
	head -c 3000000 /dev/zero >&3; echo >&3; echo last >&3; exit 1'
is "$(details_now)" last "a megabyte there does not block"

# ---- details as JSON ---------------------------------------------------------

json() { # NAME FILTER OUTPUT [OPTION]...: the details match a filter of jq
	local name=$1 filter=$2
	printf '%b' "$3" >"$work/output"
	shift 3
	number=$((number + 1))
	tend_run "task$number" --details json --stderr-tail 0 "$@" \
		-- sh -c 'cat "$0"; exit 1' "$work/output"
	ok "$name" jq -e "$filter" <<<"$(details_now)" >/dev/null ||
		diag "$(details_now)"
}

json "details as JSON: their members" '.progress == "step 3 of 4" and
	.lines == 2 and (.elapsed | type == "number" and . >= 0) and
	.host == "'"$(uname -n)"'" and (.pid | type == "number") and
	(has("percent") | not)' 'one\nstep 3 of 4\n'
json "without progress" '.progress == null and .lines == 0' ''
json "42% is a percentage" '.percent == 42' 'at 42%%\n'
json "42.5% too" '.percent == 42.5' 'at 42.5%%\n'
json "and 7/20" '.percent == 35' 'file 7/20\n'
json "and a member percent" '.percent == 12.5' '{"percent": 12.5}\n' \
	--progress json
json "no percentage is over 100" '(has("percent") | not) or
	.percent <= 100' 'at 420%%\n'
json "odd bytes stay JSON" '.progress == "a\"\\�é"' 'a"\\\xff\xc3\xa9\n'
long '"' 5000 >"$work/quotes"
number=$((number + 1))
tend_run "task$number" --details json --stderr-tail 0 \
	-- sh -c 'cat "$0"; exit 1' "$work/quotes"
ok "a line that is all quotes is cut, and the JSON is whole" \
	jq -e '.progress | startswith("\"\"")' <<<"$(details_now)"
ok "and within the limit" test "$(field details | wc -m)" -le 2048

# ---- stderr in the details of a failure --------------------------------------

# tail_is WANT NAME OUTPUT OPTION...: stdout is "p", stderr OUTPUT.
stderr_tail() {
	local want=$1 name=$2
	printf '%b' "$3" >"$work/output"
	shift 3
	number=$((number + 1))
	tend_run "task$number" "$@" -- sh -c 'echo p; cat "$0" >&2; exit 1' \
		"$work/output"
	is "$(details_now; echo .)" "$want." "$name"
}

stderr_tail $'p\n\nstderr:\nwhy\n' "the end of stderr rides on a failure" \
	'why\n'
stderr_tail p "not when there is none" ''
stderr_tail p "nor with a tail of 0" 'why\n' --stderr-tail 0
stderr_tail $'p\n\nstderr:\n567890' "as much of it as was asked for" \
	'1234567890' --stderr-tail 6
number=$((number + 1))
tend_run "task$number" --stderr-tail 32k -- sh -c 'echo p
	head -c 100000 /dev/zero | tr "\0" y >&2; echo end >&2; exit 1'
got=$(details_now)
like "$got" $'^p\n\nstderr:\n' "a long one: the details are there"
like "$got" 'yyyend$' "and the end of stderr"
ok "within SWF's 32,768" test "${#got}" -le 32768
ok "and not less than there is room for" test "${#got}" -gt 32000

is "$(outcome_count task ActivityTaskFailed)" "$number" \
	"every failure was taken by the service"

# ---- heartbeats --------------------------------------------------------------

new_task beats
tend_start beats -i 150ms -- sh -c 'echo one; echo two
	while [ ! -e "$0" ]; do sleep 0.05; done; echo three
	while [ ! -e "$0.2" ]; do sleep 0.05; done' "$work/go"
ok "a heartbeat carries the newest line" wait_for beat_is beats two
ok "and the next ones repeat it" wait_for beats_reach beats 5
is "$(beat_details beats)" two "as long as there is no newer one"
touch "$work/go"
ok "until there is a newer one" wait_for beat_is beats three
touch "$work/go.2"
tend_wait beats
is "$(calls RecordActivityTaskHeartbeat | jq -s '[.[] |
	select(.activityId == "beats") | .details] | first')" null \
	"the first heartbeat, before the command, has none"

# Many lines cost no more heartbeats than few: 100 lines, then the end.
new_task many
tend_run many -i 10s -- sh -c 'i=0; while [ $i -lt 100 ]; do
	i=$((i + 1)); echo "line $i"; done; exit 1'
ok "heartbeats are not sent per line" test "$(beats many)" -le 2
like "$(outcome_field many details)" '^line 100' \
	"the last line is in the details of the failure all the same"

# A bar that is redrawn many times a second.
new_task bar
tend_start bar -i 150ms -- sh -c 'i=0; while [ ! -e "$0" ]; do
	i=$((i + 1)); printf "\r%d%%" $i; sleep 0.01; done' "$work/enough"
ok "a progress bar: heartbeats carry it" wait_for beats_reach bar 4
like "$(beat_details bar)" '^[0-9]+%$' "as it is"
touch "$work/enough"
tend_wait bar

# ---- stalling: only lines that match count -----------------------------------

new_task stalled
before=$(now_ms)
tend_run stalled --stall-timeout 700ms --progress prefix:P -- sh -c '
	echo P1; while :; do echo noise; sleep 0.05; done'
is "$status" 124 "noise is no progress: stalled"
is "$(outcome_field stalled reason)" "no progress for 700ms" "SWF is told"
like "$(outcome_field stalled details)" '^1' "with the last progress"
ok "not before its time" test $(($(now_ms) - before)) -ge 690

new_task lively
tend_run lively --stall-timeout 700ms -- sh -c 'i=0
	while [ $i -lt 20 ]; do i=$((i + 1)); echo $i; sleep 0.05; done'
is "$status" 0 "a line now and then is enough"

done_testing
