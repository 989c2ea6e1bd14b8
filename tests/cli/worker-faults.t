#!/bin/bash
# SPDX-License-Identifier: MIT
# A worker short of what it needs: polls that are throttled or not answered,
# credentials that expire, memory, processes, and commands that cannot be
# executed for a while.  It backs off, loses no task, and comes back.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 300ms
lib_register
quick=(-t 60s -i 100ms)

# failing_polls: how many were refused.
failing_polls() {
	count_calls PollForActivityTask '.outcome != "ok"'
}

# ---- polls -------------------------------------------------------------------

# Whatever becomes of polls, what runs goes on.  The hour is in the unit tests.
schedule poor 1
worker_start poor "${quick[@]}" --slots 8 -- sh -c '
	: >"$work/$SWF_ACTIVITY_ID.up"
	until [ -e "$work/poor.go" ]; do sleep 0.02; done'
wait_for there poor.1.up
forget_calls
inject PollForActivityTask throttle
wait_for contains "$work/poor.err" "poll failed again"
wait_for called -n 12 "$heartbeat"
# 250, 500, 1000 ms: 3 in the first second, and half of each is chance.  Eight
# may have been on their way.
since=$(calls PollForActivityTask '.outcome != "ok"' |
	jq -s 'map(.arrived) | (max - min) / 1000')
ok "throttled polls come at longer and longer intervals ($(failing_polls) in $since s)" \
	test "$(failing_polls)" -le 16
is "$(count_calls "$heartbeat" '.outcome != "ok"')" 0 "what runs is not disturbed"
heal
schedule rich 2 list=poor
: >"$work/poor.go"
wait_for all_closed rich 2
is "$(kinds poor) $(kinds rich)" \
	"1 ActivityTaskCompleted 2 ActivityTaskCompleted" \
	"and when polls are answered again no task was lost"
like "$(<"$work/poor.err")" "polls are answered again" "the log says so"
lib_end "$pid"

# Nobody has ever put anything on that list: SWF knows no such error.
worker_start nolist "${quick[@]}" --task-list no-such-list -- true
before=$(polls)
wait_for polls_reach $((before + 2))
ok "a list that nobody uses is polled" test -d "/proc/$pid"
is "$(grep -Ec "warning|error" "$work/nolist.err")" 0 "and that is no error"
lib_end "$pid"

# Of a session that has just been renewed by others.
inject PollForActivityTask error ExpiredTokenException after=1 count=1
inject "$heartbeat" error ExpiredTokenException count=1
before=$(failing_polls)
worker_start expired "${quick[@]}" --max-tasks 1 -- sh -c '
	until [ -e "$work/expired.go" ]; do sleep 0.02; done'
poll_refused() {
	(($(failing_polls) > before))
}
wait_for poll_refused
schedule expired 1
wait_for beaten expired.1 3
: >"$work/expired.go"
worker_ended expired
is "$status $(kinds expired)" "0 1 ActivityTaskCompleted" \
	"credentials that expire once, on a poll and on a heartbeat"
heal

# ---- the input ---------------------------------------------------------------

# SWF counts characters, of four bytes perhaps: twice what swf-local takes.
if [[ -x /usr/bin/python3 ]]; then
	/usr/bin/python3 "$top/tests/cli/peer.py" "$work" largest &
	lib_pids+=("$!")
	wait_for test -s "$work/largest.port"
	for how in stdin file; do
		"$tend" worker --no-sign-request --domain d --task-list l \
			--endpoint-url "http://127.0.0.1:$(<"$work/largest.port")" \
			-t 60s -i 1s --max-tasks 1 --input "$how" -- sh -c '
			cat ${SWF_INPUT_FILE+"$SWF_INPUT_FILE"} | md5sum' \
			>"$work/input.out" 2>"$work/input.err"
		is "$? $(cat "$work/input.out")" \
			"0 $(printf '\U1F600%.0s' {1..32768} | md5sum)" \
			"input of 32,768 characters of four bytes, by $how"
	done
else
	skip "no python3" "the largest input"
fi

# ---- commands that cannot be executed ----------------------------------------

schedule broken 5
forget_calls
worker_start broken "${quick[@]}" --slots 2 -- "$work/tool"
wait_for all_closed broken 5
is "$(reasons broken)" \
	"cannot execute $work/tool: No such file or directory" \
	"a command that cannot be executed: failed, with the reason"
printf '#!/bin/sh\necho mended\n' >"$work/tool"
chmod +x "$work/tool"
# One poll may have been on its way.
paused() {
	calls PollForActivityTask | jq -s 'map(.arrived) | sort |
		[.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | max | round'
}
schedule mended 6 list=broken
wait_for all_closed mended 6
ok "after five in a row polling pauses ($(paused) ms)" \
	test "$(paused)" -ge 950
is "$(kinds mended)" "6 ActivityTaskCompleted" \
	"when it can be executed the others are run"
rm "$work/tool"
# Five in a row: one that can be executed begins the count anew.
schedule rebroken 5 list=broken
wait_for all_closed rebroken 5
is "$(kinds rebroken)" "5 ActivityTaskFailed" "the count begins anew"
lib_end "$pid"

# ---- processes ---------------------------------------------------------------

# Root may have as many as it likes: the worker is somebody else, of whom
# nothing else runs.
uid=$((200000 + $$))
worker_is_alone() {
	(($(ps -o pid= -U "$uid" | wc -l) == 1))
}
if setpriv --reuid "$uid" --regid "$uid" --clear-groups "$tend" --version \
	>"$work/as.out" 2>&1
then
	# The worker; guard and command of one slot; not those of two.
	schedule crowd 2
	MARK=$work/crowd setpriv --reuid "$uid" --regid "$uid" --clear-groups \
		env HOME=/ prlimit --nproc=4:4 "$tend" worker --endpoint-url "$endpoint" \
		--no-sign-request --domain test --task-list work-crowd \
		--slots 2 "${quick[@]}" --max-tasks 3 -- sleep 1 \
		>"$work/crowd.out" 2>"$work/crowd.err" &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/crowd.pid"
	wait_for all_closed crowd 2
	wait_for worker_is_alone
	schedule after 1 list=crowd
	worker_ended crowd
	is "$status" 0 "too few processes: the worker goes on"
	is "$(closed_count crowd)" 2 "no task is left open"
	like "$(reasons crowd)" "Resource temporarily unavailable" \
		"what could not be started says why"
	is "$(kinds after)" "1 ActivityTaskCompleted" \
		"and one that comes when there are enough is run"
	is "$(grep -c "the count of" "$work/crowd.err")" 0 "no other trouble"
else
	skip "nobody else can be: $(<"$work/as.out")" "too few processes"
fi

# ---- memory ------------------------------------------------------------------

# A cgroup of ours with little memory, where one can be made; either version.
cgroup=
for root in /sys/fs/cgroup /sys/fs/cgroup/memory; do
	[[ -z $cgroup && -e $root/cgroup.procs ]] || continue
	mkdir "$root/tend-test-$$" 2>/dev/null || continue
	cgroup=$root/tend-test-$$
	for file in memory.max memory.limit_in_bytes; do
		[[ -e $cgroup/$file ]] && echo 64M >"$cgroup/$file" && continue 2
	done
	rmdir "$cgroup"
	cgroup=
done
cgroup_cleanup() {
	[[ $BASHPID == "$$" ]] || return
	if [[ -n $cgroup ]]; then
		while read -r one; do
			kill -KILL "$one"
		done <"$cgroup/cgroup.procs"
		wait_for -t 5 rmdir "$cgroup"
	fi
	watch_cleanup
}
trap cgroup_cleanup EXIT

if [[ -n $cgroup ]]; then
	schedule small 2
	schedule hungry 1 list=small
	(
		# On a busy machine one is not gone before the next is chosen.
		echo -1000 >/proc/self/oom_score_adj
		echo "$BASHPID" >"$cgroup/cgroup.procs"
		MARK=$work/small exec "$tend" worker --endpoint-url "$endpoint" \
			--no-sign-request --domain test --task-list work-small \
			--slots 4 "${quick[@]}" --max-tasks 4 -- bash -c '
			: >"$work/$SWF_ACTIVITY_ID.up"
			case $SWF_ACTIVITY_ID in
			hungry.*) echo 1000 >/proc/self/oom_score_adj
				exec tail /dev/zero ;;
			shot.*) kill -KILL $$ ;;
			esac
			until [ -e small.go ]; do sleep 0.02; done' \
			>"$work/small.out" 2>"$work/small.err"
	) &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/small.pid"
	wait_for there small.1.up small.2.up
	wait_for all_closed hungry 1
	like "$(reasons hungry)" "^killed by SIGKILL .*want of memory" \
		"a command that the kernel killed for want of memory says so"
	schedule shot 1 list=small
	wait_for all_closed shot 1
	is "$(reasons shot)" "killed by SIGKILL" \
		"one that is killed by somebody else after that does not"
	is "$(kinds small)" "" "the others go on"
	: >"$work/small.go"
	wait_for all_closed small 2
	is "$(kinds small)" "2 ActivityTaskCompleted" "to their ends"
	worker_ended small
	is "$status" 0 "and the worker, too"
else
	skip "no cgroup with a memory limit can be made here" "want of memory"
fi

# ---- connections that are dead, and nobody says so ---------------------------

# As when a firewall has forgotten them: new ones are good.  Of those that were
# left by polls and reports there are more than a lease has attempts.
direct=$endpoint
background /usr/bin/python3 "$top/tests/cli/peer.py" "$work" \
	"backend=${direct##*:}" hole
wait_for test -s "$work/hole.port" || bail "no peer"
schedule hole 6 heartbeat=6
endpoint=http://127.0.0.1:$(<"$work/hole.port")
worker_start hole -t 6s -i 500ms --max-tasks 6 -- sh -c '
	[ "$SWF_ACTIVITY_ID" = hole.6 ] || exit 0
	: >"$work/hole.up"; until [ -e "$work/hole.go" ]; do sleep 0.02; done'
endpoint=$direct
wait_for there hole.up
: >"$work/hole.dug"
forget_calls
ok "after an attempt without an answer one on a new connection" \
	wait_for called "$heartbeat" '.outcome == "ok"'
: >"$work/hole.go"
worker_ended hole
is "$status $(kinds hole)" "0 6 ActivityTaskCompleted" \
	"and a task does not lose its lease by that"

done_testing
