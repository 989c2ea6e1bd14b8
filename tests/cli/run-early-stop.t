#!/bin/bash
# SPDX-License-Identifier: MIT
# A signal that comes before, while or just after the command is started is
# not lost, and nothing is left running.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start
spawns=40

# stop_early NAME PAUSE: TERM as soon as tend can take it, or a moment later;
# sets $status.
stop_early() {
	local i
	supervise_start "$1" -t 60s -- sh -c '
		: >"$work/'"$1"'.ran"; exec sleep 1000'
	for ((i = 0; i < 100000; i++)); do
		blocks_term "$pid" && break
		gone "$pid" && break
	done
	[[ $2 == 0 ]] || sleep "$2"
	kill -TERM "$pid"
	ended "$1"
}

new_tasks early "$spawns"
wrong=()
for ((i = 1; i <= spawns; i++)); do
	# From at once to some time after the command was started.
	pause=0
	((i % 2 == 0)) && pause=0.0$((i / 2 + 10))
	stop_early "early.$i" "$pause"
	[[ $status == 143 ]] || wrong+=("$i: $status")
	nobody_left "early.$i" || wrong+=("$i: $(survivors "early.$i")")
done
is "${wrong[*]}" "" \
	"TERM at any moment from the start: always 143, nobody left"
is "$(many_outcomes early | grep -c \
	'ActivityTaskFailed stopped: tend received SIGTERM$')" "$spawns" \
	"and SWF is told each time"

ran=$(find "$work" -name 'early.*.ran' | wc -l)
diag "$ran of $spawns were started before TERM came"

done_testing
