#!/bin/bash
# SPDX-License-Identifier: MIT
# Commands that can be executed and such that cannot: the exit status is 127
# for what is not found and 126 for the rest, as env(1) and the shells have
# it, and SWF is told which file and why.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start

bin=$work/bin
mkdir "$bin" "$work/other" "$bin/directory"
printf 'echo "script: $0 $*"\n' >"$bin/script"
printf '#!/bin/sh\necho "sh: $*"\nexit 3\n' >"$bin/good"
printf '#!/no/such/interpreter\n' >"$bin/orphan"
printf '#!\n' >"$bin/empty-interpreter"
printf 'echo not me\n' >"$bin/plain"
cp /bin/true "$bin/busy"
chmod +x "$bin/"{script,good,orphan,empty-interpreter,busy}

number=0 path=$PATH
tries() { # WANT NAME COMMAND [ARG]...
	local want=$1 name=$2
	shift 2
	number=$((number + 1))
	task=try$number
	env PATH="$path" "$tend" run --endpoint-url "$endpoint" \
		--no-sign-request --task "$work/$task.task" -- "$@" \
		>"$work/$task.out" 2>"$work/$task.err"
	is "$?" "$want" "$name: exit status"
}

# cannot WANT NAME REASON COMMAND [ARG]...
cannot() {
	local reason=$3
	tries "$1" "$2" "${@:4}"
	is "$(jq -r --arg id "$task" '
		(map(select(.activityTaskScheduledEventAttributes.activityId
			== $id)) | first.eventId) as $scheduled |
		map(.activityTaskFailedEventAttributes // empty |
			select(.scheduledEventId == $scheduled)) |
		first.reason' <<<"$(history try)")" "$reason" "$2: SWF is told"
	like "$(<"$work/$task.err")" "${4:-execute}" "$2: so are people"
}

new_tasks try 24
cd "$work" || exit

cannot 127 "a command that is missing" \
	"cannot execute no-such-command: No such file or directory" \
	no-such-command
cannot 127 "a path that is missing" \
	"cannot execute $bin/none: No such file or directory" "$bin/none"
cannot 127 "an empty name" "cannot execute : No such file or directory" ""
cannot 126 "a directory" "cannot execute $bin/directory: Permission denied" \
	"$bin/directory"
cannot 126 "not executable" "cannot execute $bin/plain: Permission denied" \
	"$bin/plain"
cannot 127 "a path through a file" \
	"cannot execute $bin/plain/x: Not a directory" "$bin/plain/x"
cannot 127 "a script whose interpreter is missing" \
	"cannot execute $bin/orphan: No such file or directory" "$bin/orphan"
long=$(printf '%0300d' 0)
cannot 126 "a name that is too long" \
	"cannot execute ...${long:82}: File name too long" "$long"
exec 8>>"$bin/busy"
cannot 126 "a program that is being written" \
	"cannot execute $bin/busy: Text file busy" "$bin/busy"
exec 8>&-

tries 0 "a script without #!" "$bin/script" one 'two words'
is "$(<"$work/$task.out")" "script: $bin/script one two words" \
	"a script without #! is run by sh, with its arguments"
tries 3 "a script with #!" "$bin/good" x
is "$(<"$work/$task.out")" "sh: x" "a script with #! runs"
tries 3 "a relative path" bin/good y
is "$(<"$work/$task.out")" "sh: y" "a relative path is found"
tries 3 "a relative path with a dot" ./bin/good y

path=$work/other:$bin:$PATH
tries 3 "a name in PATH" good z
is "$(<"$work/$task.out")" "sh: z" "a name in PATH is found"
tries 0 "a script without #! in PATH" script a
like "$(<"$work/$task.out")" "^script: .*script a$" \
	"a script without #! in PATH runs"

printf 'echo wrong\n' >"$work/other/good"
path=$work/other:$bin
tries 3 "what cannot be executed is passed over" good
path=$work/other
cannot 126 "but told if there is nothing else" \
	"cannot execute good: Permission denied" good
mkdir "$work/third" "$work/third/good"
path=$work/third:$bin
tries 3 "a directory in PATH of that name is, too" good
path=$bin/plain:$work/none:$bin
tries 3 "so is what is no directory" good
cd "$bin" || exit
path=:/bin
tries 3 "an empty entry in PATH is the working directory" good
cd "$work" || exit
path=''
cannot 127 "an empty PATH has nothing but that" \
	"cannot execute sh: No such file or directory" sh
cp "$bin/good" "$work/here"
env -u PATH "$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task "$work/try23.task" -- sh -c 'exit 5'
is "$?" 5 "without PATH, the system's own is searched"

# What is started has its name as it was given.
tend_run try24 -- bash -c 'echo "$0"' my-name
is "$(<"$work/try24.out")" my-name "arguments arrive as they are"

new_task odd
tend_run odd -- sh -c 'printf "%s|" "$@"' sh '' ' ' $'new\nline' '*' \
	$'\xff\x01' -- --task-token x
printf '%s|' '' ' ' $'new\nline' '*' $'\xff\x01' -- --task-token x >"$work/want"
is_file "$work/odd.out" "$work/want" "odd arguments arrive as they are"

done_testing
