#!/bin/bash
# SPDX-License-Identifier: MIT
# tend try: its options, and what is wrong with them.

. "${TEND_SOURCE:?}/tests/cli/try.sh"

# misuse NAME WANTED [ARG]...: one line, 125, and nothing was run.
misuse() {
	local name=$1 wanted=$2
	shift 2
	try misuse "$@"
	is "$status" 125 "$name: 125"
	is "$(lines "$work/misuse.err")" 1 "$name: one line"
	like "$(<"$work/misuse.err")" "$wanted" "$name: says what is right"
}

misuse "no command" "no command: tend try .*'tend try --help'"
misuse "a part of a second of lease" \
	"--heartbeat-timeout: .*whole seconds" -t 3.5 -- true
misuse "a part of a second to lose" \
	"--lose-after: .*whole seconds" --lose-after 0.5 -- true
misuse "no time to cancel" "--cancel-after: .*more than 0" \
	--cancel-after 0 -- true
misuse "no input" "--input: .*--input-text" --input file -- true
misuse "a task of another service" "option --task; see 'tend try --help'" \
	--task file -- true
misuse "another service" "option --endpoint-url; see" \
	--endpoint-url http://127.0.0.1:1 -- true
misuse "no format" "--progress: " --progress nonesuch -- true

try help --help
is "$status" 0 "--help: 0"
for option in --cancel-after --lose-after --input-text --stall-timeout; do
	like "$(<"$work/help.out")" " $option " "--help: has $option"
done
unlike "$(<"$work/help.out")" '--(task|region|endpoint-url)' \
	"--help: and no option of a service"
is "$(awk 'length > 80' "$work/help.out")" "" "--help: is 80 wide"
like "$("$tend" --help)" $'\n  try ' "tend --help knows it"

export TEND_CANCEL_AFTER=200ms TEND_HEARTBEAT_INTERVAL=100ms
try variables -- sleep 60
is "$status" 143 "options are variables, too"
unset TEND_CANCEL_AFTER TEND_HEARTBEAT_INTERVAL

# What is meant for AWS does not matter here.
export AWS_PROFILE=nonesuch AWS_ENDPOINT_URL=http://127.0.0.1:1
export http_proxy=http://127.0.0.1:1 TEND_REGION=nowhere
try elsewhere -- true
is "$status" 0 "settings of AWS and of proxies are left alone"
unset AWS_PROFILE AWS_ENDPOINT_URL http_proxy TEND_REGION

# A limit that is lowered closes nothing that is open.
lowered() (
	exec 200</dev/null
	ulimit -n 100
	try lowered -- test -e /proc/self/fd/200
	echo "$status"
)
is "$(lowered)" 0 "a descriptor above the limit is handed on"

# ---- Where swf-local is not --------------------------------------------------

mkdir "$work/alone"
cp "$tend" "$build/tend-guard" "$work/alone"
tend=$work/alone/tend
PATH=/usr/bin:/bin misuse "without swf-local" \
	'swf-local: not found: it should be .*/alone/swf-local or on PATH' -- true
PATH=$build:$PATH try path -- true
is "$status" 0 "it is found on PATH"
printf '#!/bin/sh\nexit 1\n' >"$work/alone/swf-local"
chmod +x "$work/alone/swf-local"
misuse "a swf-local that ends at once" 'swf-local has ended' -- true
printf '#!/bin/sh\necho 1\nexec cat\n' >"$work/alone/swf-local"
misuse "a swf-local that serves nothing" 'RegisterDomain: .*onnect' -- true

done_testing
