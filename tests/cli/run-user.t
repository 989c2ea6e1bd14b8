#!/bin/bash
# SPDX-License-Identifier: MIT
# --user and --no-new-privs: the command is somebody else, and can do what
# that one can and nothing more; tend stops it all the same.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
. "$top/tests/cli/watch.sh"
service_start
chmod 755 "$work"
mkdir -m 1777 "$work/open"
own=$(id -u)
root=
[[ $own == 0 ]] && root=yes

# ---- what is wrong -----------------------------------------------------------

new_task wrong
refused() {
	local name=$1 value=$2 ere=$3
	supervise wrong --user "$value" -- touch "$work/started"
	is "$status" 125 "$name"
	like "$(<"$work/wrong.err")" "^tend: error: --user: $ere" "$name: why"
}
refused "nobody by that name" no-such-user "there is no user 'no-such-user'"
refused "no group by that name" "$own:no-such-group" "there is no group"
refused "no user at all" :0 'it must be USER or USER:GROUP'
refused "no group after the colon" "$own:" 'it must be USER or USER:GROUP'
refused "a number that is none" 99999999999 'there is no user'
ok "nothing was started" test ! -e "$work/started"

new_task self
supervise self --user "$own:$(id -g)" -- id -u
is "$status $(<"$work/self.out")" "0 $own" "who one already is, one may be"

new_task rights
supervise rights --no-new-privs -- grep NoNewPrivs /proc/self/status
is "$(<"$work/rights.out")" $'NoNewPrivs:\t1' "--no-new-privs is set"
new_task without
supervise without -- grep NoNewPrivs /proc/self/status
is "$(<"$work/without.out")" "$(grep NoNewPrivs /proc/self/status)" \
	"and is left alone otherwise"

if [[ -z $root ]]; then
	skip "needs root" "the rest"
	done_testing
	exit
fi

new_task refused
setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$tend" run --endpoint-url "$endpoint" --no-sign-request \
	--task-token x --user 0 -- true 2>"$work/refused.err" </dev/null
is "$?" 125 "who is not root may not be somebody else"
like "$(<"$work/refused.err")" '--user: tend must be root .* as root' "and why"

# ---- what the command is -----------------------------------------------------

new_task is input=hello
supervise is --user 12345:23456 --input file --result file -- sh -c '
	id -u; id -g; id -G; echo "$USER $LOGNAME $HOME $SHELL"
	cat "$SWF_INPUT_FILE"; echo
	printf result >"$SWF_RESULT_FILE"
	echo again >/dev/stdout; echo more >/dev/stderr' 2>/dev/null
is "$(<"$work/is.out")" "12345
23456
23456
12345 12345 / /bin/sh
hello
again" "one by number has that number, one group, its files and its output" ||
	diag "$(<"$work/is.err")"
is "$(outcome_field is result)" result "and its result is read"
like "$(<"$work/is.err")" more "its stderr can be opened, too"

new_task named
supervise named --user nobody -- sh -c 'id -un; id -G; echo "$HOME"'
is "$(<"$work/named.out")" "nobody
$(id -G nobody)
$(getent passwd nobody | cut -d: -f6)" "one by name has its groups and home"

new_task groups
setpriv --groups 4,24 "$tend" run --endpoint-url "$endpoint" \
	--no-sign-request --task "$work/groups.task" --user 12345:23456 -- \
	id -G >"$work/groups.out" 2>/dev/null
is "$(<"$work/groups.out")" 23456 "and none of tend's groups"

# Whoever may not read what tend has must not get it by way of tend.
new_task link
supervise link --user nobody --result file -- sh -c '
	cd "${SWF_RESULT_FILE%/*}" && rm -f result; ln -sf /etc/shadow result
	ln -sf /etc/shadow "$SWF_RESULT_FILE"; true' 2>/dev/null
is "$(outcome link) $(outcome_field link result)" "ActivityTaskCompleted " \
	"the result file cannot be made a link to another one"
new_task secret
supervise secret --user nobody --stderr-tail 0 -- sh -c '
	for of in $PPID $(ps -o ppid= -p $PPID); do
		cat "/proc/$of/environ" "/proc/$of/mem"
		ls "/proc/$of/fd/"
	done; kill -KILL $PPID $(ps -o ppid= -p $PPID); echo "$?"' 2>/dev/null
is "$status $(<"$work/secret.out")" "0 1" \
	"it sees nothing of guard and tend, and cannot kill them"
install -m 4755 "$(command -v id)" "$work/suid"
new_task suid
supervise suid --user nobody --no-new-privs -- "$work/suid" -u
is "$(<"$work/suid.out")" "$(id -u nobody)" \
	"with --no-new-privs a set-user-ID program gives it nothing"
new_task given
supervise given --user nobody -- "$work/suid" -u
is "$(<"$work/given.out")" 0 "and without it does"

# ---- its groups --------------------------------------------------------------

# in_groups COMMAND [ARG]...: where $work/group is the system's.
in_groups() {
	unshare -m --propagation private bash -c \
		'mount --bind "$0" /etc/group && exec "$@"' "$work/group" "$@"
}
: >"$work/group"
if in_groups true 2>/dev/null; then
	printf '%s:x:%d:%s\n' first 4001 nobody second 4002 daemon,nobody \
		other 4003 daemon third 4004 nobody >"$work/group"
	new_task several
	in_groups "$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task "$work/several.task" --user nobody:other -- id -G \
		>"$work/groups.out" 2>"$work/groups.err"
	is "$? $(<"$work/groups.out")" "0 4003 4001 4002 4004" \
		"the group that was asked for, and all the others of the user"
	seq 100000 165540 | sed 's/.*/g&:x:&:nobody/' >"$work/group"
	in_groups "$tend" run --endpoint-url "$endpoint" --no-sign-request \
		--task-token x --user nobody -- touch "$work/ran" \
		>"$work/groups.out" 2>"$work/groups.err"
	is "$?" 125 "more groups than there can be: 125"
	like "$(<"$work/groups.err")" \
		'--user: nobody is in 655[0-9]+ groups, and Linux allows 65536' \
		"and why"
	ok "nothing is run" test ! -e "$work/ran"
else
	skip "no mounts can be made here" "groups"
fi

# ---- its end -----------------------------------------------------------------

new_task stop
supervise_start stop -t 60s -i 50ms -k 200ms --user nobody -- sh -c '
	trap "" TERM; : >"$work/open/up"; setsid sleep 1000 &
	while :; do sleep 0.02; done'
wait_for there open/up
cancel_task stop
ended stop
is "$(outcome stop) $(survivors stop)" "ActivityTaskCanceled " \
	"it is stopped, with all that came of it"

rm -f "$work/open/up"
new_task killed
supervise_start killed -t 60s --user nobody -- sh -c '
	: >"$work/open/up"; trap "" TERM HUP; while :; do sleep 0.02; done'
wait_for there open/up
guard=$(guard_of killed)
kill -STOP "$(<"$work/killed.pid")"
kill -KILL "$guard"
ok "when the guard is killed, so is the command, without tend" \
	wait_for nobody_left killed
kill -CONT "$(<"$work/killed.pid")"
ended killed

new_task pty
supervise pty --user nobody --pty -- sh -c 'echo x >/dev/tty; exec 3<&1
	id -un >"$(tty <&3)"'
is "$(<"$work/pty.out")" "x
nobody" "--pty's terminal is its own"

new_task exec
mkdir -m 700 "$work/closed"
cp "$(type -P true)" "$work/closed/"
supervise exec --user nobody -- "$work/closed/true"
is "$status" 126 "a file that only root may execute cannot be executed"
like "$(outcome_field exec reason)" 'Permission denied' "which SWF is told"

done_testing
