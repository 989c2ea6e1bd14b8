# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the tests of the network share: certificates of a CA of our own, TLS by
# stunnel in front of swf-local, proxies, and a network namespace to have
# addresses, names and dead ends in that belong to nobody.
#
#	. "${TEND_SOURCE:?}/tests/peers/network.sh"
#	in_namespace "$@"
#	. "$top/tests/cli/lib.sh"
#	need stunnel4 openssl
#	ca_make ca
#	certificate good ca DNS:localhost,IP:127.0.0.1
#	tls good
#	tls_start
#	check --endpoint-url "https://localhost:$(tls_port good)" ...

top=${TEND_SOURCE:?}

# in_namespace [ARG]...: runs the test again in namespaces of its own, network
# and mounts, or skips it.  Before lib.sh, which makes a directory.
in_namespace() {
	local flags=(-nm) why
	PATH=$PATH:/usr/sbin:/sbin
	if [[ -n ${NETWORK_TEST-} ]]; then
		ip link set lo up
		return
	fi
	[[ $(id -u) == 0 ]] || flags=(-rnm)
	if ! why=$(unshare "${flags[@]}" ip link set lo up 2>&1); then
		echo "1..0 # SKIP no network namespace: ${why//$'\n'/ }"
		exit 0
	fi
	export NETWORK_TEST=1
	exec unshare "${flags[@]}" "$BASH" "$0" "$@"
}

# need COMMAND...: or the test is skipped.
need() {
	local command
	PATH=$PATH:/usr/sbin:/sbin
	for command in "$@"; do
		command -v "$command" >/dev/null ||
			skip_all "$command is not installed"
	done
}

# names ADDRESS NAME...: what a name resolves to in this mount namespace; all
# of it, each time.
names() {
	[[ -e $work/hosts ]] || {
		: >"$work/hosts"
		mount --bind "$work/hosts" /etc/hosts || bail "no /etc/hosts"
	}
	{
		echo "127.0.0.1 localhost"
		while (($# > 1)); do
			echo "$1 $2"
			shift 2
		done
	} >"$work/hosts"
}

# ---- certificates ------------------------------------------------------------

network_openssl() {
	openssl "$@" >>"$work/openssl.log" 2>&1 ||
		bail "openssl $1: $(tail -n 5 "$work/openssl.log")"
}

# ca_make NAME: $work/NAME.pem and .key.
ca_make() {
	network_openssl req -x509 -newkey ec -nodes -days 2 \
		-pkeyopt ec_paramgen_curve:P-256 -subj "/CN=tend test $1" \
		-keyout "$work/$1.key" -out "$work/$1.pem"
}

# certificate NAME CA NAMES [START END]: $work/NAME.chain has it and its key.
certificate() {
	local name=$1 ca=$2
	mkdir -p "$work/issued"
	: >"$work/issued.txt"
	echo 'unique_subject = no' >"$work/issued.txt.attr"
	cat >"$work/issue.conf" <<-END
		[ca]
		default_ca = test
		[test]
		database = $work/issued.txt
		new_certs_dir = $work/issued
		default_md = sha256
		default_days = 2
		rand_serial = yes
		policy = any
		x509_extensions = names
		[any]
		commonName = supplied
		[names]
		subjectAltName = $3
	END
	network_openssl req -new -newkey ec -nodes -subj "/CN=$name" \
		-pkeyopt ec_paramgen_curve:P-256 \
		-keyout "$work/$name.key" -out "$work/$name.csr"
	network_openssl ca -batch -notext -config "$work/issue.conf" \
		-cert "$work/$ca.pem" -keyfile "$work/$ca.key" \
		${4+-startdate "$4" -enddate "$5"} \
		-in "$work/$name.csr" -out "$work/$name.pem"
	cat "$work/$name.pem" "$work/$name.key" >"$work/$name.chain"
	chmod 600 "$work/$name.chain"
}

# ---- TLS ---------------------------------------------------------------------

# tls NAME [ADDRESS [LINE]...]: a listener of the stunnel that tls_start will
# start, with the certificate of that name, in front of swf-local.
tls() {
	local name=$1 address=${2-127.0.0.1}
	shift $(($# > 1 ? 2 : 1))
	{
		printf '[%s]\naccept = %s:%s\nconnect = 127.0.0.1:%s\n' \
			"$name" "$address" "${tls_fixed-0}" "$(<"$work/port")"
		printf 'cert = %s\n' "$work/${tls_certificate-$name}.chain"
		printf '%s\n' "$@"
	} >>"$work/stunnel.services"
}

tls_start() {
	{
		printf '%s\n' 'foreground = yes' 'syslog = no' 'debug = 6' \
			"pid = $work/stunnel.pid" "output = $work/stunnel.log"
		cat "$work/stunnel.services"
	} >"$work/stunnel.conf"
	background stunnel4 "$work/stunnel.conf" 2>/dev/null
	wait_for contains "$work/stunnel.log" 'Configuration successful' ||
		bail "stunnel: $(tail -n 5 "$work/stunnel.log")"
}

# tls_port NAME: where it listens.
tls_port() {
	sed -n "s/.*Service \[$1\] .* bound to .*:\([0-9]*\)$/\1/p" \
		"$work/stunnel.log" | head -n 1
}

# ---- tend check --------------------------------------------------------------

# check [WORD]...: tend check with these words, unsigned.  Sets $status; what
# it printed is in $work/check, and $report has it.
check() {
	"$tend" check --no-sign-request --region eu-west-1 "$@" \
		>"$work/check" 2>&1
	status=$?
	report=$(<"$work/check")
}

# refused NAME ERE: it could not, and says so.
refused() {
	if [[ $status == 1 ]] && grep -Eq -- "$2" "$work/check"; then
		pass "$1"
		return
	fi
	fail "$1"
	diag "exit status $status, want 1 and: $2"
	diag "$report"
}

# good NAME [ERE]: it could, and says so.
good() {
	if [[ $status == 0 ]] && grep -Eq -- "${2-work can start}" "$work/check"
	then
		pass "$1"
		return
	fi
	fail "$1"
	diag "exit status $status, want 0 and: ${2-}"
	diag "$report"
}
