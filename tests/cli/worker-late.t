#!/bin/bash
# SPDX-License-Identifier: MIT
# The answer to a poll that is long under way: by the time it comes, SWF may
# have given the task to somebody else, and nothing of it may be started here.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
service_start --hold 1s
direct=$endpoint

# through SECONDS: the worker's service is behind something that holds tasks
# back for so long.
through() {
	rm -f "$work/late.port"
	background /usr/bin/python3 "$top/tests/cli/peer.py" "$work" \
		"backend=${direct##*:}" "hold=$1" late
	wait_for test -s "$work/late.port" || bail "no peer"
	endpoint=http://127.0.0.1:$(<"$work/late.port")
}
asked_first() {
	contains "$work/$1.err" 'SWF gave the task away .* waits for the first'
}

through 3
schedule slow 1 heartbeat=60
worker slow --max-tasks 1 -- sh -c 'echo done'
endpoint=$direct
is "$status $(kinds slow)" "0 1 ActivityTaskCompleted" \
	"a task that comes late, but in time, is done"
ok "after SWF was asked" asked_first slow

through 5
schedule late 1 heartbeat=3
worker_start late -t 3s --max-tasks 1 -- touch "$work/started"
worker_ended late
endpoint=$direct
ok "a task that has timed out on the way: SWF is asked" asked_first late
ok "nothing is started" test ! -e "$work/started"
is "$(kinds late)" "1 ActivityTaskTimedOut" "and nothing reported"
is "$(all_reports)" 1 "but for the other one"

# Somebody sets the clock back meanwhile.  The library may not get along with
# a sanitizer.
library=$build/tests/tools/clocks.so
export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
head -c 16 /dev/zero >"$work/clocks"
cat >"$work/tend-set" <<-END
	#!/bin/sh
	exec env LD_PRELOAD='$library' CLOCKS='$work/clocks' '$tend' "\$@"
END
chmod +x "$work/tend-set"
if [[ $("$work/tend-set" --version 2>&1) == tend\ * ]]; then
	through 3
	schedule set 1 heartbeat=60
	tend=$work/tend-set worker_start set -t 60s --max-tasks 1 -- true
	endpoint=$direct wait_for started_reach set 1
	# An hour, in nanoseconds of 64 bits.
	printf '\0\x60\x47\xcf\xb9\xfc\xff\xff' |
		dd of="$work/clocks" conv=notrunc status=none
	worker_ended set
	endpoint=$direct
	is "$status $(kinds set)" "0 1 ActivityTaskCompleted" \
		"a task that comes late while the clock is set back"
	ok "SWF is asked" asked_first set
else
	skip "no library can be preloaded" "a clock that is set"
fi

# A service that is asked directly answers at once.
schedule quick 1
worker quick --max-tasks 1 -- true
is "$status $(kinds quick)" "0 1 ActivityTaskCompleted" "one that comes soon"
ok "is not asked about" eval '! asked_first quick'

done_testing
