#!/bin/bash
# SPDX-License-Identifier: MIT
# Endpoints that are wrong: ones that no URL names, and ones that are there
# but are not SWF.  The first are a misuse; with the others the first heartbeat
# is tried for the heartbeat timeout, nothing is started, and what is printed
# names the remedy.

. "${TEND_SOURCE:?}/tests/cli/run.sh"
[[ -n $python ]] || skip_all "python3 is not installed"
service_start

started=$work/started

# refused NAME ERE URL [OPTION]...: a URL that is a misuse.
refused() {
	local name=$1 ere=$2 url=$3 line
	shift 3
	"$tend" run --endpoint-url "$url" --no-sign-request \
		--region us-east-1 --task-token x "$@" -- touch "$started" \
		>"$work/out" 2>"$work/err" </dev/null
	status=$?
	line=$(<"$work/err")
	if [[ $status == 125 && ! -s $work/out && ! -e $started &&
		$(lines "$work/err") == 1 && $line == "tend: error: "* &&
		$line =~ $ere ]]
	then
		pass "$name"
		return
	fi
	fail "$name"
	diag "exit status $status, want 125; want a match of: $ere"
	diag "$line"
}

remedy='--endpoint-url: .*must be like https://'
for url in 127.0.0.1:80 ftp://127.0.0.1/ unix:/run/swf file:///etc/passwd \
	https https: https:// http:///x http://: 'http://a b' 'http://[::1' \
	'http://[zz]' http://127.0.0.1:0 http://127.0.0.1:65536 \
	http://127.0.0.1:http http://127.0.0.1:80/path \
	'http://127.0.0.1/?x' 'http://127.0.0.1#x' "http://exa\$mple"; do
	refused "an endpoint that is none: $url" "$remedy" "$url"
done
refused "an empty endpoint" "--endpoint-url: " ""
refused "an endpoint with a password" "user name or password" \
	http://user:SECRET@127.0.0.1/
unlike "$(<"$work/err")" SECRET "the password is not shown"
for url in http://192.0.2.1 http://swf.us-east-1.amazonaws.com \
	http://localhost.example http://127.0.0.1.example 'http://[2001:db8::1]' \
	HTTP://0.0.0.0; do
	refused "plain http to another host: $url" \
		"--endpoint-url: .*https://.*--allow-plain-http" "$url"
done

refused "a CA bundle that is not there" \
	"--ca-bundle: $work/none: No such file" https://127.0.0.1:1 \
	--ca-bundle "$work/none"
echo hello >"$work/no.pem"
refused "a CA bundle that is none" "--ca-bundle: $work/no.pem: .*PEM" \
	https://127.0.0.1:1 --ca-bundle "$work/no.pem"
printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' \
	>"$work/broken.pem"

# ---- servers -----------------------------------------------------------------

certificate() { # NAME SIGNER DAYS SUBJECT
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$work/$1.key" -out "$work/$1.csr" -subj "/CN=$1" &&
		openssl x509 -req -in "$work/$1.csr" -CA "$work/$2.pem" \
			-CAkey "$work/$2.key" -CAcreateserial -days "$3" \
			-extfile <(echo "subjectAltName=$4") \
			-out "$work/$1.pem"
} >>"$work/openssl.log" 2>&1

authority() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$work/$1.key" -out "$work/$1.pem" -days 2 \
		-subj "/CN=$1"
} >>"$work/openssl.log" 2>&1

background "$python" "$top/tests/cli/peer.py" "$work" full silent close \
	banner garbage broken endless html large redirect
backend=${endpoint##*:}
tls_peers=()
if command -v openssl >/dev/null; then
	authority ours && authority theirs &&
		certificate good ours 2 IP:127.0.0.1 &&
		certificate old ours -1 IP:127.0.0.1 &&
		certificate other ours 2 DNS:example.com ||
		bail "$(<"$work/openssl.log")"
	for name in good old other; do
		mkdir "$work/$name"
		background "$python" "$top/tests/cli/peer.py" "$work/$name" \
			cert="$work/$name.pem" key="$work/$name.key" \
			backend="$backend" tls
	done
	tls_peers=(good/tls old/tls other/tls)
fi
for name in full silent close banner garbage broken endless html large \
	redirect "${tls_peers[@]}"; do
	wait_for test -s "$work/$name.port" || bail "no peer $name"
done

url() { # SCHEME NAME
	echo "$1://127.0.0.1:$(<"$work/$2.port")"
}

# A port on which nobody listens: one that was just given back.
refusing=$("$python" -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

# ---- all at once: each takes as long as the heartbeat timeout ----------------

names=() pids=()

# tried NAME WANT ERE URL [OPTION]...: starts one; see the loop below.
tried() {
	local name=$1 number=${#names[@]}
	names+=("$name")
	printf '%s\n' "$2" >"$work/try$number.want"
	printf '%s\n' "$3" >"$work/try$number.ere"
	shift 3
	"$tend" run --no-sign-request --region us-east-1 -t "$timeout" \
		--task "$work/try1.task" --endpoint-url "$@" \
		-- touch "$work/try$number.started" \
		>"$work/try$number.out" 2>"$work/try$number.err" </dev/null &
	pids+=($!)
	lib_pids+=($!)
}

new_tasks try 1

# An attempt has a quarter of the timeout: enough to hear nothing.
timeout=3s
tried "one that refuses" 125 'cannot connect.*--endpoint-url' \
	"http://127.0.0.1:$refusing"
tried "one that does not take the connection" 125 'no connection within|in time' \
	"$(url http full)"
tried "one that hangs" 125 'no answer (within|in time)' "$(url http silent)"
tried "one that hangs before TLS" 125 'no TLS handshake within|in time' \
	"$(url https silent)"
# And enough for an answer, on a machine that has much else to do.
timeout=8s
tried "one that closes the connection" 125 'without an answer' \
	"$(url http close)"
tried "one of another protocol" 125 'does not speak HTTP.*--endpoint-url' \
	"$(url http banner)"
tried "one that speaks no HTTP" 125 'does not speak HTTP.*--endpoint-url' \
	"$(url http garbage)"
tried "one that speaks no TLS" 125 'TLS.*https://' "$(url https banner)"
tried "plain http by an https URL" 125 'TLS' "https://127.0.0.1:$backend"
tried "one whose answer breaks off" 125 'broke off' "$(url http broken)"
tried "one whose headers never end" 125 'lost before the answer|over' \
	"$(url http endless)"
tried "one that answers with HTML" 125 "not SWF's" "$(url http html)"
tried "one that answers with 10 MB" 125 'over 1 MiB.*--endpoint-url' \
	"$(url http large)"
tried "one that redirects" 125 '301' "$(url http redirect)"
if ((${#tls_peers[@]} > 0)); then
	tried "a CA that nobody trusts" 125 \
		'certificate refused.*--ca-bundle' "$(url https good/tls)"
	tried "another CA" 125 'certificate refused.*--ca-bundle' \
		"$(url https good/tls)" --ca-bundle "$work/theirs.pem"
	tried "a CA bundle with a broken certificate" 125 \
		'certificates.*--ca-bundle' \
		"$(url https good/tls)" --ca-bundle "$work/broken.pem"
	tried "an expired certificate" 125 'certificate refused.*expired' \
		"$(url https old/tls)" --ca-bundle "$work/ours.pem"
	tried "another host's certificate" 125 'certificate refused' \
		"$(url https other/tls)" --ca-bundle "$work/ours.pem"
	tried "the right CA" 0 'completed' "$(url https good/tls)" \
		--ca-bundle "$work/ours.pem"
else
	skip "openssl is not installed" "certificates"
fi

for number in "${!names[@]}"; do
	name=${names[number]}
	wait "${pids[number]}"
	is "$?" "$(<"$work/try$number.want")" "$name: exit status"
	like "$(<"$work/try$number.err")" "$(<"$work/try$number.ere")" \
		"$name: what is printed"
	if [[ $(<"$work/try$number.want") == 0 ]]; then
		ok "$name: the command ran" test -e "$work/try$number.started"
	else
		ok "$name: nothing was started" \
			test ! -e "$work/try$number.started"
		ok "$name: nothing on stdout" test ! -s "$work/try$number.out"
		ok "$name: not a line for each attempt" \
			test "$(lines "$work/try$number.err")" -le 6
	fi
done
# ---- a service that answers something else -----------------------------------

# fault FAULT [VALUE [STATUS [MESSAGE]]]: what every heartbeat gets.
fault() {
	local json
	json=$(jq -nc --arg fault "$1" --arg value "${2-}" \
		--arg status "${3-}" --arg message "${4-}" '
		{operation: "RecordActivityTaskHeartbeat", $fault} +
		({$value, $status, $message} |
			with_entries(select(.value != "")))')
	local_api DELETE faults >/dev/null
	local_api POST faults "$json" >"$work/fault" ||
		bail "$(<"$work/fault")"
}

# answers NAME WANT ERE FAULT [VALUE [STATUS [MESSAGE]]]
answers() {
	local name=$1 want=$2 ere=$3
	shift 3
	fault "$@"
	rm -f "$started"
	"$tend" run --endpoint-url "$endpoint" --no-sign-request \
		-t 3s --task "$work/other1.task" -- touch "$started" \
		>"$work/out" 2>"$work/err"
	is "$?" "$want" "$name: exit status"
	like "$(<"$work/err")" "$ere" "$name: what is printed"
	ok "$name: nothing was started" test ! -e "$started"
}

new_tasks other 1
local_api DELETE calls >/dev/null
answers "an expired token" 125 'ExpiredTokenException.*new credentials' \
	error ExpiredTokenException 400 "The security token has expired"
answers "a permission that is missing" 125 'AccessDenied.*IAM policy' \
	error AccessDeniedException
answers "keys that nobody knows" 125 \
	'UnrecognizedClient.*new credentials' error UnrecognizedClientException
answers "an operation that it does not have" 125 \
	'UnknownOperation.*--endpoint-url' error UnknownOperationException 404
answers "a task that is closed" 123 'UnknownResourceFault' \
	error UnknownResourceFault
is "$(calls RecordActivityTaskHeartbeat | wc -l)" 5 \
	"a refusal is final: none was asked twice"
local_api DELETE faults >/dev/null

done_testing
