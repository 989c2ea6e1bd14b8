#!/bin/bash
# SPDX-License-Identifier: MIT
# What RespondActivityTaskCompleted carries: the last line, all of stdout, a
# file, or nothing; and what becomes of what is too long, or odd.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start

new_tasks task 60
number=0

# runs [OPTION]... -- COMMAND...
runs() {
	number=$((number + 1))
	tend_run "task$number" "$@"
	closed task
}

# prints OUTPUT [OPTION]...: a command that prints it.
prints() {
	printf '%b' "$1" >"$work/output"
	shift
	runs "$@" -- cat "$work/output"
}

# result WANT NAME
result() {
	is "$(field type) $(field result; echo .)" \
		"ActivityTaskCompleted $1." "$2"
}

# ---- the last line -----------------------------------------------------------

prints 'one\ntwo\n'
result two "the last line"
prints 'one\ntwo'
result two "without its end"
prints 'one\n\n \n'
result one "the last that is not blank"
prints ''
result none "no line: no result"
prints '\rworking 50%%\rdone\n'
result "done" "the last state of a progress bar"
prints 'r\xc3\xa9sultat \xff\n'
result "résultat �" "valid text, whatever it was"
prints 'P 1\nresult\n' --progress 'prefix:P '
result result "also when it is no progress"
prints 'P 1\nresult\n' --progress json --details json
result result "also when nothing is progress"
runs --progress-from stderr -- sh -c 'echo result; echo progress >&2'
result result "of stdout, also when progress is read from stderr"
runs --progress-from fd:5 -- bash -c 'echo output; echo result >&5'
result result "of the descriptor, when progress is read from one"

# length: UTF-16 units of the result.
length() {
	jq -n --arg text "$closed_result" '$text | explode |
		map(if . > 65535 then 2 else 1 end) | add'
}

head -c 32768 /dev/zero | tr '\0' x >"$work/fits"
runs -- cat "$work/fits"
is "$(length)" 32768 "a last line of 32,768 characters fits"
head -c 40000 /dev/zero | tr '\0' x >"$work/long"
runs -- cat "$work/long"
is "$(field type)" ActivityTaskCompleted "a longer one is completed"
is "$(length)" 32768 "cut"
unlike "$(field result)" '^x*$' "with a mark"
/usr/bin/env printf '\xf0\x9f\x98\x80%.0s' $(seq 20000) >"$work/wide"
runs -- cat "$work/wide"
ok "characters of two units are counted as two" \
	test "$(length)" -le 32768
unlike "$(field result)" '�' "and never cut in two"
is "$status" 0 "the exit status is the command's"

# ---- all of stdout -----------------------------------------------------------

prints 'one\ntwo\n' --result stdout
result $'one\ntwo\n' "all of stdout, as it is"
prints '' --result stdout
result '' "an empty stdout is an empty result"
prints 'a\x00\xff\r\n\033[1m' --result stdout
result $'a��\r\n\033[1m' "with bytes that are no text replaced"
runs --result stdout -- cat "$work/fits"
is "$(length)" 32768 "32,768 characters fit"
runs --result stdout --spool "$work/spool" --outcome "$work/outcome" -- \
	cat "$work/long"
is "$(field type)" ActivityTaskFailed "one that is too long is a failure"
like "$(field reason)" '^result of 40000 .*over.*32768' "that gives its size"
is "$status" 0 "the exit status is the command's"
is "$(grep -E "result of|exit status" "$work/task$number.err")" \
	"tend: error: failed: $(field reason)" "the log says so, once"
is "$(jq -r '.outcome + " " + .reason' "$work/outcome")" \
	"failed $(field reason)" "and so does the outcome file"
runs --result stdout -- cat "$work/wide"
like "$(field reason)" '^result of 40000 characters' "counted in characters"
/usr/bin/env printf '\xf0\x9f\x98\x80%.0s' $(seq 16384) >"$work/astral"
runs --result stdout -- cat "$work/astral"
is "$(length)" 32768 "16,384 characters of two units fit"
head -c 3000000 /dev/zero >"$work/huge"
runs --result stdout -- cat "$work/huge"
like "$(field reason)" '^result of 3000000 bytes' "3 MB are a failure, too"
printf '\xff%.0s' $(seq 32768) >"$work/invalid"
runs --result stdout -- cat "$work/invalid"
is "$(length)" 32768 "32,768 bytes that are no text fit"

# ---- a file ------------------------------------------------------------------

# SWF_RESULT_FILE is the command's to fill.
# files NAME SCRIPT: a run of it with --result file.
files() {
	runs --result file -- sh -c 'echo "$SWF_RESULT_FILE" >"$0"
		umask 077; '"$1" "$work/path"
	not_ok "the file is removed afterwards" test -e "$(<"$work/path")"
	not_ok "and its directory, too" \
		test -e "$(dirname "$(<"$work/path")")"
}

files 'printf "in a\nfile\n" >"$SWF_RESULT_FILE"; echo not this'
result $'in a\nfile\n' "a result by file"
files 'echo not this'
result none "no file: no result"
files ': >"$SWF_RESULT_FILE"'
result '' "an empty file is an empty result"
files 'echo x >"$SWF_RESULT_FILE.new"
	mv "$SWF_RESULT_FILE.new" "$SWF_RESULT_FILE"'
result $'x\n' "a file that was moved there"
files 'head -c 40000 /dev/zero | tr "\0" x >"$SWF_RESULT_FILE"'
like "$(field reason)" '^result of 40000 ' "one that is too long is a failure"
files 'truncate -s 1G "$SWF_RESULT_FILE"'
like "$(field reason)" '^result of 1073741824 bytes' "a huge one, at once"
files 'mkfifo "$SWF_RESULT_FILE"'
is "$(field type)" ActivityTaskFailed "a FIFO is a failure, and no hang"
like "$(field reason)" 'result file' "that says so"
files 'echo secret >"$0.secret"; ln -s "$0.secret" "$SWF_RESULT_FILE"'
is "$(field type)" ActivityTaskFailed "a symbolic link is not followed"
unlike "$closed_type$closed_result$closed_details" 'secret' "wherever it leads"
files 'mkdir "$SWF_RESULT_FILE"; rmdir "$SWF_RESULT_FILE"'
result none "a directory that has gone again is nothing"
files 'stat -c %a "$(dirname "$SWF_RESULT_FILE")" >"$0.mode"'
is "$(<"$work/path.mode")" 700 "the directory is private"
TMPDIR=$work runs --result file -- sh -c \
	'echo "$SWF_RESULT_FILE"; echo x >"$SWF_RESULT_FILE"'
like "$(<"$work/task$number.out")" "^$work/tend-" "it is made in TMPDIR"
result $'x\n' "and read there"
TMPDIR=$work/none runs --result file -- touch "$work/ran"
is "$status" 125 "a TMPDIR that is not there: nothing is started"
like "$(<"$work/task$number.err")" "TMPDIR.*$work/none" "and it is named"
not_ok "nothing was" test -e "$work/ran"

# A disk that fails: nothing is mapped at the beginning of a memory.
new_task broken
if unshare --mount true 2>/dev/null; then
	TMPDIR=$work unshare --mount "$tend" run --endpoint-url "$endpoint" \
		--no-sign-request --task "$work/broken.task" --result file -- \
		sh -c ': >"$SWF_RESULT_FILE"
		exec mount --bind "$0" "$SWF_RESULT_FILE"' "/proc/$$/mem" \
		2>"$work/broken.err"
	like "$(outcome_field broken reason)" \
		"^the result file cannot be read: " "one that cannot be read"
else
	skip "no mount namespaces" "one that cannot be read"
fi

runs --result file -- sh -c 'echo x >"$SWF_RESULT_FILE"; exit 7'
is "$(field type)" ActivityTaskFailed "a command that fails has no result"
is "$(field reason)" "exit status 7" "but its own reason"

# ---- none --------------------------------------------------------------------

prints 'one\n' --result none
result none "no result"
is "$(<"$work/task$number.out")" one "stdout is passed on all the same"

# ---- what is too long elsewhere ----------------------------------------------

name=/$(printf '%0250d' 0)/$(printf '%0250d' 0)
runs -- "$name"
is "$status" 127 "a reason that is too long"
is "$(field reason | wc -m)" 256 "is cut at 256 characters"
like "$(field reason)" "^cannot execute [.0]*: No such file or directory$" \
	"the error is still in it"

new_task rest
tend_run rest --ok-exit 0,3-5 --result last-line -- sh -c 'echo x; exit 4'
is "$(outcome rest)" ActivityTaskCompleted "a status that is declared good"
is "$(outcome_field rest result)" x "has a result"
is "$status" 4 "and is the exit status of tend"

done_testing
