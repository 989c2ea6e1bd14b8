#!/bin/bash
# SPDX-License-Identifier: MIT
# Credentials that come from somebody else: a role, a token, a sign-on, a
# program.  A task is done with each, and it is seen who was asked.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
[[ -n $python ]] || skip_all "no Python"
service_start
mkdir -p "$work/.aws/sso/cache" "$work/sts"
background "$python" "$top/tests/cli/sts.py" "$work/sts"
wait_for test -s "$work/sts/port" || bail "no STS"
export AWS_ENDPOINT_URL_STS AWS_ENDPOINT_URL_SSO AWS_ENDPOINT_URL_SSO_OIDC
AWS_ENDPOINT_URL_STS=http://127.0.0.1:$(<"$work/sts/port")
AWS_ENDPOINT_URL_SSO=$AWS_ENDPOINT_URL_STS
AWS_ENDPOINT_URL_SSO_OIDC=$AWS_ENDPOINT_URL_STS
config=$work/.aws/config

cat >"$config" <<-END
	[profile base]
	aws_access_key_id = AKIDBASE
	aws_secret_access_key = hushhush
	[profile role]
	role_arn = arn:aws:iam::123456789012:role/one
	source_profile = base
	[profile chain]
	role_arn = arn:aws:iam::123456789012:role/two
	source_profile = role
	[profile program]
	credential_process = "$work/get it" --for 'a b'
	[profile assumed]
	role_arn = arn:aws:iam::123456789012:role/three
	source_profile = program
	[profile sso]
	sso_session = corp
	sso_account_id = 123456789012
	sso_role_name = four
	[sso-session corp]
	sso_region = eu-west-1
	sso_start_url = https://corp.awsapps.com/start
END

# does NAME PROFILE KEY REQUEST...: a task is done with the keys KEY, which
# those requests were needed for.
does() {
	local name=$1 profile=$2 key=$3 option=()
	shift 3
	: >"$work/sts/asked"
	[[ -z $profile ]] || option=(--profile "$profile")
	new_task "$name"
	"$tend" run --endpoint-url "$endpoint" "${option[@]}" \
		--task "$work/$name.task" --log-level debug -- true \
		>"$work/$name.out" 2>"$work/$name.err"
	is "$?" 0 "$name: it is done"
	is "$(outcome "$name")" ActivityTaskCompleted "$name: SWF has it"
	like "$(<"$work/$name.err")" "credentials.*$key" "$name: with $key"
	is "$(<"$work/sts/asked")" "$(printf '%s\n' "$@")" \
		"$name: that was asked for, and no more"
	unlike "$(<"$work/$name.err")" 'hushhush|warning|error' \
		"$name: no secret and no trouble"
}

does json role ASIAONE "AssumeRole one AKIDBASE"
: >"$work/sts/xml"
does xml chain ASIATWO "AssumeRole one AKIDBASE" "AssumeRole two ASIAONE"

echo ey.token >"$work/token"
export AWS_WEB_IDENTITY_TOKEN_FILE=$work/token
export AWS_ROLE_ARN=arn:aws:iam::123456789012:role/five
does web "" ASIAFIVE "AssumeRoleWithWebIdentity five ey.token"
rm "$work/sts/xml"
does web2 "" ASIAFIVE "AssumeRoleWithWebIdentity five ey.token"
unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN

# ---- single sign-on ----------------------------------------------------------

cache=$work/.aws/sso/cache/$(printf corp | sha1sum | cut -c 1-40).json
cat >"$cache" <<-END
	{"startUrl": "https://corp.awsapps.com/start", "accessToken": "old",
	"expiresAt": "$(date -u -d '+10 minutes' +%FT%TZ)",
	"refreshToken": "refresh", "clientId": "c", "clientSecret": "hushhush",
	"registrationExpiresAt": "2999-01-01T00:00:00Z", "more": 1}
END
does sso sso ASIAFOUR "token refresh" "portal four renewed"
is "$(jq -c '[.accessToken, .refreshToken, .more]' "$cache")" \
	'["renewed","refresh",1]' "the CLI's token is renewed, and kept as it was"
does sso2 sso ASIAFOUR "portal four renewed"

# ---- a program ---------------------------------------------------------------

# program TEXT: what it does.
program() {
	printf '#!/bin/sh\n%s\n' "$1" >"$work/get it"
	chmod +x "$work/get it"
}

keys='{"Version": 1, "AccessKeyId": "AKIDPROGRAM",
	"SecretAccessKey": "hushhush"}'
program "[ \"\$#.\$2\" = '2.a b' ] && echo '$keys'; echo a word >&2"
does program program AKIDPROGRAM
ok "what it has to say is seen" contains "$work/program.err" '^a word$'
does assumed assumed ASIATHREE "AssumeRole three AKIDPROGRAM"

# ends NAME TEXT ERE: the program ends the run.
ends() {
	program "$2"
	"$tend" run --endpoint-url "$endpoint" --task-token x \
		--profile program -- touch "$work/started" \
		>"$work/out" 2>"$work/err"
	is "$?" 125 "a program that $1"
	like "$(<"$work/err")" \
		"'program' \\($config:[0-9]+\\): credential_process.*$3" \
		"$1: who and why is said"
	unlike "$(<"$work/err")" hushhush "$1: no secret"
	ok "$1: nothing is started" test ! -e "$work/started"
}

ends "prints junk" "echo hushhush" "not a JSON object"
ends "prints 10 MB" "head -c 10000000 /dev/zero" "printed over 64 KiB"
ends "prints no key" "echo '{\"Version\": 1}'" "no AccessKeyId"
chmod -x "$work/get it"
"$tend" run --endpoint-url "$endpoint" --task-token x --profile program \
	-- true >"$work/out" 2>"$work/err"
is "$?" 125 "a program that cannot be run"
like "$(<"$work/err")" "credential_process.*get it.*Permission denied" \
	"it is said why"

# One that fails is run again; one that hangs ends with tend.
program "[ -e '$work/twice' ] && echo '$keys' || { : >'$work/twice'; exit 3; }"
new_task again
"$tend" run --endpoint-url "$endpoint" --profile program \
	--task "$work/again.task" -- true >"$work/again.out" 2>"$work/again.err"
is "$?" 0 "a program that fails once"
is "$(outcome again)" ActivityTaskCompleted "is no more than a delay"
like "$(<"$work/again.err")" "exited with status 3" "of which one is told"

program "echo \$\$ >'$work/hangs'; exec sleep 1000"
"$tend" run --endpoint-url "$endpoint" --task-token x --profile program \
	--stop-deadline 3s -- true >"$work/out" 2>"$work/err" &
pid=$!
lib_pids+=("$pid")
wait_for test -s "$work/hangs"
kill "$pid"
wait "$pid"
is "$?" 143 "tend is told to stop while a program hangs"
ok "and takes it along" wait_for gone "$(<"$work/hangs")"

done_testing
