# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For the tests of credentials that have to be asked for: source it after
# run.sh and service_start.  A metadata service of this test's own is there,
# and every tend is told of it.
#
#	gives AKIDFIRST
#	new_task first
#	renewal_start first -- true
#	tend_wait first

[[ -n $python ]] || skip_all "no Python"

meta=$work/meta
mkdir "$meta"

# gives ID: the metadata service gives this set, from now on.
gives() {
	printf '{"AccessKeyId":"%s","SecretAccessKey":"hushhush",
		"Token":"sessiontoken","Expiration":"%s"}' "$1" \
		"$(date -u -d '+2 hours' +%FT%TZ)" >"$meta/answer.new"
	mv "$meta/answer.new" "$meta/answer"
}

# says TEXT: something else.
says() {
	echo "$1" >"$meta/answer.new"
	mv "$meta/answer.new" "$meta/answer"
}

asked() {
	if [[ -e $meta/asked ]]; then lines "$meta/asked"; else echo 0; fi
}

# has_lines FILE COUNT
has_lines() {
	(($(lines "$1") >= $2))
}

asked_more_than() {
	(($(asked) > $1))
}

says hang
background "$python" "$top/tests/cli/container.py" "$meta"
wait_for test -s "$meta/port" || bail "no metadata service"
export AWS_CONTAINER_CREDENTIALS_FULL_URI
AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:$(<"$meta/port")/creds

# renewal_start NAME [ARG]...: tend run on task NAME, signed; $pid is tend's.
renewal_start() {
	local name=$1
	shift
	env --default-signal=INT,QUIT "$tend" run --endpoint-url "$endpoint" \
		--task "$work/$name.task" --log-level debug "$@" \
		>"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$name.pid"
}

fault() { # JSON
	local_api DELETE faults >/dev/null
	local_api POST faults "$1" >"$work/fault" || bail "$(<"$work/fault")"
}

# expired OPERATION AFTER [COUNT]
expired() {
	fault '{"operation":"'"$1"'","after":'"$2"',"count":'"${3:-1}"',
		"fault":"error","value":"ExpiredTokenException",
		"message":"The security token included in the request is expired"}'
}
