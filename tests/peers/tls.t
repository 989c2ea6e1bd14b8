#!/bin/bash
# SPDX-License-Identifier: MIT
# TLS by stunnel and OpenSSL: which certificates tend takes, what it says of
# those that it does not, where CAs may be named, and a whole task over TLS.

. "${TEND_SOURCE:?}/tests/peers/network.sh"
. "$top/tests/cli/lib.sh"
need stunnel4 openssl
service_start

long_ago=(20010101000000Z 20020101000000Z)
not_yet=(20980101000000Z 20990101000000Z)
here=DNS:localhost,IP:127.0.0.1,IP:::1

ca_make ca
ca_make other
certificate good ca "$here"
certificate wrong ca DNS:swf.eu-west-1.amazonaws.com
certificate expired ca "$here" "${long_ago[@]}"
certificate future ca "$here" "${not_yet[@]}"
network_openssl req -x509 -newkey ec -nodes -days 2 -subj /CN=alone \
	-pkeyopt ec_paramgen_curve:P-256 -addext "subjectAltName=$here" \
	-keyout "$work/alone.key" -out "$work/alone.pem"
cat "$work/alone.pem" "$work/alone.key" >"$work/alone.chain"
cat "$work/good.pem" "$work/good.key" "$work/ca.pem" >"$work/whole.chain"

old='ciphers = DEFAULT@SECLEVEL=0'
for name in good wrong expired future alone whole; do
	tls "$name"
done
tls_certificate=good
tls six ::1
tls tls11 127.0.0.1 'sslVersionMin = TLSv1' 'sslVersionMax = TLSv1.1' "$old"
tls tls12 127.0.0.1 'sslVersionMin = TLSv1.2' 'sslVersionMax = TLSv1.2'
tls tls13 127.0.0.1 'sslVersionMin = TLSv1.3'
tls_start

# at NAME [HOST]: the endpoint of a listener.
at() {
	echo "https://${2-localhost}:$(tls_port "$1")"
}

# ---- certificates --------------------------------------------------------------

check --endpoint-url "$(at good)" --ca-bundle "$work/ca.pem"
good "a certificate of the CA that was named" \
	"^ok +ca +$work/ca.pem +--ca-bundle"
like "$report" 'TLS, answered in' "over TLS"

check --endpoint-url "$(at good 127.0.0.1)" --ca-bundle "$work/ca.pem"
good "for an address"

check --endpoint-url "$(at good)"
refused "a CA that nobody named" \
	'connection: localhost:[0-9]+: certificate refused: .*unable to get local issuer certificate: no CA in the system.s store has signed it: .*--ca-bundle or AWS_CA_BUNDLE'
check --endpoint-url "$(at good)" --ca-bundle "$work/other.pem"
refused "another CA" "no CA in $work/other.pem has signed it: .*--ca-bundle"
check --endpoint-url "$(at whole)" --ca-bundle "$work/other.pem"
refused "another CA, its own in the chain" \
	'self-signed certificate in certificate chain: no CA in .* has signed'
check --endpoint-url "$(at alone)"
refused "a certificate that nobody signed" \
	'self-signed certificate: no CA in .* has signed it: .*--ca-bundle'
check --endpoint-url "$(at alone)" --ca-bundle "$work/alone.pem"
good "unless it is named itself"
check --endpoint-url "$(at wrong)" --ca-bundle "$work/ca.pem"
refused "a certificate for another name" \
	"certificate refused: .*localhost.*: it is another host's: check --endpoint-url"
check --endpoint-url "$(at expired)" --ca-bundle "$work/ca.pem"
refused "one that has expired" \
	"certificate has expired: the service needs a new one, unless this host's clock is wrong, by which it is 20[0-9-]+T[0-9:]+Z"
check --endpoint-url "$(at future)" --ca-bundle "$work/ca.pem"
refused "one that is not valid yet" \
	"certificate is not yet valid: .*this host's clock"

# ---- versions of TLS ---------------------------------------------------------------

# On a host where OpenSSL takes everything, what counts is tend's own minimum.
cat >"$work/lax.conf" <<'END'
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lax
[lax]
MinProtocol = TLSv1
CipherString = DEFAULT@SECLEVEL=0
END
export OPENSSL_CONF=$work/lax.conf
check --endpoint-url "$(at tls11)" --ca-bundle "$work/ca.pem"
refused "TLS 1.1" 'TLS handshake failed: .*: it does not speak TLS 1.2'
ok "though others here would take it" curl -sS -o "$work/curl" \
	--cacert "$work/ca.pem" --tlsv1.0 "$(at tls11)"
unset OPENSSL_CONF
for name in tls12 tls13; do
	check --endpoint-url "$(at $name)" --ca-bundle "$work/ca.pem"
	good "$name"
done

# ---- IPv6 --------------------------------------------------------------------------

if [[ -n $(tls_port six) ]]; then
	check --endpoint-url "$(at six '[::1]')" --ca-bundle "$work/ca.pem"
	good "over IPv6" 'endpoint +https://\[::1\]:'
else
	skip "no IPv6 here" "over IPv6"
fi

# ---- what is no TLS, and no CA --------------------------------------------------------

check --endpoint-url "https://127.0.0.1:$(<"$work/port")"
refused "an http:// service" \
	'TLS handshake failed: .*: check that --endpoint-url is an https:// service'
check --endpoint-url "$(at good)" --ca-bundle "$work/none.pem"
refused "a CA file that is not there" \
	"^FAIL  ca: --ca-bundle: $work/none.pem: No such file"
not_ok "is not tried without" grep -q 'connection .*answered' "$work/check"
echo nothing >"$work/empty.pem"
check --endpoint-url "$(at good)" --ca-bundle "$work/empty.pem"
refused "a CA file without a certificate" 'ca: .*there is no certificate in it'

# ---- where a CA may be named -----------------------------------------------------------

printf '[default]\nca_bundle = %s\n' "$work/ca.pem" >"$work/with-ca"
mkdir "$work/hashed"
ln -s "$work/ca.pem" \
	"$work/hashed/$(openssl x509 -hash -noout -in "$work/ca.pem").0"

# named NAME VARIABLE=VALUE... ERE: it is taken, and the table says from where.
named() {
	local name=$1 ere=${*: -1}
	export "${@:2:$# - 2}"
	check --endpoint-url "$(at good)"
	unset AWS_CA_BUNDLE AWS_CONFIG_FILE CURL_CA_BUNDLE SSL_CERT_FILE \
		SSL_CERT_DIR
	good "$name" "^ok +ca +$ere"
}

named AWS_CA_BUNDLE AWS_CA_BUNDLE="$work/ca.pem" "$work/ca.pem +AWS_CA_BUNDLE"
named "ca_bundle of the profile" AWS_CONFIG_FILE="$work/with-ca" \
	"$work/ca.pem +ca_bundle of profile 'default'"
named CURL_CA_BUNDLE CURL_CA_BUNDLE="$work/ca.pem" \
	"$work/ca.pem +CURL_CA_BUNDLE"
named SSL_CERT_FILE SSL_CERT_FILE="$work/ca.pem" "$work/ca.pem +SSL_CERT_FILE"
named SSL_CERT_DIR SSL_CERT_DIR="$work/hashed" "$work/hashed +SSL_CERT_DIR"
named "AWS_CA_BUNDLE beats SSL_CERT_FILE" AWS_CA_BUNDLE="$work/ca.pem" \
	SSL_CERT_FILE="$work/other.pem" "$work/ca.pem +AWS_CA_BUNDLE"
named "the profile beats SSL_CERT_FILE" AWS_CONFIG_FILE="$work/with-ca" \
	SSL_CERT_FILE="$work/other.pem" "$work/ca.pem +ca_bundle"

# ---- a whole task --------------------------------------------------------------------

new_task whole
"$tend" run --endpoint-url "$(at good)" --no-sign-request \
	--region eu-west-1 --ca-bundle "$work/ca.pem" --task "$work/whole.task" \
	-t 30s -- echo 'over TLS' >"$work/whole.out" 2>"$work/whole.err"
is "$? $(outcome whole) $(outcome_field whole result)" \
	"0 ActivityTaskCompleted over TLS" "tend run over TLS"

new_task refused
"$tend" run --endpoint-url "$(at expired)" --no-sign-request \
	--region eu-west-1 --ca-bundle "$work/ca.pem" \
	--task "$work/refused.task" -t 3s -- touch "$work/ran" \
	>"$work/refused.out" 2>"$work/refused.err"
is "$? $(outcome refused)" "125 " "starts nothing where TLS does not work"
not_ok "really nothing" test -e "$work/ran"
like "$(<"$work/refused.err")" 'certificate has expired' "and says why"

done_testing
