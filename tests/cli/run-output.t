#!/bin/bash
# SPDX-License-Identifier: MIT
# What the command writes is passed on byte for byte, in constant memory:
# nothing is lost at exit, nothing is changed, nothing is added.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start

# ---- nothing lost at exit ----------------------------------------------------

# Sizes around the powers of two, and so around every buffer on the way.
sizes=()
for ((k = 10; k <= 22; k += 2)); do
	sizes+=($(((1 << k) - 1)) $((1 << k)) $(((1 << k) + 1)))
done
head -c $(((1 << 22) + 1)) /dev/urandom >"$work/random"

new_tasks burst $((2 * ${#sizes[@]}))
i=0
for size in "${sizes[@]}"; do
	head -c "$size" "$work/random" >"$work/want"
	i=$((i + 1))
	tend_run "burst$i" -- cat "$work/want"
	is_file "$work/burst$i.out" "$work/want" \
		"a burst of $size bytes and an exit, on stdout"
	rm -f "$work/burst$i.out"
	i=$((i + 1))
	tend_run "burst$i" --log-level error -- sh -c 'exec cat "$1" >&2' sh \
		"$work/want"
	is_file "$work/burst$i.err" "$work/want" \
		"a burst of $size bytes and an exit, on stderr"
	rm -f "$work/burst$i.err"
done
is "$(outcome_count burst ActivityTaskCompleted)" "$i" "all completed"

# The same through a pipe, whose reader takes it in pieces of its own.
new_tasks piped 10
head -c 1000003 "$work/random" >"$work/want"
for i in 1 2 3 4 5 6 7 8 9 10; do
	"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/piped$i.task" -- cat "$work/want" \
		2>"$work/err" | cat >"$work/got"
	cmp -s "$work/got" "$work/want" || break
done
is "$(cmp "$work/got" "$work/want" 2>&1)" "" \
	"a burst into a pipe, ten times over"

# ---- nothing changed ---------------------------------------------------------

new_tasks plain 8
{
	printf 'text\r\nwith\0NUL\033[31mred\033[0m\rbar 10%%\rbar 20%%\r\n'
	printf '\xff\xfe\x80 caf\xc3\xa9 \xf0\x9f\x98\x80 \xc3'
	for ((c = 0; c < 256; c++)); do
		printf '%b' "\\x$(printf %x "$c")"
	done
	printf 'no end'
} >"$work/want"
tend_run plain1 -- cat "$work/want"
is_file "$work/plain1.out" "$work/want" \
	"binary, NUL, CR, escapes and a last line without end, on stdout"
tend_run plain2 --log-level error --progress-from stderr \
	-- sh -c 'cat "$1" >&2' sh "$work/want"
is_file "$work/plain2.err" "$work/want" "and on stderr"
tend_run plain3 --progress 'regex:([0-9]+%)' --details json \
	--result stdout -- cat "$work/want"
is_file "$work/plain3.out" "$work/want" "and with every option for progress"

tend_run plain4 -- true
ok "a command that prints nothing: nothing" test ! -s "$work/plain4.out"
tend_run plain5 --log-level error -- sh -c 'echo x; echo y >&2; exit 3'
is "$(<"$work/plain5.out")" x "stdout goes to stdout"
is "$(<"$work/plain5.err")" y "stderr to stderr"

# ---- order -------------------------------------------------------------------

tend_run plain6 -- sh -c 'i=0
	while [ $i -lt 200 ]; do
		echo out $i; echo err $i >&2; i=$((i + 1))
	done 2>&1'
for ((i = 0; i < 200; i++)); do
	printf 'out %d\nerr %d\n' $i $i
done >"$work/want"
is_file "$work/plain6.out" "$work/want" \
	"lines of two streams merged by the command keep their order"

# Merged by the caller, each stream keeps its own.
"$tend" run --endpoint-url "$endpoint" --no-sign-request --log-level error \
	--task "$work/plain7.task" -- sh -c 'i=0
	while [ $i -lt 200 ]; do
		echo out $i; echo err $i >&2; i=$((i + 1))
	done' >"$work/got" 2>&1
is "$(grep ^out "$work/got" | md5sum)" \
	"$(grep ^out "$work/want" | md5sum)" \
	"merged by the caller, stdout is whole and in order"
is "$(grep ^err "$work/got" | md5sum)" \
	"$(grep ^err "$work/want" | md5sum)" "and so is stderr"

# ---- flags of the descriptors ------------------------------------------------

# The flags of 0, 1 and 2 as the command has them.
cat >"$work/flags" <<-'END'
	#!/bin/sh
	for fd in 0 1 2; do
		while read -r name value; do
			[ "$name" = flags: ] && echo "$fd $value"
		done </proc/self/fdinfo/$fd
	done >"$1"
END
chmod +x "$work/flags"
mkfifo "$work/fifo"
exec 7<>"$work/fifo"
flags_before=$(sed -n 's/^flags:\t*//p' /proc/$$/fdinfo/7)
"$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task "$work/plain8.task" -- "$work/flags" "$work/got" \
	<&7 >&7 2>&7
is "$(sed -n 's/^flags:\t*//p' /proc/$$/fdinfo/7)" "$flags_before" \
	"O_NONBLOCK is not set on what tend was given"
exec 7>&-
nonblocking=
while read -r fd flags; do
	((flags & 04000)) && nonblocking+=" $fd"
done <"$work/got"
is "$(lines "$work/got")" 3 "the command has three descriptors"
is "$nonblocking" "" "and none of them is non-blocking"

# ---- memory ------------------------------------------------------------------

# grows NAME OPTION... -- COMMAND...: runs it and looks at tend's memory.
grows() {
	local name=$1
	shift
	tend_start "$name" "$@"
	memory=0
	while ! gone "$pid"; do
		kib=$(peak "$pid")
		[[ -n $kib ]] && ((kib > memory)) && memory=$kib
		sleep 0.01
	done
	tend_wait "$name"
}

limit=16384
[[ -z $sanitized ]] || limit=400000
new_tasks big 3
many=$((256 << 20))
[[ -z $sanitized ]] || many=$((64 << 20))

grows big1 -- sh -c 'head -c "$1" /dev/zero | tr "\0" x; echo; echo 100%' \
	sh "$many"
is "$status" 0 "a line of $many bytes"
is "$(stat -c %s "$work/big1.out")" $((many + 6)) "is passed on whole"
is "$(tr -d x <"$work/big1.out")" $'\n100%' "and unchanged"
ok "it does not grow memory ($memory KiB)" test "$memory" -lt "$limit"
rm -f "$work/big1.out"
is "$(history big | jq -r '[.[].activityTaskCompletedEventAttributes //
	empty | .result] | first')" 100% "the line after it is found"

many=$((32 << 20))
grows big2 --result stdout -- sh -c 'head -c "$1" /dev/zero | tr "\0" x' \
	sh "$many"
ok "nor with --result stdout ($memory KiB)" test "$memory" -lt "$limit"
is "$(stat -c %s "$work/big2.out")" "$many" "which is passed on whole, too"
rm -f "$work/big2.out"
grows big3 --stderr-tail 32k --progress json --details json \
	-- sh -c 'head -c "$1" /dev/zero >&2; echo {\"percent\":1}' sh "$many"
ok "nor on stderr ($memory KiB)" test "$memory" -lt "$limit"
rm -f "$work/big3.err"

# ---- what the command leaves behind ------------------------------------------

new_tasks left 4
before=$(now_ms)
tend_run left1 --leftovers leave -- sh -c 'sleep 30 & echo $! >"$0"; echo done' \
	"$work/sleeper"
is "$status" 0 "a process that keeps the pipe open, left alone"
is "$(<"$work/left1.out")" "done" "what was written before the exit is there"
ok "and nobody waits for it" test $(($(now_ms) - before)) -lt 5000
not_ok "it lives on" gone "$(<"$work/sleeper")"
kill "$(<"$work/sleeper")"

before=$(now_ms)
tend_run left2 -- sh -c 'sleep 30 & echo $! >"$0"; echo done' \
	"$work/sleeper"
is "$status" 0 "a process that keeps the pipe open, stopped"
is "$(<"$work/left2.out")" "done" "what was written before the exit is there"
ok "and nobody waits for its end" test $(($(now_ms) - before)) -lt 5000
ok "it is gone" gone "$(<"$work/sleeper")"

before=$(now_ms)
tend_run left3 --leftovers leave -- sh -c 'yes & echo $! >"$0"
	sleep 0.2; echo done >&2' "$work/sleeper"
is "$status" 0 "output that never stops after the exit"
ok "holds nobody up" test $(($(now_ms) - before)) -lt 5000
ok "and ends by SIGPIPE once tend has gone" \
	wait_for gone "$(<"$work/sleeper")"
is "$(head -c 4 "$work/left3.out")" $'y\ny' "what was read of it is there"
rm -f "$work/left3.out"

before=$(now_ms)
tend_run left4 --kill-after 300ms -- sh -c 'trap "" TERM; yes & exit 4'
is "$status" 4 "output that never stops, of a process that ignores TERM"
ok "is ended after the grace" test $(($(now_ms) - before)) -lt 8000
rm -f "$work/left4.out"

# While a process that was left behind keeps the pipe open, tend waits for it
# and does nothing else.
new_task waiting
tend_start waiting -- sh -c 'echo done
	sh -c "trap \"\" TERM; echo \$\$; until [ -e $0.go ]; do sleep 0.05; done" \
		>"$0" 3>&1 & until [ -s "$0" ]; do sleep 0.02; done' "$work/keeper"
ok "a process that ignores TERM keeps the pipe" \
	wait_for contains "$work/waiting.err" 'left processes behind' &&
	before=$(cpu_ms "$pid") && {
	wait_for -t 1 gone "$pid" 2>/dev/null
	spent=$(($(cpu_ms "$pid") - before))
	ok "tend waits, and does not spin ($spent ms)" test "$spent" -lt 200
}
touch "$work/keeper.go"
tend_wait waiting
is "$status" 0 "and goes once it has gone"

done_testing
