#!/bin/bash
# SPDX-License-Identifier: MIT
# tend through tinyproxy, in a network of its own: CONNECT and what is said of
# a proxy that refuses it, wants a password, is not there or does not answer;
# no_proxy; and which of the variables counts.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/peers/network.sh"
in_namespace "$@"
. "$top/tests/cli/lib.sh"
need stunnel4 openssl tinyproxy ip mount
ip address add 10.99.0.1/32 dev lo || skip_all "no address can be added"
names 10.99.0.1 swf.test 10.99.0.1 proxy.test 10.99.0.1 other.test
printf '[key]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = s\n' \
	>"$work/keys"

service_start --listen 0.0.0.0 --verify-signatures "$work/keys"
plain_port=$(<"$work/port")

ca_make ca
certificate swf ca DNS:swf.test,DNS:proxy.test
tls_fixed=443 tls swf 10.99.0.1
tls_certificate=swf
tls_fixed=8443 tls swf2 10.99.0.1
tls_fixed=3130 tls proxy 10.99.0.1
sed -i "/^\[proxy\]/,\$s/^connect = .*/connect = 127.0.0.1:3128/" \
	"$work/stunnel.services"
tls_start

# proxy_start NAME PORT [LINE]...: a tinyproxy; its log is in $work/NAME.log.
proxy_start() {
	local name=$1 port=$2
	shift 2
	printf '%s\n' "Port $port" 'Listen 0.0.0.0' 'Timeout 60' \
		"LogFile \"$work/$name.log\"" 'LogLevel Connect' \
		'MaxClients 20' "$@" >"$work/$name.conf"
	background tinyproxy -d -c "$work/$name.conf"
	printf -v "${name}_pid" %s "$pid"
	wait_for listening "$port" || bail "no proxy $name"
}

listening() {
	(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# seen NAME: how many requests the proxy has had for the service.
seen() {
	grep -c 'Request .*\(swf\|other\)\.test' "$work/$1.log"
}

proxy_start open 3128 'ConnectPort 443'
proxy_start locked 3129 'ConnectPort 443' 'BasicAuth user pass'

export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=s
export AWS_CA_BUNDLE=$work/ca.pem

# ask [VARIABLE=VALUE]... [-- WORD...]: tend check, signed, with these.
ask() {
	local set=()
	while (($# > 0)) && [[ $1 != -- ]]; do
		set+=("$1")
		shift
	done
	(($# == 0)) || shift
	env "${set[@]}" "$tend" check --region eu-west-1 \
		--endpoint-url "${url-https://swf.test}" "$@" \
		>"$work/check" 2>&1
	status=$?
	report=$(<"$work/check")
}

# through NAME PROXY [VARIABLE=VALUE]...: it goes by that proxy.
through() {
	local name=$1 proxy=$2 before
	shift 2
	before=$(seen "$proxy")
	ask "$@"
	good "$name"
	is "$(($(seen "$proxy") - before))" 1 "by the proxy"
}

# around NAME [VARIABLE=VALUE]...: it goes by none.
around() {
	local name=$1 before
	shift
	before=$(seen open)
	ask "$@"
	good "$name" '^ok +proxy +none'
	is "$(seen open)" "$before" "by no proxy"
}

# ---- through -------------------------------------------------------------------

p=http://proxy.test:3128
around "no variable"
through https_proxy open https_proxy=$p
like "$report" "ok +proxy +$p +https_proxy" "and that is shown"
ok "by CONNECT" contains "$work/open.log" 'CONNECT swf.test:443'
through HTTPS_PROXY open HTTPS_PROXY=$p
like "$report" "ok +proxy +$p +HTTPS_PROXY" "and that is shown"
through all_proxy open all_proxy=$p
through "https_proxy before all others" open https_proxy=$p \
	HTTPS_PROXY=http://127.0.0.1:1 all_proxy=http://127.0.0.1:2
through "one without a scheme" open https_proxy=proxy.test:3128
through "one that is empty is not there" open https_proxy= HTTPS_PROXY=$p
through "a proxy behind TLS" open https_proxy=https://proxy.test:3130
around "http_proxy is for http://" http_proxy=$p

through "user and password" locked \
	https_proxy=http://user:p%61ss@proxy.test:3129
unlike "$report" 'p%61ss|user:' "neither of them is shown"

url=http://swf.test:$plain_port
through "http://, signed" open http_proxy=$p -- --allow-plain-http
ask HTTP_PROXY=http://127.0.0.1:1 REQUEST_METHOD=GET -- --allow-plain-http
good "HTTP_PROXY is nothing to a CGI program" '^ok +proxy +none'
unset url

# ---- around --------------------------------------------------------------------

around no_proxy https_proxy=$p no_proxy=swf.test
like "$report" 'ok +proxy +none +no_proxy, in spite of https_proxy' \
	"and that is shown"
around "NO_PROXY" https_proxy=$p NO_PROXY=swf.test
around "a domain" https_proxy=$p no_proxy=localhost,.test
around everything https_proxy=$p "no_proxy=*"
through "another host" open https_proxy=$p no_proxy=other.test,10.99.0.1
url=https://127.0.0.1:$plain_port
ask https_proxy=$p
ok "this machine itself" contains "$work/check" '^ok +proxy +none'
unset url

ip address add 169.254.169.254/32 dev lo
before=$(wc -l <"$work/open.log")
env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY \
	-u AWS_EC2_METADATA_DISABLED http_proxy=$p \
	"$tend" check --endpoint-url "http://127.0.0.1:$plain_port" \
	>"$work/check" 2>&1
ok "instance metadata" grep -q \
	'169.254.169.254: cannot connect: Connection refused: is this an EC2' \
	"$work/check"
is "$(wc -l <"$work/open.log")" "$before" "by no proxy"

# ---- refused --------------------------------------------------------------------

url=https://swf.test:8443 ask https_proxy=$p
refused "CONNECT is refused" \
	"connection: swf.test:8443: the proxy $p refuses to connect to it \(403\): have it allow swf.test:8443, or change https_proxy, or list the host in no_proxy"
ask HTTPS_PROXY=http://proxy.test:3129
refused "a password is wanted" \
	'the proxy http://proxy.test:3129 wants a user and a password, or others \(407\): give them in HTTPS_PROXY, as http://USER:PASSWORD@HOST:PORT'
ask https_proxy=http://user:wrong@proxy.test:3129
refused "a wrong password" 'proxy http://proxy.test:3129 wants .*\(401\)'
unlike "$report" wrong "which is not shown"
url=https://nowhere.test ask https_proxy=$p
refused "a host that the proxy does not find" \
	"the proxy $p of https_proxy cannot connect to it \(50[0-9]\)"
ask https_proxy=http://proxy.test:3111
refused "no proxy there" \
	'swf.test by the proxy of https_proxy: cannot connect: Connection refused: check https_proxy'
ask all_proxy=http://nowhere.test:3128
refused "a proxy of no such name" \
	'name of the proxy http://nowhere.test:3128 does not resolve: check all_proxy'
ask https_proxy=ftp://proxy.test:3128
refused "a proxy of no kind" 'the proxy ftp://proxy.test:3128 cannot be used: .*check https_proxy'
ask https_proxy=http://proxy.test:443
refused "what is no proxy" 'swf.test by the proxy of https_proxy: '

# ---- a whole task, and a proxy that stands still ----------------------------------

# swf() of lib.sh does not sign: a service that does not mind.
service_start
sed -i "s/^connect = 127.0.0.1:$plain_port\$/connect = 127.0.0.1:$(<"$work/port")/" \
	"$work/stunnel.conf"
kill -HUP "$(<"$work/stunnel.pid")"
new_task task
before=$(seen open)
https_proxy=$p "$tend" run --endpoint-url https://swf.test \
	--region eu-west-1 --task "$work/task.task" -t 30s \
	-- sh -c 'echo by $https_proxy' >"$work/task.out" 2>"$work/task.err"
is "$? $(outcome task) $(outcome_field task result)" \
	"0 ActivityTaskCompleted by $p" \
	"tend run by a proxy, whose command has the variable, too"
ok "each report by a connection of its own" \
	test $(($(seen open) - before)) -ge 2

new_task still
kill -STOP "$open_pid"
https_proxy=$p "$tend" run --endpoint-url https://swf.test \
	--region eu-west-1 --task "$work/still.task" -t 3s \
	-- touch "$work/ran" >"$work/still.out" 2>"$work/still.err"
is "$?" 125 "a proxy that stands still"
kill -CONT "$open_pid"
like "$(<"$work/still.err")" \
	'swf.test by the proxy of https_proxy: no way through, or no TLS handshake within' \
	"is said to"
not_ok "and nothing is started" test -e "$work/ran"

done_testing
