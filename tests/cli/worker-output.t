#!/bin/bash
# SPDX-License-Identifier: MIT
# What the commands of a worker print: passed on in whole lines.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms
quick=(-t 60s -i 100ms --log-level error)

# ---- the forms ---------------------------------------------------------------

printing='printf "one\ntwo\r\n\rthree\n\nlast"; printf "to stderr\n" >&2'

schedule prefix 1
worker prefix "${quick[@]}" --max-tasks 1 --output prefix -- sh -c "$printing"
is "$(cat "$work/prefix.out")" \
	"$(printf 'prefix.1: %s\n' one two three '' last)" \
	"prefix: each line with the activity's id"
is "$(cat "$work/prefix.err")" "prefix.1: to stderr" "of stderr too, on stderr"
is "$(outcome_field prefix result)" last "and the result is what it was"

schedule json 1
worker json "${quick[@]}" --max-tasks 1 --output json -- sh -c \
	"$printing; printf '\377\"\t\\\\\\n'"
is "$(jq -r '[.activityId, .workflowId, .stream, .line] | join("|")' "$work/json.out" |
	sort)" "$(sort <<'END'
json.1|json|stdout|one
json.1|json|stdout|two
json.1|json|stdout|three
json.1|json|stdout|
json.1|json|stdout|last�"	\
json.1|json|stderr|to stderr
END
)" "json: objects, of both streams on stdout"
like "$(jq -r .time "$work/json.out" | head -n 1)" \
	'^20[0-9-]*T[0-9:]*\.[0-9]{3}Z$' "with the time"
is "$(cat "$work/json.err")" "" "and nothing on stderr"

schedule raw 1
worker raw "${quick[@]}" --max-tasks 1 --output raw -- sh -c "$printing"
sh -c "$printing" >"$work/want" 2>"$work/want2"
ok "raw: byte for byte" cmp "$work/want" "$work/raw.out"
ok "stderr too" cmp "$work/want2" "$work/raw.err"

schedule default 1
worker default "${quick[@]}" --max-tasks 1 -- sh -c "$printing"
ok "which is the default with one slot" cmp "$work/want" "$work/default.out"

# Of two workflows with an activity of the same id each is told from the other.
worker_start twins "${quick[@]}" --slots 2 --max-tasks 2 --output prefix \
	--log-level info -- sh -c 'echo >>"$work/twins.up"
	until [ "$(wc -l <"$work/twins.up")" = 2 ]; do sleep 0.02; done
	echo "in $SWF_WORKFLOW_ID"'
for name in one other; do
	"$tend" submit --endpoint-url "$endpoint" --no-sign-request \
		--domain test --activity twin:1 --task-list work-twins \
		--workflow-id "$name" >/dev/null 2>"$work/$name.submit" &
	lib_pids+=("$!")
done
worker_ended twins
is "$(sed 's/^twin@\([a-z]*\): in \1$/twin@: in itself/
	s/^twin: in .*/twin: in one of them/' "$work/twins.out" | sort)" \
	"twin: in one of them
twin@: in itself" "two of the same id: the second one is told by its workflow"
is "$(grep -Ec '^tend: twin@(one|other): completed' "$work/twins.err")" 1 \
	"in the log, too"

schedule none 1
worker none "${quick[@]}" --max-tasks 1 --output none -- sh -c \
	"$printing; exit 3"
is "$(cat "$work/none.out" "$work/none.err")" "" "none: nothing"
is "$(outcome_field none details)" "last

stderr:
to stderr" "but SWF is told as ever"

worker misuse "${quick[@]}" --slots 2 --output raw -- true
is "$status" 125 "raw with more than one slot: 125"
like "$(cat "$work/misuse.err")" "error: --output: raw mixes what .* 2 slots" \
	"because it would mix"

# ---- many at once ------------------------------------------------------------

# Lines that are written byte by byte, by four at a time.
schedule many 12
worker many "${quick[@]}" --slots 4 --max-tasks 12 -- bash -c '
	for ((i = 0; i < 200; i++)); do
		printf "%s" "begin $SWF_ACTIVITY_ID "; printf "%s\n" "$i end"
	done'
is "$(grep -Evc '^many\.([0-9]+): begin many\.\1 [0-9]+ end$' \
	"$work/many.out")" 0 "of many at once no line is mixed with another"
is "$(wc -l <"$work/many.out")" 2400 "and none is missing"

# ---- long lines --------------------------------------------------------------

schedule long 1
worker long "${quick[@]}" --max-tasks 1 --output prefix -- sh -c \
	'head -c 100000 /dev/zero | tr "\0" x; echo; echo short'
is "$(sed 's/^long.1: //' "$work/long.out" | awk '{ print length }' |
	tr '\n' ' ')" "16384 16384 16384 16384 16384 16384 1696 5 " \
	"a line over 16 KiB is passed on in pieces"

schedule endless 1
worker_start endless "${quick[@]}" --output prefix -- sh -c '
	: >"$work/endless.up"
	head -c 300000000 /dev/zero; : >"$work/endless.done"; exec sleep 1000' \
	>/dev/null
wait_for there endless.up
before=$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")
wait_for -t 60 there endless.done
after=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status")
ok "300 MB without a line end: memory grows by $((after - before)) KiB" \
	test "$((after - before))" -lt 8192
rm -f "$work/endless.out"
kill -TERM "$pid"
wait_for took_signals "$pid"
sleep 0.12
kill -TERM "$pid"
worker_ended endless

# ---- readers -----------------------------------------------------------------

# A reader that does not read blocks the commands, as it would without tend;
# no heartbeat, and no stop.
mkfifo "$work/slow.pipe"
exec 5<>"$work/slow.pipe"
schedule slow 4 heartbeat=5
MARK=$work/slow "$tend" worker --endpoint-url "$endpoint" --no-sign-request \
	--domain test --task-list work-slow --slots 2 -t 5s -i 200ms \
	--log-level error -- sh -c ': >"$work/$SWF_ACTIVITY_ID.up"; exec yes' \
	>"$work/slow.pipe" 2>"$work/slow.err" &
pid=$!
lib_pids+=("$pid")
echo "$pid" >"$work/slow.pid"
wait_for there slow.1.up || wait_for there slow.2.up
forget_calls
wait_for called -n 12 "$heartbeat"
pass "a reader that does not read holds up no heartbeat"
rss=$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")
ok "nor does it cost memory ($rss KiB)" test "$rss" -lt 30000
kill -TERM "$pid"
wait_for took_signals "$pid"
sleep 0.15
kill -TERM "$pid"
worker_ended slow
is "$status $(reasons slow)" "0 stopped: tend received SIGTERM" \
	"nor a stop"
exec 5>&-

# The same of a pipe for outcomes: it is full, and a second task runs on.
mkfifo "$work/outcomes.pipe"
exec 5<>"$work/outcomes.pipe"
dd if=/dev/zero of="$work/outcomes.pipe" bs=4096 oflag=nonblock 2>/dev/null
schedule full 2
worker_start full "${quick[@]}" --slots 2 --max-tasks 2 \
	--outcome "$work/outcomes.pipe" -- sh -c '
	[ "$SWF_ACTIVITY_ID" = full.1 ] || until [ -e "$work/full.go" ]; do
		sleep 0.02; done'
wait_for all_closed full 1
: >"$work/full.go"
worker_ended full
is "$status $(kinds full)" "0 2 ActivityTaskCompleted" \
	"nor does one of --outcome"
like "$(<"$work/full.err")" "--outcome: cannot write .*outcomes.pipe" \
	"that takes no more, which is told"
exec 5>&-

# One that is gone loses its output, nothing else.
schedule gone 3
worker gone "${quick[@]}" --slots 2 --max-tasks 3 -- sh -c 'echo out; echo 2' \
	> >(exec true)
is "$status $(kinds gone)" "0 3 ActivityTaskCompleted" "a reader that is gone"

done_testing
