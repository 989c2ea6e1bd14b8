#!/bin/bash
# SPDX-License-Identifier: MIT
# What a worker tells the service manager that started it.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
[[ -x /usr/bin/python3 ]] || skip_all "no python3"
service_start --hold 300ms
lib_register
quick=(-t 60s -i 10s)

# managed NAME [ARG]...: a worker with a manager, whom it tells $work/NAME.told.
managed() {
	background /usr/bin/python3 "$top/tests/cli/manager.py" \
		"$work/$1.socket" "$work/$1.told"
	wait_for test -S "$work/$1.socket"
	NOTIFY_SOCKET=$work/$1.socket worker_start "$@"
}
told() {
	contains "$work/$1.told" "$2"
}
# told_count NAME LINE: how often.
told_count() {
	grep -cxe "$2" "$work/$1.told"
}
told_more() {
	(($(told_count "$1" "$2") > $3))
}
# order NAME: what it was told, each once, without the status.
order() {
	grep -o -e 'READY=1' -e 'STOPPING=1' "$work/$1.told" | tr '\n' ' '
}

# ---- a life ------------------------------------------------------------------

schedule life 2
WATCHDOG_USEC=400000 managed life "${quick[@]}" --slots 3 -- sh -c '
	env >"$work/$SWF_ACTIVITY_ID.env"
	until [ -e "$work/life.go" ]; do sleep 0.02; done'
wait_for there life.told
is "$(head -n 1 "$work/life.told")" "READY=1|STATUS=0 of 3 slots in use" \
	"a worker that polls is ready"
ok "slots in use are told" wait_for told life '^STATUS=2 of 3 slots in use$'
is "$(grep -hE '^(NOTIFY_|WATCHDOG_)' "$work/life.1.env")" "" \
	"a command does not hear of the manager"

count=$(told_count life WATCHDOG=1)
before=$(now_ms)
ok "the watchdog is told" wait_for told_more life WATCHDOG=1 "$((count + 3))"
took=$(($(now_ms) - before))
ok "at half of its time ($took ms for 4)" \
	test "$took" -ge 550 -a "$took" -le 2000
kill -STOP "$pid"
wait_for is_stopped "$pid"
count=$(told_count life WATCHDOG=1)
sleep 0.7
# One may have been on its way.
ok "but not while the worker is stuck" \
	test "$(told_count life WATCHDOG=1)" -le $((count + 1))
kill -CONT "$pid"
not_ok "and nobody was told of a stop" told life STOPPING

kill -TERM "$pid"
ok "TERM: it stops" wait_for told life '^STOPPING=1$'
count=$(told_count life WATCHDOG=1)
ok "the watchdog is told during a drain" \
	wait_for told_more life WATCHDOG=1 "$count"
kill -TERM "$pid"
wait_for took_signals "$pid"
: >"$work/life.go"
worker_ended life
is "$status" 0 "and the worker ends"
is "$(order life)" "READY=1 STOPPING=1 " "both were told once, in this order"

# ---- not ready ---------------------------------------------------------------

schedule types 1
inject RegisterActivityType error InternalFailure
managed types "${quick[@]}" --register step:1 --max-tasks 1 -- sleep 0.4
wait_for called RegisterActivityType
not_ok "while types are being registered it is not ready" told types READY
heal
worker_ended types
is "$(order types)" "READY=1 " "then it is; an end by itself is no stop"
not_ok "without WATCHDOG_USEC no watchdog is told" told types WATCHDOG

# ---- no manager --------------------------------------------------------------

schedule none 1
NOTIFY_SOCKET=$work/none.socket worker none "${quick[@]}" --max-tasks 1 -- true
is "$status $(kinds none)" "0 1 ActivityTaskCompleted" \
	"a manager that is not there is not needed"
like "$(<"$work/none.err")" "NOTIFY_SOCKET" "but the log says so"

done_testing
