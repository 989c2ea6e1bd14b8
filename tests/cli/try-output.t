#!/bin/bash
# SPDX-License-Identifier: MIT
# tend try: the command's output is as it was, heartbeats and history are on
# stderr; on a terminal they are in a line that is in nobody's way.

. "${TEND_SOURCE:?}/tests/cli/try.sh"

seq 20000 >"$work/numbers"
try plain -i 0.1 -- cat "$work/numbers"
is_file "$work/plain.out" "$work/numbers" "stdout is the command's alone"

# shellcheck disable=SC2016 # it is for the command's shell
try beats -i 0.1 -- sh -c 'echo one; sleep 0.5; echo two; echo mine >&2'
is "$(<"$work/beats.out")" $'one\ntwo' "stdout once more"
like "$(<"$work/beats.err")" \
	$'^tend: swf-local is at http://127.0.0.1:[0-9]+/ for this run\ntend: heartbeat 1 at 0.0s: no details yet; lease 9.5s\n' \
	"a line for the first heartbeat"
like "$(<"$work/beats.err")" \
	$'\ntend: heartbeat [2-5] at 0.[0-9]s: one; lease 9.[45]s\n' \
	"and for others, with details and lease"
like "$(<"$work/beats.err")" $'\nmine\n' "the command's stderr is there"
unlike "$(<"$work/beats.err")" $'\e|\r' "and nothing that a terminal obeys"

try quiet --log-level warning -- true
is "$(head -n 1 "$work/quiet.err")$(sed -n 2p "$work/quiet.err")" \
	"The history that SWF has of it:" "--log-level warning: only a history"
try json --log-format json -- true
is "$(jq -r 'select(.level == "info") | .message' "$work/json.err" |
	grep -c '^heartbeat 1 at')" 1 "--log-format json: heartbeats are JSON"
is "$(jq -r .message "$work/json.err" | grep -c 'ActivityTaskCompleted')" 1 \
	"and so is the history"

"$tend" try -- sh -c 'echo out; echo err >&2' >/dev/full 2>"$work/full.err"
is "$?" 0 "stdout that is full changes nothing"

# ---- On a terminal -----------------------------------------------------------

if [[ -z $python ]]; then
	done_testing
	exit
fi

# seen NAME SIZE VARIABLE=VALUE... -- COMMAND: what a person sees.
seen() {
	local name=$1 size=$2
	shift 2
	"$python" "$top/tests/cli/terminal.py" "$size" \
		env TERM=xterm "$@" >"$work/$name" 2>&1 </dev/null
}

# before NAME: the screen between tend's first and last line.
before() {
	sed -e '/^tend: swf-local is at/d' -e '/^tend: completed/,$d' \
		-e '/^$/,$d' "$work/$1"
}

cat >"$work/talk" <<'END'
#!/bin/sh
for i in 1 2 3 4 5 6; do echo $i; done
sleep 0.4
printf 'seven: '
sleep 0.4
echo 7
echo eight >&2
sleep 0.2
printf '\r10%%'
sleep 0.3
printf '\r20%%'
sleep 0.2
END
chmod +x "$work/talk"
seen live 80x6 "$tend" try -i 0.2 -- "$work/talk"
is "$(before live)" $'1\n2\n3\n4\n5\n6\nseven: 7\neight\n20%' \
	"what the command printed is all there, in order, and nothing else"
ok "the line was there, with the heartbeat's details" contains "$work/live" \
	'^tend: N \| heartbeat [0-9]+ \| lease N N \| 6$'
ok "also while the command is in the middle of a line" \
	contains "$work/live" 'lease N N \| 10%$'
ok "and the history is there at the end" \
	contains "$work/live" 'ActivityTaskCompleted +result: 20%$'
ok "it ends as the command did" contains "$work/live" '^== status: 0$'

seen narrow 40x6 "$tend" try --log-level warning -i 0.1 -- sh -c \
	'echo a text that is longer than this window is wide; sleep 0.5'
ok "in a narrow window it is cut" contains "$work/narrow" \
	'^tend: N \| heartbeat [0-9]+ \| lease .*\.\.\.$'
is "$(before narrow)" \
	$'a text that is longer than this window i\ns wide' \
	"and leaves nothing behind"

seen wide 80x6 "$tend" try -i 0.1 -- sh -c \
	"printf '\346\274\242%.0s' 1 2 3 4 5 6 7 8 9 10 11 12; echo; sleep 0.4"
is "$(before wide)" "$(printf '漢%.0s' 1 2 3 4 5 6 7 8 9 10 11 12)" \
	"characters that may be wide do no harm"

seen dumb 80x24 TERM=dumb "$tend" try -- true
ok "TERM=dumb: plain lines" contains "$work/dumb" '^tend: heartbeat 1 at'
seen direct 80x24 "$tend" try --stderr-tail 0 -- true
ok "a command that prints on the terminal by itself: plain lines" \
	contains "$work/direct" '^tend: heartbeat 1 at'

# colors NAME VARIABLE=VALUE...: whether the raw output has any.
colors() {
	script -qec "env TERM=xterm $2 '$tend' try -- sleep 0.3" /dev/null \
		</dev/null | grep -q $'\e\[[0-9]*m'
}
if command -v script >/dev/null; then
	ok "it has colours" colors plain NO_COLOR=
	not_ok "NO_COLOR: it has none" colors none NO_COLOR=1
fi

done_testing
