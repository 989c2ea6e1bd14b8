#!/bin/bash
# SPDX-License-Identifier: MIT
# Credentials of the platform: of a container and of an instance, by metadata
# services on loopback that are well, late, wrong, hung or not there.

. "${TEND_SOURCE:?}/tests/cli/run.sh"
[[ -n $python ]] || skip_all "no Python"
service_start
meta=$work/meta
mkdir "$meta"
background "$python" "$top/tests/cli/metadata.py" "$meta"
wait_for test -s "$meta/port" || bail "no metadata service"
url=http://127.0.0.1:$(<"$meta/port")
full=AWS_CONTAINER_CREDENTIALS_FULL_URI
file=AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
container=("$full=$url/v1/x")
# In an overloaded hour a second may be too short.
instance=("AWS_EC2_METADATA_SERVICE_ENDPOINT=$url"
	AWS_EC2_METADATA_DISABLED= AWS_METADATA_SERVICE_TIMEOUT=30)

# does NAME KEY VARIABLE=VALUE... -- REQUEST...: a task is done with the keys
# KEY, which those requests were needed for.
does() {
	local name=$1 key=$2 variables=()
	shift 2
	while [[ $1 != -- ]]; do
		variables+=("$1")
		shift
	done
	shift
	: >"$meta/asked"
	new_task "$name"
	env "${variables[@]}" "$tend" run --endpoint-url "$endpoint" \
		--task "$work/$name.task" --log-level debug -- true \
		>"$work/$name.out" 2>"$work/$name.err"
	is "$?" 0 "$name: it is done"
	is "$(outcome "$name")" ActivityTaskCompleted "$name: SWF has it"
	like "$(<"$work/$name.err")" "credentials.*$key" "$name: with $key"
	is "$(<"$meta/asked")" "$(printf '%s\n' "$@")" \
		"$name: that was asked for, and no more"
	unlike "$(<"$work/$name.err")" hushhush "$name: no secret is shown"
}

# refused NAME ERE COUNT VARIABLE=VALUE...: with these a run ends before it
# begins, with one error, after so many requests.
refused() {
	local name=$1 ere=$2 count=$3
	shift 3
	: >"$meta/asked"
	env "$@" "$tend" run --endpoint-url "$endpoint" --task-token x \
		-- touch "$work/started" >"$work/out" 2>"$work/err"
	is "$?" 125 "$name: is the end"
	like "$(<"$work/err")" "$ere" "$name: it is said why"
	is "$(lines "$meta/asked")" "$count" "$name: after $count requests"
	ok "$name: nothing is started" test ! -e "$work/started"
	unlike "$(<"$work/err")" hushhush "$name: no secret is shown"
}

# ---- well --------------------------------------------------------------------

does container ASIACONTAINER "${container[@]}" -- "GET /v1/x -"
echo mounted >"$work/token"
does token ASIACONTAINER "${container[@]}" "$file=$work/token" \
	AWS_CONTAINER_AUTHORIZATION_TOKEN=old -- "GET /v1/x mounted"
roles=/latest/meta-data/iam/security-credentials/
does instance ASIAINSTANCE "${instance[@]}" -- "PUT /latest/api/token -" \
	"GET $roles session==" "GET ${roles}my-role session=="

# ---- wrong -------------------------------------------------------------------

echo 403 >"$meta/mode"
refused "a container that is refused" \
	"container at $url/v1/x: HTTP status 403.*authorization token" 3 \
	"${container[@]}"
refused "an instance without metadata" \
	"no credentials.*AWS_ACCESS_KEY_ID.*instance metadata at $url.*403" 1 \
	"${instance[@]}"
rm "$meta/mode"
refused "a forbidden host" \
	"$full: 'http://192.0.2.1/x' would.*unencrypted.*169.254.170.23" 0 \
	"$full=http://192.0.2.1/x"
refused "a token file that is not there" \
	"$file: $work/nowhere: No such file" 0 \
	"${container[@]}" "$file=$work/nowhere"

# ---- late and hung -----------------------------------------------------------

echo 503 >"$meta/mode"
: >"$meta/asked"
new_task late
env "${container[@]}" "$tend" run --endpoint-url "$endpoint" \
	--task "$work/late.task" -- true >"$work/late.out" 2>"$work/late.err" &
pid=$!
lib_pids+=("$pid")
wait_for test -s "$meta/asked"
rm "$meta/mode"
wait "$pid"
is "$?" 0 "a service that is not ready is asked again"
is "$(outcome late)" ActivityTaskCompleted "and is no more than a delay"

echo hang >"$meta/mode"
: >"$meta/asked"
env "${container[@]}" "$tend" run --endpoint-url "$endpoint" --task-token x \
	--stop-deadline 3s -- touch "$work/started" >"$work/out" 2>"$work/err" &
pid=$!
lib_pids+=("$pid")
wait_for test -s "$meta/asked"
before=$(now_ms)
kill "$pid"
wait "$pid"
is "$?" 143 "a service that hangs does not keep tend from stopping"
ok "nor beyond its deadline" test $(($(now_ms) - before)) -lt 8000
ok "nothing was started" test ! -e "$work/started"

done_testing
