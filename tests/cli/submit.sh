# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For the tests of "tend submit": source it after lib.sh and watch.sh.
#
#	submit_start copy --retries 1
#	take copy
#	complete copy 'the result'
#	tend_wait copy
#	is "$status" 0 "it completed"
#	is "$(<"$work/copy.out")" "the result" "and this is the result"
#
# What is submitted as NAME is workflow NAME with an activity step:1 on task
# list work-NAME; the worker is this script, or "tend run".

# submit NAME [ARG]...: to its end.  Sets $status.
submit() {
	submit_start "$@"
	tend_wait "$1"
}

# submit_start NAME [ARG]...: without waiting; $pid is tend's.
submit_start() {
	local name=$1
	shift
	submit_words "$name" --domain test --activity step:1 \
		--workflow-id "$name" --task-list "work-$name" "$@"
}

# submit_words NAME [WORD]...: tend submit with these words and no others but
# for the service.
submit_words() {
	local name=$1
	shift
	env --default-signal=INT,QUIT,HUP "$tend" submit \
		--endpoint-url "$endpoint" --no-sign-request "$@" \
		>"$work/$name.out" 2>"$work/$name.err" </dev/null &
	pid=$!
	lib_pids+=("$pid")
	echo "$pid" >"$work/$name.pid"
}

# submit_pid NAME
submit_pid() {
	cat "$work/$1.pid"
}

# take NAME: its task, as a worker called worker-NAME gets it.
take() {
	wait_for contains "$work/$1.err" 'scheduled' || return
	swf PollForActivityTask "{\"domain\":\"test\",\"taskList\":{
		\"name\":\"work-$1\"},\"identity\":\"worker-$1\"}" \
		>"$work/$1.task" || return
	lib_member taskToken "$(<"$work/$1.task")" >"$work/$1.token" &&
		lib_member runId "$(<"$work/$1.task")" >"$work/$1.run"
}

# respond OPERATION NAME [MEMBER VALUE]...: about its task.
respond() {
	local operation=$1 name=$2
	shift 2
	swf "$operation" "$(jq -nc --arg token "$(token "$name")" \
		'[$ARGS.positional | range(0; length; 2) as $i |
		{key: .[$i], value: .[$i + 1]}] | from_entries +
		{taskToken: $token}' --args "$@")"
}

# complete NAME RESULT
complete() {
	respond "$completed" "$1" result "$2"
}

# logged NAME ERE: whether a line of its log matches.
logged() {
	contains "$work/$1.err" "$2"
}

# events NAME: the types of its events, but for those of decisions.
events() {
	history "$1" | jq -r '.[].eventType | select(test("Decision") | not)'
}

# submitted NAME: waits for it; sets $status and $log.
submitted() {
	tend_wait "$1"
	log=$(<"$work/$1.err")
}

# closed NAME: how its execution was closed.
closed() {
	events "$1" | tail -n 1
}
