#!/bin/bash
# SPDX-License-Identifier: MIT
# The health of a worker: when it is well, and what it says when it is not.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
. "$top/tests/cli/listen.sh"
service_start --hold 300ms --state "$work/state"
lib_register
can_listen
quick=(-t 60s -i 200ms --listen 127.0.0.1:0)

# service_again: the same service, which knows what it knew.
service_again() {
	service_start --port "${endpoint##*:}" --hold 300ms \
		--state "$work/state"
	: >"$work/registered"
}

# ---- failures that pass ------------------------------------------------------

schedule passing 1
inject PollForActivityTask throttle count=2
TEND_LISTEN=:0 worker_start passing -t 60s -i 200ms -- sh -c '
	: >"$work/passing.up"; exec sleep 1000'
watch passing
like "$asked" '^:[0-9]+$' "TEND_LISTEN, on all addresses"
asked=127.0.0.1$asked
wait_for there passing.up
is "$(number 'tend_polls_total{outcome="throttled"}')" 2 "throttled polls"
is "$(number 'tend_throttles_total{call="poll"}')" 2 "are throttles"
is "$(number 'tend_retries_total{call="poll"}')" 2 "and are repeated"
ask /healthz
is "$code" 200 "which does not make it ill"
heal
inject "$heartbeat" throttle count=1
ok "a throttled heartbeat" wait_for number_is \
	'tend_throttles_total{call="heartbeat"}' 1
ok "is repeated" wait_for number_is 'tend_retries_total{call="heartbeat"}' 1
is "$(number 'tend_heartbeats_total{outcome="throttled"}')" 1 \
	"and counted as such"
ask /healthz
is "$code" 200 "which does not make it ill either"

# ---- failures that do not ----------------------------------------------------

heal
inject "$heartbeat" error500
ok "heartbeats fail: 503" wait_for health 503 \
	'^heartbeats fail, [0-9]+ in a row for [0-9]+s: InternalFailure'
is "$(number tend_healthy)" 0 "the numbers say so, too"
heal
ok "until one is accepted" wait_for health 200 '^ok: 1 of 1 slot in use$'
is "$(number tend_healthy)" 1 "the numbers say so"

# All slots in use, nothing is polled: what was answered last counts.
service_stop
ok "the service is gone: 503" wait_for health 503 \
	'^heartbeats fail, [0-9]+ in a row .*127.0.0.1'
ask /livez
is "$code" 200 "but the worker lives"
service_again
ok "and comes back: 200" wait_for health 200 '^ok: 1 of 1 slot'
drop

worker_start gone "${quick[@]}" --slots 2 -- true
watch gone
wait_for polls_wait 2
service_stop
ok "no task in hand, the service is gone: 503" wait_for health 503 \
	'^polls fail, [0-9]+ in a row for [0-9]+s: .*127.0.0.1'
service_again
ok "and comes back: 200" wait_for health 200 '^ok: 0 of 2 slots'
ok "polls go on" wait_for number_reaches \
	'tend_polls_total{outcome="empty"}' 1
inject PollForActivityTask error LimitExceededFault
ok "LimitExceededFault" wait_for number_reaches \
	'tend_polls_total{outcome="limited"}' 1
ask /healthz
is "$code" 200 "is no illness"
heal
drop

schedule broken 5
worker_start broken "${quick[@]}" -- /no/such/command
watch broken
ok "commands that cannot be executed: 503" wait_for health 503 \
	'^commands cannot be executed, and polling pauses$'
drop

inject RegisterActivityType error InternalFailure
worker_start types "${quick[@]}" --register step:1 -- true
watch types
ok "types are being registered: 503" health 503 \
	'^activity types are being registered$'
heal
ok "and 200 when they are" wait_for health 200 '^ok: 0 of 1 slot in use$'
drop

schedule drain 1
worker_start drain "${quick[@]}" --slots 2 -- sh -c '
	: >"$work/drain.up"; until [ -e "$work/drain.go" ]; do sleep 0.02; done'
watch drain
wait_for there drain.up
kill -TERM "$pid"
ok "a drain is no illness" wait_for health 200 \
	'^draining: 1 task in hand, 0 polls to return$'
is "$(number tend_draining)" 1 "and the numbers say so"
: >"$work/drain.go"
worker_ended drain
is "$status $(kinds drain)" "0 1 ActivityTaskCompleted" \
	"it ends with somebody who watches"

done_testing
