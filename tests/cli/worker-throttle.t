#!/bin/bash
# SPDX-License-Identifier: MIT
# Heartbeats of many slots where SWF takes fewer than they want together.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
. "$top/tests/cli/worker.sh"
[[ -x /usr/bin/python3 ]] || skip_all "no python3"
service_start --hold 300ms
lib_register

# 40 leases of 12 s want a heartbeat every 4 s each, 10 a second; stretched as
# far as a second try allows they need 7.
slots=40
quota=8
/usr/bin/python3 "$top/tests/cli/peer.py" "$work" "backend=$(<"$work/port")" \
	"rate=$quota" quota &
lib_pids+=("$!")
wait_for test -s "$work/quota.port"
quota_count() {
	grep -c "$1" "$work/quota.log"
}

pulse_start
schedule short "$slots" heartbeat=12
"$tend" worker --endpoint-url "http://127.0.0.1:$(<"$work/quota.port")" \
	--no-sign-request --domain test --task-list work-short \
	--slots "$slots" --max-tasks "$slots" --max-polls "$slots" \
	-t 12s -k 200ms --output none -- sleep 16 \
	>"$work/short.out" 2>"$work/short.err"
is "$?" 0 "$quota heartbeats a second for $slots slots that want 10: it ends"
# While nothing is sent the quota lets go what the leases lack afterwards: a
# second of that may cost one.
ended=$(kinds short)
if [[ $ended == *TimedOut* ]] && (($(stood_still) > 500)); then
	skip "the machine stood still for $(stood_still) ms" \
		"and no lease was lost"
else
	is "$ended" "$slots ActivityTaskCompleted" "and no lease was lost"
fi
# Each by itself, they are throttled twice as often as they are heard.
taken=$(quota_count taken)
in_vain=$(quota_count throttled)
ok "few ask in vain ($taken were taken, $in_vain throttled)" \
	test "$in_vain" -le $((taken / 2))

done_testing
