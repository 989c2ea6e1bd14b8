#!/bin/bash
# SPDX-License-Identifier: MIT
# swf-local as the child of a program: its port on stdout, and its end with
# that of standard input.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
[[ -x $swf_local ]] || skip_all "built without swf-local"

coproc "$swf_local" --port 0 --port-file - --exit-with-stdin \
	2>"$work/log"
service=$COPROC_PID
lib_pids+=("$service")
read -r -t 10 port <&"${COPROC[0]}"
like "$port" '^[0-9]+$' "the port is on stdout"
echo "this says nothing to it" >&"${COPROC[1]}"
endpoint=http://127.0.0.1:$port
local_api GET calls >"$work/calls"
is "$?" 0 "and it answers there"
input=${COPROC[1]}
eval "exec $input>&-"
ok "it ends when its input ends" wait_for gone "$service"
wait "$service"
is "$?" 0 "as if it had been told to"

"$swf_local" --port 0 --exit-with-stdin </dev/null 2>"$work/log"
is "$?" 125 "what has no end to wait for is refused"
like "$(<"$work/log")" 'wants a pipe' "in one line that says what is right"

done_testing
