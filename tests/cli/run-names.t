#!/bin/bash
# SPDX-License-Identifier: MIT
# Hosts by name, and other hosts: in a network of its own, from which nothing
# can leave this machine.  A name that does not resolve, a name server that
# does not answer, plain http that was allowed.

if [[ -z ${TEND_TEST_NETWORK-} ]]; then
	if ! unshare --user --map-root-user --net true 2>/dev/null; then
		echo "1..0 # SKIP this machine lets nobody make a network"
		exit 0
	elif ! command -v ip >/dev/null; then
		echo "1..0 # SKIP iproute2 is not installed"
		exit 0
	fi
	export TEND_TEST_NETWORK=1
	exec unshare --user --map-root-user --net bash "$0"
fi
unset TEND_TEST_NETWORK

. "${TEND_SOURCE:?}/tests/cli/run.sh"
[[ -n $python ]] || skip_all "python3 is not installed"

started=$work/started
ip link set lo up || skip_all "no loopback in a network of its own"

# tries NAME [OPTION]...: runs until tend gives up; $took is in ms.
tries() {
	local begun
	begun=$(now_ms)
	"$tend" run --no-sign-request --region us-east-1 --task-token x \
		-t 3s "$@" -- touch "$started" >"$work/out" 2>"$work/err"
	status=$?
	took=$(($(now_ms) - begun))
}

# ---- a name that does not resolve --------------------------------------------

tries --endpoint-url https://swf.invalid
is "$status" 125 "a name that does not resolve"
like "$(<"$work/err")" \
	'swf\.invalid: name (does not resolve|not resolved).*(--endpoint-url|$)' \
	"is named"
ok "nothing was started" test ! -e "$started"

# ---- a name server that does not answer --------------------------------------

server=$(awk '$1 == "nameserver" && $2 ~ /^[0-9.]+$/ && $2 !~ /^127/ {
	print $2; exit }' /etc/resolv.conf)
if [[ -n $server ]] && ip address add "$server/32" dev lo; then
	background "$python" "$top/tests/cli/peer.py" "$work" \
		address="$server" dns
	wait_for test -s "$work/dns.port" || bail "no name server"
	tries --endpoint-url https://swf.invalid
	is "$status" 125 "a name server that does not answer"
	like "$(<"$work/err")" 'name not resolved within' \
		"is named"
	ok "and does not hold tend up (took $took ms)" test "$took" -lt 5000
	ok "nothing was started" test ! -e "$started"
else
	skip "resolv.conf has no server to stand in for" \
		"a name server that does not answer"
fi

# ---- plain http to another host ----------------------------------------------

ip address add 192.0.2.1/32 dev lo || bail "no second address"
background "$python" "$top/tests/cli/peer.py" "$work" address=192.0.2.1 swf
wait_for test -s "$work/swf.port" || bail "no peer"
url=http://192.0.2.1:$(<"$work/swf.port")

tries --endpoint-url "$url"
is "$status" 125 "plain http to another host is refused"
ok "nothing was started" test ! -e "$started"
tries --endpoint-url "$url" --allow-plain-http
is "$status" 0 "and taken with --allow-plain-http" ||
	diag "$(<"$work/err")"
ok "the command ran" test -e "$started"
rm -f "$started"
TEND_ALLOW_PLAIN_HTTP=1 tries --endpoint-url "$url"
is "$status" 0 "or with its variable"
TEND_ALLOW_PLAIN_HTTP=0 tries --endpoint-url "$url"
is "$status" 125 "which may be 0"

mkdir "$work/here"
background "$python" "$top/tests/cli/peer.py" "$work/here" swf
wait_for test -s "$work/here/swf.port" || bail "no peer"
tries --endpoint-url "http://localhost:$(<"$work/here/swf.port")"
is "$status" 0 "plain http to localhost needs no leave"

done_testing
