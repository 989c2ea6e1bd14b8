#!/bin/bash
# SPDX-License-Identifier: MIT
# Where region and credentials come from, and what is said when they do not:
# none, half of them, a profile that is not there, a broken file, providers
# that are not configured well.  Nothing is sent to SWF in any of these.

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start
# The end of the chain is there without being configured.
export AWS_EC2_METADATA_DISABLED=true

started=$work/started
mkdir -p "$work/.aws"
config=$work/.aws/config
secrets=$work/.aws/credentials

# refused NAME ERE [VARIABLE=VALUE]... -- [OPTION]...: with these, a run that
# is otherwise good ends before it begins, with one line.
refused() {
	local name=$1 ere=$2 variables=() line
	shift 2
	while [[ $1 != -- ]]; do
		variables+=("$1")
		shift
	done
	shift
	env "${variables[@]}" "$tend" run --task-token x "$@" \
		-- touch "$started" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	line=$(<"$work/err")
	if [[ $status == 125 && ! -s $work/out && ! -e $started &&
		$(lines "$work/err") == 1 && $line == "tend: error: "* &&
		$line =~ $ere ]]
	then
		pass "$name"
	else
		fail "$name"
		diag "exit status $status, want 125; want a match of: $ere"
		diag "$line"
	fi
	unlike "$line" "hushhush" "$name: no secret is shown"
}

here=(--endpoint-url "$endpoint")
id=AWS_ACCESS_KEY_ID=AKIDEXAMPLE
secret=AWS_SECRET_ACCESS_KEY=hushhush

# ---- nothing, or half of it --------------------------------------------------

refused "no credentials" \
	'no credentials.*AWS_ACCESS_KEY_ID.*aws configure.*--no-sign-request' \
	-- "${here[@]}"
refused "no credentials: the files are named" "$secrets.*$config" \
	-- "${here[@]}"
refused "a key without its secret" 'half.*AWS_SECRET_ACCESS_KEY is not' \
	"$id" -- "${here[@]}"
refused "a secret without its key" 'half.*AWS_ACCESS_KEY_ID is not' \
	"$secret" -- "${here[@]}"
refused "an empty secret" 'half.*AWS_SECRET_ACCESS_KEY is not' \
	"$id" AWS_SECRET_ACCESS_KEY= -- "${here[@]}"

# ---- profiles ----------------------------------------------------------------

refused "an unknown profile" "--profile.*'nobody'.*$config.*$secrets" \
	-- "${here[@]}" --profile nobody
refused "an unknown profile in AWS_PROFILE" "AWS_PROFILE.*'nobody'" \
	"$id" "$secret" AWS_PROFILE=nobody -- "${here[@]}"

cat >"$secrets" <<-'END'
	[default]
	aws_access_key_id = AKIDDEFAULT
	aws_secret_access_key = hushhushdefault
	[half]
	aws_access_key_id = AKIDHALF
	[other]
	aws_access_key_id = AKIDOTHER
	aws_secret_access_key = hushhushother
	aws_session_token = hushhushtoken
END
cat >"$config" <<-'END'
	[default]
	region = eu-west-1
	[profile role]
	role_arn = arn:aws:iam::1:role/x
	source_profile = role
	[profile both]
	role_arn = arn:aws:iam::1:role/x
	source_profile = default
	credential_source = Environment
	[profile mfa]
	role_arn = arn:aws:iam::1:role/x
	source_profile = default
	mfa_serial = x
	[profile sso]
	sso_session = corp
	sso_account_id = 1
	[profile signed-out]
	sso_account_id = 1
	sso_role_name = r
	sso_region = eu-west-1
	sso_start_url = https://x
	[profile process]
	credential_process = nosuchprogram
	[profile junk]
	credential_process = echo hushhush
	[profile quote]
	credential_process = get 'x
	[profile web]
	web_identity_token_file = /nonexistent
	role_arn = arn:aws:iam::1:role/x
	[profile login]
	login_session = x
	[profile bare]
	region = eu-west-1
	[profile services]
	services = none
	aws_access_key_id = AKIDSERVICES
	aws_secret_access_key = hushhushservices
	[profile fips]
	use_fips_endpoint = perhaps
	aws_access_key_id = AKIDSERVICES
	aws_secret_access_key = hushhushservices
END

refused "half a key pair in a profile" \
	"half.*'half' in $secrets.*no aws_secret_access_key" \
	-- "${here[@]}" --profile half
refused "a profile with no credentials" "no credentials.*'bare'" \
	-- "${here[@]}" --profile bare
refused "keys in the environment do not count beside --profile" \
	"no credentials.*--profile" "$id" "$secret" -- "${here[@]}" \
	--profile bare
refused "a provider that tend does not have" \
	"'login'.*login_session.*cannot.*export-credentials" \
	-- "${here[@]}" --profile login
refused "a role that is its own source" \
	"'role' \($config:5\): a loop of source_profile: role -> role" \
	-- "${here[@]}" --profile role
refused "a role with two sources" "'both'.*one of them" \
	-- "${here[@]}" --profile both
refused "a role that wants a code" "'mfa'.*mfa_serial" \
	-- "${here[@]}" --profile mfa
refused "a session that is not there" "'sso'.*sso-session corp" \
	-- "${here[@]}" --profile sso
refused "a program with an open quote" "'quote'.*not closed" \
	-- "${here[@]}" --profile quote
refused "a services section that is not there" 'services none' \
	-- --profile services
refused "a switch that is neither true nor false" \
	"use_fips_endpoint.*'perhaps'.*true nor false" -- --profile fips

# What is found to be wrong only when it is asked, of the first heartbeat.
# asked NAME ERE [OPTION]...
asked() {
	local name=$1 ere=$2
	shift 2
	"$tend" run --task-token x "${here[@]}" "$@" -- touch "$started" \
		>"$work/out" 2>"$work/err" </dev/null
	is "$?" 125 "$name"
	like "$(<"$work/err")" "$ere" "$name: it is said why"
	unlike "$(<"$work/err")" hushhush "$name: no secret is shown"
	ok "$name: nothing is started" test ! -e "$started"
}

asked "nobody is signed in" \
	"'signed-out'.*No such file.*'aws sso login --profile signed-out'" \
	--profile signed-out
asked "no such program" \
	"'process' \($config:[0-9]+\): credential_process.*nosuchprogram" \
	--profile process
asked "a program that prints junk" \
	"'junk'.*credential_process: 'echo' printed what is not a JSON" \
	--profile junk
asked "a token file that is not there" \
	"'web'.*/nonexistent: No such file" --profile web

mv "$secrets" "$secrets.good"
refused "a web identity without a role" \
	'AWS_WEB_IDENTITY_TOKEN_FILE.*AWS_ROLE_ARN' \
	AWS_WEB_IDENTITY_TOKEN_FILE=/x -- "${here[@]}"
refused "a container URI to a forbidden host" \
	'AWS_CONTAINER_CREDENTIALS_FULL_URI' \
	AWS_CONTAINER_CREDENTIALS_FULL_URI=http://x -- "${here[@]}"
refused "an endpoint of STS that is none" "AWS_ENDPOINT_URL_STS.*ftp:" \
	AWS_WEB_IDENTITY_TOKEN_FILE=/x AWS_ROLE_ARN=arn:aws:iam::1:role/x \
	AWS_ENDPOINT_URL_STS=ftp://x -- "${here[@]}"
mv "$secrets.good" "$secrets"

# ---- broken files ------------------------------------------------------------

# broken NAME LINE TEXT: a file whose line LINE is broken, as either file.
broken() {
	local name=$1 line=$2 file=$work/broken
	printf '%b' "$3" >"$file"
	refused "a config file with $name" "$file: line $line: " \
		"$id" "$secret" AWS_CONFIG_FILE="$file" -- "${here[@]}"
	refused "a credentials file with $name" "$file: line $line: " \
		AWS_SHARED_CREDENTIALS_FILE="$file" -- "${here[@]}"
}

broken "a section that does not close" 3 '[default]\nregion = x\n[oops\n'
broken "a line that is nothing" 2 '[default]\nregion\n'
broken "a key before any section" 1 'region = x\n[default]\n'
broken "binary rubbish" 1 '\x7fELF\x02\x01\x01\n\x00\x01\n'
refused "a config file that is a directory" "$work/.aws: Is a directory" \
	"$id" "$secret" AWS_CONFIG_FILE="$work/.aws" -- "${here[@]}"
head -c 3000000 /dev/zero | tr '\0' '\n' >"$work/huge"
refused "a config file of 3 MB" "$work/huge: " \
	"$id" "$secret" AWS_CONFIG_FILE="$work/huge" -- "${here[@]}"
if [[ $(id -u) == 0 ]]; then
	skip "root can read everything" "a config file that may not be read"
else
	: >"$work/secret"
	chmod 0 "$work/secret"
	refused "a config file that may not be read" \
		"$work/secret: Permission denied" \
		"$id" "$secret" AWS_CONFIG_FILE="$work/secret" -- "${here[@]}"
fi

# ---- region ------------------------------------------------------------------

bare=(AWS_CONFIG_FILE=/dev/null "$id" "$secret")
refused "no region" "no region.*--region.*AWS_REGION.*profile" \
	"${bare[@]}" --
refused "no region, with an endpoint on another host" "no region.*--region" \
	"${bare[@]}" -- --endpoint-url https://swf.invalid
refused "a region that is none" "--region: 'US_EAST' is not a region" \
	"${bare[@]}" -- --region US_EAST
refused "a region with a host's dots" "--region: .*not a region" \
	"${bare[@]}" -- --region evil.example/
refused "a bad region in AWS_REGION" "AWS_REGION: 'x y' is not a region" \
	"${bare[@]}" "AWS_REGION=x y" --
refused "an empty region" "--region: " "${bare[@]}" -- --region ''
refused "an endpoint of one's own, and FIPS" "AWS_USE_FIPS_ENDPOINT" \
	"${bare[@]}" AWS_USE_FIPS_ENDPOINT=true -- "${here[@]}"

is "$(local_api GET calls | jq '.calls | length')" 0 \
	"none of all that has sent anything"

# ---- what works --------------------------------------------------------------

new_tasks good 10

# good NAME NUMBER [VARIABLE=VALUE]... -- [OPTION]...: completes a task.
good() {
	local name=$1 number=$2 variables=()
	shift 2
	while [[ $1 != -- ]]; do
		variables+=("$1")
		shift
	done
	shift
	env "${variables[@]}" "$tend" run --task "$work/good$number.task" \
		"$@" -- true >"$work/out" 2>"$work/err" </dev/null
	status=$?
	is "$status" 0 "$name" || diag "$(<"$work/err")"
}

good "keys of the environment" 1 "${bare[@]}" -- "${here[@]}"
good "keys of the environment, with a session token" 2 "${bare[@]}" \
	AWS_SESSION_TOKEN=x -- "${here[@]}"
good "the default profile" 3 -- "${here[@]}"
good "a profile by option" 4 -- "${here[@]}" --profile other
good "a profile by variable" 5 AWS_PROFILE=other -- "${here[@]}"
good "--no-sign-request needs no credentials" 6 HOME=/nonexistent -- \
	"${here[@]}" --no-sign-request
good "the endpoint of AWS_ENDPOINT_URL" 7 AWS_ENDPOINT_URL="$endpoint" --
good "the endpoint of AWS_ENDPOINT_URL_SWF goes before it" 8 \
	AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_ENDPOINT_URL_SWF="$endpoint" --
cat >>"$config" <<-END
	[profile here]
	services = mine
	[services mine]
	swf =
	  endpoint_url = $endpoint
END
cat >>"$secrets" <<-END
	[here]
	aws_access_key_id = AKIDHERE
	aws_secret_access_key = hushhushhere
END
good "the endpoint of a profile's services" 9 -- --profile here
good "an option goes before all of them" 10 \
	AWS_ENDPOINT_URL=http://127.0.0.1:1 -- --profile here "${here[@]}"
is "$(outcome_count good ActivityTaskCompleted)" 10 "all of these completed"

done_testing
