#!/bin/bash
# SPDX-License-Identifier: MIT
# tend check: what each row shows and where the value came from, what is said
# of each failure and what can be done about it, the same as JSON, and how it
# exits.

. "${TEND_SOURCE:?}/tests/cli/run.sh"
. "$top/tests/cli/watch.sh"
printf '[key]\naws_access_key_id = AKIDEXAMPLE\n%s\n' \
	'aws_secret_access_key = wJalrXUtnFEMI' >"$work/keys"
service_start --verify-signatures "$work/keys"
signed=$endpoint
signed_pid=$service_pid
service_start
lib_register

export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI
export AWS_EC2_METADATA_DISABLED=true

# asked [VARIABLE=VALUE]... [-- WORD...]: tend check at $endpoint, unless $at
# is set.  Sets $status and $report.
asked() {
	local set=() to=(--endpoint-url "${at-$endpoint}")
	[[ -n ${at-x} ]] || to=()
	while (($# > 0)) && [[ $1 != -- ]]; do
		if [[ $1 == *=* ]]; then
			set+=("$1")
		else
			set+=(-u "$1")
		fi
		shift
	done
	(($# == 0)) || shift
	env "${set[@]}" "$tend" check "${to[@]}" "$@" \
		>"$work/check" 2>"$work/check.err"
	status=$?
	report=$(<"$work/check")
}

# has NAME ERE...: a line of the report matches, for each.
has() {
	local name=$1 ere
	shift
	for ere in "$@"; do
		grep -Eq -- "$ere" "$work/check" && continue
		fail "$name"
		diag "no line: $ere" "$report" "$(<"$work/check.err")"
		return
	done
	pass "$name"
}

# works NAME ERE...: it exits 0, and has these lines.
works() {
	if [[ $status != 0 ]]; then
		fail "$1: exit status $status"
		diag "$report"
		return
	fi
	has "$@" '^work can start$'
}

# fails NAME ITEM PROBLEM [REMEDY]: it exits 1; the row is marked, and its
# problem and what can be done are told.
fails() {
	if [[ $status != 1 ]]; then
		fail "$1: exit status $status"
		diag "$report"
		return
	fi
	has "$1" "^FAIL  $2( |\$)" "^FAIL  $2: .*$3" ${4+"^ +.*$4"} \
		'^work cannot start$'
}

# ---- what is used, and who said so ----------------------------------------------

asked
works "all is well" '^ok +profile +default +nobody names one$' \
	'^ok +region +us-east-1 +default for an endpoint on this host$' \
	"^ok +endpoint +$endpoint/ +--endpoint-url\$" \
	'^ok +credentials +AKIDEXAMPLE +environment$' \
	'^ok +ca +none: http:// is not encrypted$' '^ok +proxy +none$' \
	'^ok +connection +not encrypted, answered in [0-9]+ ms$' \
	"^ok +clock +as the service's\$" '^ok +call +ListDomains: answered$'
is "$(wc -l <"$work/check") $(wc -c <"$work/check.err")" "11 0" \
	"and nothing else is said"

asked AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-2
works AWS_REGION '^ok +region +eu-west-1 +AWS_REGION$'
asked AWS_DEFAULT_REGION=eu-west-2
works AWS_DEFAULT_REGION '^ok +region +eu-west-2 +AWS_DEFAULT_REGION$'
asked AWS_REGION=eu-west-1 -- --region eu-west-3
works --region '^ok +region +eu-west-3 +--region$'
asked TEND_REGION=eu-west-4
works TEND_REGION '^ok +region +eu-west-4 +--region$'

cat >"$work/config" <<END
[default]
region = eu-north-1
[profile films]
region = eu-south-1
endpoint_url = $endpoint
[profile served]
region = eu-south-2
services = here
[services here]
swf =
  endpoint_url = $endpoint
[profile process]
credential_process = sh -c "cat $work/given"
[profile broken]
credential_process = false
[profile role]
role_arn = arn:aws:iam::123456789012:role/x
END
cat >"$work/credentials" <<END
[films]
aws_access_key_id = AKIDFILMS
aws_secret_access_key = secret-of-films
[served]
aws_access_key_id = AKIDSERVED
aws_secret_access_key = secret-of-served
END
export AWS_CONFIG_FILE=$work/config AWS_SHARED_CREDENTIALS_FILE=$work/credentials

asked
works "the region of a profile" \
	"^ok +region +eu-north-1 +region of profile 'default'\$"
at='' asked AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_PROFILE=films
works "the endpoint of a profile" '^ok +profile +films +AWS_PROFILE$' \
	"^ok +region +eu-south-1 +region of profile 'films'\$" \
	"^ok +endpoint +$endpoint/ +endpoint_url of profile 'films'\$" \
	"^ok +credentials +AKIDFILMS +profile 'films' in $work/credentials\$"
at='' asked -- --profile served
works "that of its services" '^ok +profile +served +--profile$' \
	"^ok +endpoint +$endpoint/ +services here of profile 'served'\$" \
	'^ok +credentials +AKIDSERVED '
at='' asked AWS_ENDPOINT_URL="$endpoint"
works AWS_ENDPOINT_URL "^ok +endpoint +$endpoint/ +AWS_ENDPOINT_URL\$"
at='' asked AWS_ENDPOINT_URL_SWF="$endpoint" AWS_ENDPOINT_URL=http://localhost:1
works AWS_ENDPOINT_URL_SWF "^ok +endpoint +$endpoint/ +AWS_ENDPOINT_URL_SWF\$"
at='' asked https_proxy=http://user:hidden@127.0.0.1:1
has "the endpoint of a region, and a proxy" \
	'^ok +endpoint +https://swf.eu-north-1.amazonaws.com/ +region$' \
	"^ok +ca +/[^ ]+ +the system's\$" '^ok +proxy +http://127.0.0.1:1 +https_proxy$'
fails "which is not there" connection \
	'swf.eu-north-1.amazonaws.com by the proxy of https_proxy: cannot connect: Connection refused: check https_proxy'
unlike "$report" 'hidden' "the proxy's password is not shown"
at='' asked https_proxy=nonsense://user:hidden@127.0.0.1:1
has "a proxy of a kind that is not known" \
	'the proxy nonsense://127.0.0.1:1 cannot be used: check https_proxy'
unlike "$report" 'hidden' "whose password is not shown either"
at='' asked https_proxy=http://127.0.0.1:1 no_proxy=.amazonaws.com \
	AWS_CA_BUNDLE=/nonexistent
has "a host that needs no proxy" \
	'^ok +proxy +none +no_proxy, in spite of https_proxy$'
fails "a CA that is not there" ca \
	'AWS_CA_BUNDLE: /nonexistent: No such file or directory'
has "keeps it from asking" '^- +connection$' '^- +call$'

# ---- credentials -----------------------------------------------------------------

# given SECONDS: what the profile's process prints; it ends then.
given() {
	printf '{"Version": 1, "AccessKeyId": "AKIDGIVEN",
		"SecretAccessKey": "hidden", "SessionToken": "hidden2",
		"Expiration": "%s"}' "$(date -u -d "$1 seconds" +%FT%TZ)" \
		>"$work/given"
}
given 3600
asked -- --profile process
works "credentials that end" \
	"^ok +credentials +AKIDGIVEN until 20[0-9-]+T[0-9:]+Z +credential_process 'sh' of profile 'process'"
unlike "$report" hidden "their secrets are not shown"
given -3600
asked -- --profile process
fails "that have ended" credentials 'have expired already'
asked -- --profile broken
fails "a source that fails" credentials \
	"profile 'broken' .*'false' exited with status 1: run it by hand"
has "the service is asked all the same" '^ok +connection ' '^ok +clock ' \
	'^- +call +ListDomains: not without credentials$'
asked -- --profile role
fails "a source that is half configured" credentials 'role_arn|source_profile'
asked AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
fails "no credentials" credentials 'no credentials: .*AWS_ACCESS_KEY_ID'
asked AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_EC2_METADATA_DISABLED \
	AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1
fails "no instance either" credentials \
	'instance metadata at http://127.0.0.1:1 .*is this an EC2 instance'
asked AWS_SECRET_ACCESS_KEY
fails "half a pair" credentials 'half a key pair'
asked AWS_SESSION_TOKEN=$'hidden\n'
fails "a token with a line end" credentials 'AWS_SESSION_TOKEN: has a line end'
unlike "$report" hidden "which is not shown"
printf '%s\n' '[wrapped]' 'aws_access_key_id = AKIDWRAPPED' \
	'aws_secret_access_key = hidden' 'aws_session_token = hidden' \
	' hidden' >"$work/wrapped"
asked AWS_SHARED_CREDENTIALS_FILE="$work/wrapped" -- --profile wrapped
fails "a token that goes on in a second line" credentials \
	"profile 'wrapped' in $work/wrapped: the session token: has a line end"
unlike "$report" hidden "which is not shown either"
asked -- --no-sign-request
works "none wanted" '^ok +credentials +none +--no-sign-request$'
asked -- --log-level debug
unlike "$report$(<"$work/check.err")" wJalrXUtnFEMI "the secret is never shown"

at=$signed
asked AWS_ACCESS_KEY_ID=AKIDOTHER
fails "a key that the service does not know" credentials \
	UnrecognizedClientException 'does not know this access key'
asked AWS_SECRET_ACCESS_KEY=other
fails "a wrong secret" credentials InvalidSignatureException \
	'secret access key is not the one of this access key id'
asked AWS_SESSION_TOKEN=other
fails "a wrong token" credentials UnrecognizedClientException 'session token'
asked -- --no-sign-request
fails "no signature" credentials MissingAuthenticationToken \
	'wants signed requests: drop --no-sign-request'
asked
works "a good one"
unset at

# What takes a connection and says nothing.
kill -STOP "$signed_pid"
asked AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_EC2_METADATA_DISABLED \
	AWS_EC2_METADATA_SERVICE_ENDPOINT="$signed"
kill -CONT "$signed_pid"
fails "metadata behind too many hops" credentials \
	"in a container, the instance's hop limit must be 2: 'aws ec2"

# ---- credentials of the platform ---------------------------------------------------

if [[ -n $python ]]; then
	meta=$work/meta
	mkdir "$meta"
	background "$python" "$top/tests/cli/metadata.py" "$meta"
	wait_for test -s "$meta/port" || bail "no metadata service"
	url=http://127.0.0.1:$(<"$meta/port")
	none=(AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY)
	asked "${none[@]}" AWS_CONTAINER_CREDENTIALS_FULL_URI="$url/v1/x"
	works "a container's" '^ok +credentials +ASIACONTAINER until 20'
	instance=("${none[@]}" AWS_EC2_METADATA_DISABLED=
		AWS_EC2_METADATA_SERVICE_ENDPOINT="$url"
		AWS_METADATA_SERVICE_TIMEOUT=30)
	asked "${instance[@]}"
	works "an instance's" '^ok +credentials +ASIAINSTANCE until 20'
	echo -60 >"$meta/lasting"
	asked "${instance[@]}"
	works "which the service takes when they have ended" \
		'^warn +credentials +ASIAINSTANCE until 20' \
		"^warn +credentials: by this host's clock they ended at 20" \
		'^ +get new ones where they are from'
	rm "$meta/lasting"
	# It is asked more than once.
	echo 500 >"$meta/mode"
	: >"$meta/asked"
	{
		wait_for test -s "$meta/asked"
		rm "$meta/mode"
	} &
	asked "${none[@]}" AWS_CONTAINER_CREDENTIALS_FULL_URI="$url/v1/x"
	works "one that is late"
	unlike "$report" hushhush "no secret is shown"
else
	skip "no Python" "credentials of the platform"
fi

# denied NAME CODE ITEM REMEDY: the service refuses with a code.
denied() {
	inject '*' error "$2"
	asked
	heal
	fails "$1" "$3" "$2" "$4"
}
denied "expired" ExpiredTokenException credentials 'have expired: get new ones'
denied "expired, as STS has it" ExpiredToken credentials 'get new ones'
denied "no account" OptInRequired call 'enable the region'
denied "no subscription" SubscriptionRequiredException call 'another --region'
denied "not SWF" UnknownOperationException endpoint \
	'is not SWF: check --endpoint-url'
inject '*' error SomethingElse message='because of that'
asked
heal
fails "a code nobody knows" call 'SomethingElse: because of that'

# ---- what may be wrong with files and texts -------------------------------------------

asked -- --profile none
fails "no such profile" profile "there is no profile 'none'"
echo '[broken' >"$work/broken"
asked AWS_CONFIG_FILE="$work/broken"
fails "a broken file" profile "$work/broken: line 1: "
at=https://swf.example asked AWS_CONFIG_FILE=/nonexistent
fails "no region" endpoint 'no region: use --region, AWS_REGION'
has "the credentials are shown all the same" \
	'^ok +credentials +AKIDEXAMPLE +environment$'
at=http://swf.example asked
fails "an endpoint that would not do" endpoint \
	'--endpoint-url: .*unencrypted.*--allow-plain-http'
at=ftp://swf.example asked
fails "an endpoint that is none" endpoint 'not http:// or https://'
asked -- --region 'EU WEST'
fails "a region that is none" endpoint "'EU WEST' is not a region"
has "is not shown as one" '^- +region$'

# ---- the call ---------------------------------------------------------------------

asked -- --domain test
works "a domain" '^ok +call +DescribeDomain: test is REGISTERED$'
asked TEND_DOMAIN=test
works TEND_DOMAIN '^ok +call +DescribeDomain: test is REGISTERED$'
new_task one
asked -- --domain test --task-list work-one
works "a task list" \
	'^ok +call +CountPendingActivityTasks: 0 in task list work-one$'
swf RegisterDomain '{"name":"old",
	"workflowExecutionRetentionPeriodInDays":"1"}'
swf DeprecateDomain '{"name":"old"}'
asked -- --domain old
works "a domain that is deprecated" \
	'^warn +call +DescribeDomain: old is DEPRECATED$' \
	'^warn +call: domain old is deprecated' '^ +.*undeprecate-domain'
asked AWS_REGION=eu-west-1 -- --domain elsewhere
fails "a domain that is not there" call UnknownResourceFault \
	"there is no domain 'elsewhere' in region eu-west-1 \(AWS_REGION\) at $endpoint/: check --domain, the region"
asked -- --domain elsewhere --task-list any
fails "nor for a task list" call UnknownResourceFault "'elsewhere'"

# lacks NAME CODE MESSAGE RESOURCE ACTION [WORD]...: the policy that is shown.
lacks() {
	local name=$1 resource=$4 action=$5
	inject '*' error "$2" message="$3"
	asked AWS_REGION="${region-eu-west-1}" -- "${@:6}"
	heal
	fails "$name" call "$2" 'may not do this: add to their IAM policy'
	is "$(grep -o '{.*}' "$work/check" | jq -r \
		'"\(.Effect) \(.Action) \(.Resource)"')" \
		"Allow swf:$action $resource" "and the statement is shown"
}
arn=arn:aws:swf:eu-west-1
lacks "no permission" AccessDeniedException \
	'User: arn:aws:iam::123456789012:user/x is not authorized to perform' \
	"$arn:123456789012:/domain/test" DescribeDomain --domain test
lacks "an account that is not told" AccessDeniedException 'no' \
	"$arn:*:/domain/test" DescribeDomain --domain test
lacks "for a task list" OperationNotPermittedFault 'no' \
	"$arn:*:/domain/test" CountPendingActivityTasks --domain test \
	--task-list x
lacks "for no domain" AccessDeniedException 'no' '*' ListDomains
region=cn-north-1 lacks "in another partition" AccessDeniedException \
	'User: arn:aws-cn:iam::210987654321:user/x is not' \
	"arn:aws-cn:swf:cn-north-1:210987654321:/domain/test" DescribeDomain \
	--domain test

inject '*' throttle
asked
heal
fails throttled call 'ThrottlingException|Rate exceeded' 'try again in a minute'
inject '*' error500
asked
heal
fails "trouble of the service's" call 'Internal' 'try again in a minute'

# ---- connection and clock --------------------------------------------------------------

inject '*' body html
asked
heal
fails "somebody else's answer" connection "HTTP status 200: .*not SWF's" \
	'is not SWF'
inject '*' reset-before
asked
heal
fails "a connection that is cut" connection 'connection (closed|lost)'
at=http://127.0.0.1:1 asked
fails "nobody there" connection \
	'127.0.0.1:1: cannot connect: Connection refused: .*--endpoint-url'
has "no call" '^- +clock$' '^- +call +ListDomains: no answer$'

inject '*' date 2s
asked
works "a clock that is almost right" '^ok +clock +[12] s slow$'
heal
inject '*' date 2m
asked
works "a clock that drifts" '^warn +clock +1(19|20) s slow$' \
	"^warn +clock: this host's clock is 1(19|20) s slow\$" \
	'^ +before it is five minutes: set .*NTP$'
heal
inject '*' date -1h
asked
works "a wrong clock, which the service does not mind" \
	'^warn +clock +3(599|600) s fast$' \
	"^ +requests are signed by the service's clock"
heal
inject '*' date 1h
inject '*' error InvalidSignatureException count=1
asked
works "a wrong clock, which is corrected" '^warn +clock +3(599|600) s slow$'
heal
endpoint=$signed inject '*' date 1h
at=$signed asked
works "for a service that looks at signatures, too" \
	'^warn +clock +3(599|600) s slow$'
inject '*' date 1h
inject '*' error InvalidSignatureException message='Signature expired'
asked
heal
fails "a wrong clock, of which it does mind" clock \
	"this host's clock is 3(599|600) s slow: InvalidSignatureException" NTP
has "the credentials are not blamed" '^ok +credentials ' \
	'^FAIL  call +ListDomains: InvalidSignatureException$'

# ---- JSON -------------------------------------------------------------------------------

# json FILTER: of the report.
json() {
	jq -er "$1" "$work/check"
}
asked -- --json --domain test
# As a stream the members stay in order; those that are objects come twice.
json_members() {
	jq -r --stream '.[0][0]' "$work/check" | uniq | tr '\n' ' '
}
is "$status $(wc -l <"$work/check") $(json_members)" \
	"0 1 ok profile region endpoint credentials ca proxy connection clock call " \
	"JSON is one object on one line"
is "$(json '"\(.ok) \(.region.state) \(.region.value) \(.region.source)"')" \
	"true ok eu-north-1 region of profile 'default'" "with the same rows"
is "$(json '.credentials | "\(.access_key_id) \(.expires_at)"')" \
	"AKIDEXAMPLE null" "the access key"
is "$(json '"\(.clock.skew_ms) \(.connection.ms | type)"')" "0 number" \
	"and numbers"
ok "and the domain's ARN" json '.call.arn | startswith("arn:aws:swf:")'
given 3600
asked -- --json --profile process
ok "when credentials end" json \
	'.credentials.expires_at | fromdateiso8601 > now'
inject '*' error AccessDeniedException
asked -- --json --domain test
heal
is "$status $(json '"\(.ok) \(.call.state) \(.call.code)"')" \
	"1 false failed AccessDeniedException" "a failure"
is "$(json '.call.policy.Action')" swf:DescribeDomain "has its policy"
ok "and its remedy" json '.call.remedy | contains("policy")'
asked TEND_JSON=1 -- --profile none
is "$(json '"\(.profile.state) \(.call.state)"')" "failed unknown" TEND_JSON

# Nothing of somebody else's moves the cursor.
inject '*' error AccessDeniedException \
	message='\u001b[2J\u0007one\ntwo \u20ac'
asked
heal
unlike "$report" $'\e|\a' "what others say cannot move the cursor"

# ---- misuse, and the end ------------------------------------------------------------------

# misuse ERE [WORD]...
misuse() {
	local ere=$1
	shift
	asked -- "$@"
	is "$status $report" "125 " "misuse: $*"
	like "$(<"$work/check.err")" "^tend: error: .*$ere" "and why"
}
misuse 'only options belong' --domain test word
misuse 'give its --domain' --task-list x
misuse "'a:b' is no name" --domain a:b
misuse 'has a blank at an end' --domain test --task-list ' x'
misuse 'it is empty' --domain ''
misuse 'unknown or ambiguous option --slots' --slots 3

"$tend" check --endpoint-url "$endpoint" >/dev/full 2>"$work/full.err"
is "$?" 125 "a report that cannot be written"
like "$(<"$work/full.err")" 'cannot write to stdout' "is said"

"$tend" check --help >"$work/help"
is "$?" 0 "--help"
for word in --domain --task-list --json --region --ca-bundle 'Exit status'; do
	ok "which tells of $word" grep -qe "$word" "$work/help"
done

# The machine may have others to serve: one that is fast is enough.
limit=100000
((lib_patience == 10)) || limit=1000000
for _ in {1..50}; do
	before=${EPOCHREALTIME/[.,]/}
	"$tend" check --endpoint-url "$endpoint" --domain test >/dev/null
	took=$((${EPOCHREALTIME/[.,]/} - before))
	((took >= limit)) || break
done
ok "it takes less than 100 ms ($took us)" test "$took" -lt "$limit"

done_testing
