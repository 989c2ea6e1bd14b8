#!/bin/bash
# SPDX-License-Identifier: MIT
# What contrib/ has for those who run tend: that it can be read by those that
# it is for, and that it says what the programs do.

. "${TEND_SOURCE:?}/tests/tap.sh"
cd "$TEND_SOURCE" || bail "no $TEND_SOURCE"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- IAM: the operations that the code names, and no other -------------------

# Which subcommands a source belongs to.  A new one that names an operation has
# to find its place here; "local" talks to a swf-local of its own.
owners='
calls.c        run worker
timeouts.c     run worker
defaults.c     run worker
refusal.c      worker
poller.c       worker
registration.c worker
prepare.c      submit
submit.c       submit
watch.c        submit
stage.c        local
'

# ENUMERATOR OPERATION, a line each.
tr -s '\n\t' '  ' <src/aws/swf.c |
	grep -oE '\[SWF_[A-Z_]+\] = \{ \.name = "[A-Za-z]+"' |
	sed 's/\[\(.*\)\].*"\(.*\)"/\1 \2/' >"$work/names"
cat >>"$work/names" <<'END'
swf_heartbeat RecordActivityTaskHeartbeat
swf_completed RespondActivityTaskCompleted
swf_failed RespondActivityTaskFailed
swf_canceled RespondActivityTaskCanceled
END
ok "the operations are found in aws/swf.c" \
	test "$(grep -c '^SWF_' "$work/names")" -gt 15

# operations FILE: what it names.
operations() {
	local word name
	while read -r word name; do
		grep -qw "$word" "$1" && echo "$name"
	done <"$work/names"
}

homeless=
for file in src/tend/*.c; do
	operations "$file" | while read -r name; do
		echo "${file##*/} $name"
	done >"$work/used"
	[[ -s $work/used ]] || continue
	grep -q "^${file##*/} " <<<"$owners" || homeless+="$file "
	cat "$work/used" >>"$work/all"
done
is "$homeless" "" "every source that calls SWF belongs to a subcommand"

# called SUBCOMMAND: what its sources call.
called() {
	local file commands
	while read -r file commands; do
		[[ " $commands " == *" $1 "* ]] || continue
		sed -n "s/^$file //p" "$work/all"
	done <<<"$owners" | sort -u
}

if command -v jq >/dev/null; then
	for json in contrib/iam/*.json contrib/ecs/*.json; do
		ok "$json is JSON" jq empty "$json"
	done
	for policy in run worker submit; do
		# A policy for what this version does not have yet.
		case $policy in
		worker) [[ -e src/tend/poller.c ]] || continue ;;
		submit) [[ -e src/tend/watch.c ]] || continue ;;
		esac
		is "$(jq -r '.Statement[].Action[]' "contrib/iam/$policy.json" |
			sort)" "$(called "$policy" | sed 's/^/swf:/')" \
			"$policy.json allows what tend $policy calls"
	done
	is "$(jq -r '.Statement[] | select(.Effect != "Allow") | .Sid' \
		contrib/iam/*.json)" "" "they allow, and deny nothing"
else
	skip "jq is not installed" "the policies"
fi

# ---- variables: each is an option of tend ------------------------------------

grep -rhoE 'TEND_[A-Z_]+' contrib/systemd contrib/container contrib/ecs \
	contrib/kubernetes | sort -u >"$work/variables"
ok "there are variables to look at" test -s "$work/variables"
# What a worker takes is known once there is one.
if [[ -e src/tend/worker.c ]]; then
	unknown=
	while read -r variable; do
		option=${variable#TEND_}
		option=${option,,}
		grep -rq "name = \"${option//_/-}\"" src/tend/option*.c ||
			unknown+="$variable "
	done <"$work/variables"
	is "$unknown" "" "each of them is an option"
else
	skip "there is no tend worker" "each of them is an option"
fi

# ---- the rest, by those that it is for ---------------------------------------

if command -v systemd-analyze >/dev/null; then
	cp contrib/systemd/tend-worker@.service "$work/tend-worker@.service"
	said=$(systemd-analyze verify "$work/tend-worker@one.service" 2>&1 |
		grep -F tend-worker | grep -v 'man tend')
	is "$said" "" "systemd takes the unit"
else
	skip "systemd-analyze is not installed" "the unit"
fi

for python in /usr/bin/python3 "$(command -v python3)"; do
	[[ -x $python ]] && "$python" -c 'import yaml' 2>/dev/null && break
	python=
done
if [[ -n $python ]]; then
	ok "contrib/kubernetes is YAML" "$python" -c '
import sys, yaml
for path in sys.argv[1:]:
    spec = yaml.safe_load(open(path))["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] > 50
' contrib/kubernetes/*.yaml
else
	skip "python3-yaml is not installed" "contrib/kubernetes"
fi

# Every package that the image is built of is one that contrib/packages knows.
wanted=$(sed -n '/ AS build/,/^COPY/p' contrib/container/Dockerfile |
	tr '[:blank:]' '\n' | grep -E '^(lib.*-dev|auto.*|gcc|make|musl.*|pkg.*)$' |
	sort)
is "$wanted" "$(sed -n 's/^build *| *\([^ ]*\) *|.*/\1/p' contrib/packages |
	grep -v microhttpd | sort)" "the image is built with what is needed"

done_testing
