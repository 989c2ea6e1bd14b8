#!/bin/bash
# SPDX-License-Identifier: MIT
# The exit status is exact, whatever else ends at the same time.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start

# ---- every kind of status ----------------------------------------------------

statuses=(0 1 2 3 42 77 100 111 122 123 124 125 126 127 128 129 130 137 143
	192 254 255)
new_tasks exit ${#statuses[@]}
wrong=()
for i in "${!statuses[@]}"; do
	supervise "exit.$((i + 1))" -t 60s -- sh -c "exit ${statuses[i]}"
	[[ $status == "${statuses[i]}" ]] || wrong+=("${statuses[i]}: $status")
	said "exit.$((i + 1))" '"\(.cause) \(.exitStatus)"' |
		grep -qx "exit ${statuses[i]}" ||
		wrong+=("${statuses[i]}: $(<"$work/exit.$((i + 1)).json")")
done
is "${wrong[*]}" "" "tend exits with the command's status, from 0 to 255"
is "$(many_outcomes exit | sed -n 's/.*Failed exit status //p' |
	sort -n | tr '\n' ' ')" "$(printf '%s\n' "${statuses[@]:1}" |
	sort -n | tr '\n' ' ')" "and SWF knows it"

signals=(HUP INT QUIT ABRT KILL USR1 ALRM TERM)
ulimit -Sc 0
new_tasks signal ${#signals[@]}
wrong=()
for i in "${!signals[@]}"; do
	supervise "signal.$((i + 1))" -t 60s -- \
		sh -c "kill -${signals[i]} \$\$; sleep 10"
	[[ $status == $((128 + $(kill -l "${signals[i]}"))) ]] ||
		wrong+=("${signals[i]}: $status")
	[[ $(said "signal.$((i + 1))" .signal) == "SIG${signals[i]}" ]] ||
		wrong+=("$(<"$work/signal.$((i + 1)).json")")
done
is "${wrong[*]}" "" "with 128+n for a signal"

# ---- a death and an orphan's in the same instant -----------------------------

rounds=25
new_tasks orphan "$rounds"
wrong=()
for ((i = 1; i <= rounds; i++)); do
	supervise "orphan.$i" -t 60s -- sh -c '
		sh -c "sleep .01 & kill -9 \$\$"; sleep .0087; exit 5'
	[[ $status == 5 ]] || wrong+=("$i: $status")
done
is "${wrong[*]}" "" "an orphan that dies in the same instant confuses nobody"

# ---- many orphans ------------------------------------------------------------

new_task stage
supervise_start stage -t 60s -i 100ms -- sh -c '
	sh -c "for i in \$(seq 100); do sleep 0.0\$i & done"
	: >"$work/stage.up"
	until [ -e "$work/stage.go" ]; do sleep 0.02; done; exit 9'
wait_for there stage.up
zombies() {
	ps -o stat= --ppid "$(guard_of stage)" | awk '/Z/ { n++ } END { print n + 0 }'
}
no_orphans() {
	[[ $(ps -o stat= --ppid "$(guard_of stage)" | wc -l) -eq 1 ]]
}
ok "a hundred orphans are adopted and reaped" wait_for no_orphans
is "$(zombies)" 0 "no zombie is left while the command runs"
: >"$work/stage.go"
ended stage
is "$status" 9 "and its status is its own"

# ---- tend's own parent and children ------------------------------------------

# tend_command NAME: for those who start it in a way of their own.
tend_command() {
	command=("$tend" run --endpoint-url "$endpoint" --no-sign-request
		--task "$work/$1.task" -t 60s --outcome "$work/$1.json")
}

new_task child
tend_command child
# The child is older than tend, and tend's own.
(sleep 0.1 & exec "${command[@]}" -- sh -c 'sleep 0.3; exit 4') \
	2>"$work/child.err"
is $? 4 "a child that tend was born with is not mistaken for the command"

new_task kept
tend_command kept
(
	sleep 1000 &
	echo $! >"$work/kept.child"
	exec "${command[@]}" -- sh -c ': >"$work/kept.up"; exec sleep 1000'
) 2>"$work/kept.err" &
pid=$!
lib_pids+=("$pid")
echo "$pid" >"$work/kept.pid"
wait_for there kept.up
kill -KILL "$(guard_of kept)"
ended kept
is "$status" 125 "the guard is killed"
not_ok "and such a child is not killed as its orphan" \
	gone "$(<"$work/kept.child")"
kill "$(<"$work/kept.child")"

for options in --ignore-signal=CHLD --block-signal=CHLD,ALRM \
	--block-signal=TERM; do
	new_task "inherited"
	tend_command inherited
	env "$options" "${command[@]}" -- sh -c 'exit 3' 2>"$work/inherited.err"
	is $? 3 "started with $options"
	terminate inherited 2>/dev/null
done

# ---- a wrapper among wrappers ------------------------------------------------

new_task outer
tend_command outer
timeout 60 "${command[@]}" -- nice timeout 60 sh -c 'exit 7' 2>"$work/outer.err"
is $? 7 "between other wrappers"

new_task russian
new_task doll
tend_command russian
russian=("${command[@]}")
tend_command doll
TEND_KILL_AFTER=10ms "${russian[@]}" -- "${command[@]}" -- sh -c '
	echo "$TEND_KILL_AFTER"; exit 8' >"$work/doll.out" 2>"$work/doll.err"
is $? 8 "a tend in a tend"
is "$(outcome_field russian reason) $(outcome_field doll reason)" \
	"exit status 8 exit status 8" "both report"
is "$(<"$work/doll.out")" "" \
	"the inner one is not changed by the outer one's variables"

# ---- what nobody should inherit or hold --------------------------------------

new_task hygiene
tend_command hygiene
mkdir "$work/volume"
(
	cd "$work/volume" || exit
	sh -c 'ls /proc/self/fd' 9>"$work/lock" >"$work/hygiene.without"
	exec 9>"$work/lock" "${command[@]}" -- sh -c '
		ls /proc/self/fd >"$work/hygiene.with"
		guard=$PPID
		tend=$(sed -n "s/^PPid:[[:space:]]*//p" "/proc/$guard/status")
		: >"$work/hygiene.up"
		until [ -e "$work/hygiene.go" ]; do sleep 0.02; done
		readlink "/proc/$guard/cwd" "/proc/$tend/cwd" \
			>"$work/hygiene.cwd"
		ls -l "/proc/$guard/fd" "/proc/$tend/fd" |
			grep -c "$work/lock" >"$work/hygiene.held"'
) 2>"$work/hygiene.err" &
pid=$!
lib_pids+=("$pid")
echo "$pid" >"$work/hygiene.pid"
wait_for there hygiene.up
: >"$work/hygiene.go"
ended hygiene
is "$(<"$work/hygiene.with")" "$(<"$work/hygiene.without")" \
	"the command has the descriptors that tend was started with"
is "$(tr '\n' ' ' <"$work/hygiene.cwd")" "/ / " \
	"neither tend nor its guard holds the working directory"
is "$(<"$work/hygiene.held")" 0 "nor a descriptor that is the command's"

done_testing
