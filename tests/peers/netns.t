#!/bin/bash
# SPDX-License-Identifier: MIT
# tend in a real network, made of namespaces: a link to a far host that can be
# cut without a word, addresses that nobody answers for, IPv6, and a resolver
# that is not there.  The kernel is the judge.
#
#	NETWORK_LONG=1 tests/peers/netns.t
#
# also waits for what takes the kernel and libcurl half a minute and more.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/peers/network.sh"
in_namespace "$@"
. "$top/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
need ip mount nsenter
[[ -x $swf_local ]] || skip_all "built without swf-local"

# ---- the far host ---------------------------------------------------------------

background unshare -n sleep 1000
far_pid=$pid
far() {
	nsenter -t "$far_pid" -n "$@"
}
is_apart() {
	[[ $(readlink "/proc/$far_pid/ns/net") != \
		"$(readlink /proc/self/ns/net)" ]]
}
wait_for is_apart || bail "no second namespace"
ip link add near type veth peer name far netns "$far_pid" ||
	skip_all "no link between namespaces"
ip address add 10.98.0.1/24 dev near
ip link set near up
far ip link set lo up
far ip address add 10.98.0.2/24 dev far
far ip link set far up
has_six=
if ip address add fd00:98::1/64 dev near nodad &&
	far ip address add fd00:98::2/64 dev far nodad
then
	has_six=yes
fi
# What goes to these addresses is swallowed there.
ip route add 10.97.0.0/16 via 10.98.0.2
far ip route add blackhole 10.97.0.0/16
ip route add unreachable 10.96.0.0/16

# cut: whatever the far host says is lost from now on.  mend: not any more.
cut() {
	far ip route add blackhole 10.98.0.1/32
	[[ -z $has_six ]] || far ip -6 route add blackhole fd00:98::1/128
}
mend() {
	far ip route del blackhole 10.98.0.1/32
	[[ -z $has_six ]] || far ip -6 route del blackhole fd00:98::1/128
}

background nsenter -t "$far_pid" -n "$swf_local" --listen "${has_six:+::}" \
	--port 0 --port-file "$work/port" >"$work/service.log" 2>&1
service_pid=$pid
wait_for test -s "$work/port" || bail "swf-local: $(<"$work/service.log")"
port=$(<"$work/port")
endpoint=http://10.98.0.2:$port
export TEND_ALLOW_PLAIN_HTTP=1 TEND_REGION=eu-west-1
answers() {
	swf ListDomains '{"registrationStatus":"REGISTERED"}' 2>/dev/null
}
wait_for answers || bail "the far host does not answer"

# said_by NAME ERE: waits for a line of its log.
said_by() {
	wait_for -t 40 contains "$work/$1.err" "$2" || diag "$(<"$work/$1.err")"
}

# run_at NAME URL: begins tend run on a task of 3 s, which cannot start.
run_at() {
	new_task "$1"
	{
		before=$(now_ms)
		"$tend" run --endpoint-url "$2" --no-sign-request -t 3s \
			--task "$work/$1.task" -- touch "$work/$1.ran" \
			>"$work/$1.out" 2>"$work/$1.err"
		echo "$? $(($(now_ms) - before))" >"$work/$1.end"
	} &
	lib_pids+=("$!")
}

# given_up NAME ERE: it was, in time, with this reason, and nothing started.
given_up() {
	local status took
	wait_for -t 20 test -s "$work/$1.end"
	read -r status took <"$work/$1.end"
	is "$status" 125 "$1: given up"
	like "$(<"$work/$1.err")" "$2" "$1: with the reason"
	ok "$1: in time ($took ms)" test "$took" -lt 12000
	not_ok "$1: nothing was started" test -e "$work/$1.ran"
}

# ---- nobody there ------------------------------------------------------------------

check --endpoint-url "$endpoint"
good "the far host answers"

run_at hole http://10.97.0.1:1
check --endpoint-url http://10.96.0.1:1
refused "no route" 'connection: 10\.96\.0\.1:1: cannot connect: No route to host: .*network'

# ---- a resolver that is not there ---------------------------------------------------

echo 'nameserver 10.97.0.53' >"$work/resolv.conf"
echo 'hosts: files dns' >"$work/nsswitch.conf"
if mount --bind "$work/resolv.conf" /etc/resolv.conf &&
	mount --bind "$work/nsswitch.conf" /etc/nsswitch.conf
then
	run_at nameless "http://swf.example:$port"
	given_up nameless 'swf\.example:[0-9]+: (name not resolved within 0\.[0-9] s|4 name look-ups hang: check this host.s DNS)'
else
	skip "no resolver to be replaced" "a resolver that is not there"
fi
given_up hole '10\.97\.0\.1:1: no connection within 0\.[0-9] s'
names 10.98.0.2 swf.test
check --endpoint-url "http://swf.test:$port"
good "a name of the hosts file all the same"

# ---- IPv6 ---------------------------------------------------------------------------

if [[ -n $has_six ]]; then
	check --endpoint-url "http://[fd00:98::2]:$port"
	good "over IPv6" "endpoint +http://\[fd00:98::2\]:$port/"
	# Half the world has an IPv6 route that leads nowhere.
	ip route add fd00:97::/64 via fd00:98::2
	far ip route add blackhole fd00:97::/64
	names fd00:97::1 both.test 10.98.0.2 both.test
	check --endpoint-url "http://both.test:$port"
	good "by IPv4 where IPv6 leads nowhere"
	ok "before long ($(sed -n 's/.*answered in //p' "$work/check"))" \
		contains "$work/check" 'answered in [0-9]{1,3} ms'
else
	skip "no IPv6 here" "over IPv6"
fi

# begun: waits for the command, and so for the first heartbeat.
begun() {
	wait_for test -e "$work/begun"
	rm -f "$work/begun"
}

# ---- a link that is cut ---------------------------------------------------------------

# begin NAME TIMEOUT COMMAND: a task whose first heartbeat has been accepted.
begin() {
	new_task "$1" heartbeat="${2%s}"
	tend_start "$1" -t "$2" -i "${4-500ms}" -k 500ms -- \
		sh -c ": >'$work/$1.begun'; $3"
	wait_for test -e "$work/$1.begun"
}

begin back 12s 'while ! test -e "$work/end"; do sleep 0.05; done; echo result'
begin report 12s 'while ! test -e "$work/go"; do sleep 0.05; done; echo result'
begin lost 3s 'echo $$ >"$work/lost.sh"; exec sleep 1000'
wait_for test -s "$work/lost.sh"
cut
since=$(now_ms)
: >"$work/go"
wait_for gone "$(<"$work/lost.sh")"
took=$(($(now_ms) - since))
ok "a link that is cut costs a short lease ($took ms)" test "$took" -lt 3000
tend_wait lost
is "$status" 123 "the task is lost"
said_by back 'heartbeat failed: 10\.98\.0\.2:[0-9]+: no (answer|connection) within [0-9.]+ s' &&
	pass "a heartbeat is given up"
said_by report 'report failed: 10\.98\.0\.2:[0-9]+: no connection within' &&
	pass "so is an outcome"
mend
said_by back 'heartbeat accepted again' && pass "mended, it is heard again"
: >"$work/end"
for name in back report; do
	tend_wait $name
	is "$status $(outcome $name) $(outcome_field $name result)" \
		"0 ActivityTaskCompleted result" "and $name has lost nothing"
done
closed_now() {
	[[ $(outcome lost) == ActivityTaskTimedOut ]]
}
wait_for closed_now && pass "the other task has timed out at the service"

# ---- what takes its time -----------------------------------------------------------------

if [[ -n ${NETWORK_LONG-} ]]; then
	"$tend" worker --endpoint-url "$endpoint" --no-sign-request \
		--domain test --task-list idle -- true \
		>"$work/idle.out" 2>"$work/idle.err" &
	worker=$!
	lib_pids+=("$worker")
	wait_for contains "$work/service.log" 'PollForActivityTask|polling' ||
		sleep 2
	sleep 2
	cut
	since=$(now_ms)
	said_by idle 'poll failed'
	took=$(($(now_ms) - since))
	diag "$(<"$work/idle.err")"
	ok "a poll on a link that is cut is given up within 30 s ($took ms)" \
		test "$took" -le 30500
	mend
	said_by idle 'polls are answered again|poll' && pass "and polled again"
	lib_end "$worker"

	# The name moves to another address; the first one goes.
	far ip address add 10.98.0.3/32 dev far
	names 10.98.0.2 moving.test
	rm -f "$work/end"
	endpoint=http://moving.test:$port begin moving 300s \
		'while ! test -e "$work/end"; do sleep 0.05; done' 2s
	endpoint=http://10.98.0.3:$port
	names 10.98.0.3 moving.test
	far ip address del 10.98.0.2/24 dev far
	far ip route add 10.98.0.1/32 dev far
	since=$(now_ms)
	said_by moving 'heartbeat failed'
	wait_for -t 90 contains "$work/moving.err" 'accepted again'
	took=$(($(now_ms) - since))
	diag "$(<"$work/moving.err")"
	ok "a name that moves is followed ($took ms)" test "$took" -le 75000
	: >"$work/end"
	tend_wait moving
	is "$status" 0 "and the task is completed there"
else
	skip "NETWORK_LONG is not set" "what takes half a minute and more"
fi

done_testing
