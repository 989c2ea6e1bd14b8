# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For the tests of "tend worker --listen": source it after worker.sh.
#
#	worker_start copy --listen 127.0.0.1:0 -- true
#	watch copy
#	ask /metrics
#	is "$code" 200 "it answers"
#	wait_for number_is tend_slots 1
#	wait_for health 200 '^ok: '

# can_listen: ends a test of a tend that was built without --listen.
can_listen() {
	worker can_listen --listen 127.0.0.1:0 -t none --idle-exit 1ms -- true
	if grep -q "built without it" "$work/can_listen.err"; then
		is "$status" 125 "without it, --listen is a misuse"
		is "$(wc -l <"$work/can_listen.err")" 1 "that one line explains"
		is "$(polls)" 0 "and nothing is polled"
		done_testing
	fi
}

# watch NAME: from here on the worker NAME is asked.
watch() {
	wait_for contains "$work/$1.err" 'listening on' ||
		bail "$1: $(<"$work/$1.err")"
	asked=$(sed -n 's/.*listening on \(.*\)/\1/p' "$work/$1.err")
}
# ask PATH [ARG]...: sets $code, $body and, with its names in small letters,
# $head.
ask() {
	code=$(curl -sS --max-time 20 -o "$work/body" -D "$work/head" \
		-w '%{http_code}' "${@:2}" "http://$asked$1")
	body=$(<"$work/body")
	head=$(tr -d '\r' <"$work/head")
}
# number SAMPLE: of a scrape.
number() {
	curl -sS --max-time 20 "http://$asked/metrics" |
		awk -v name="$1" '$1 == name { print $2 }'
}
number_is() {
	[[ $(number "$1") == "$2" ]]
}
number_reaches() {
	(($(number "$1") >= $2))
}
# health CODE ERE: whether that is what it says.
health() {
	ask /healthz
	[[ $code == "$1" && $body =~ $2 ]]
}

# drop: ends the worker, and what runs under it, at once.
drop() {
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
}
