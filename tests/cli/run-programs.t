#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs as they are: what they print about their progress arrives.

# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
service_start

head -c 20000000 /dev/urandom >"$work/data"

have() {
	command -v "$1" >/dev/null && return
	skip "$1 is not installed" "$1"
	return 1
}

beat_like() {
	[[ $(beat_details "$1") =~ $2 ]]
}

# ---- dd ----------------------------------------------------------------------

new_task dd
tend_start dd -i 100ms --progress-from stderr --result none -- sh -c '
	until [ -e "$0" ]; do head -c 100000 /dev/zero; sleep 0.05; done |
		dd bs=1000 of=/dev/null status=progress' "$work/dd.go"
ok "dd status=progress: heartbeats say how much was copied" \
	wait_for beat_like dd '^[0-9]+ bytes .*copied' ||
	diag "$(beat_details dd)"
touch "$work/dd.go"
tend_wait dd
is "$status" 0 "dd ends well"
ok "what it printed is passed on" grep -aq '00000 bytes' "$work/dd.err"

new_task usr1
tend_start usr1 -i 100ms --progress-from stderr --result none -- sh -c '
	trap "" USR1
	{ head -c 2000000 /dev/zero; until [ -e "$0" ]; do sleep 0.05; done; } |
		env --default-signal=USR1 dd bs=1000 of=/dev/null' "$work/usr1.go"
ask() {
	kill -USR1 "$(<"$work/usr1.pid")"
	beat_like usr1 'bytes .*copied'
}
wait_for beats_reach usr1 2
ok "dd that is asked by USR1, through tend: the same" wait_for ask
touch "$work/usr1.go"
tend_wait usr1

# ---- rsync, curl, tar --------------------------------------------------------

if have rsync; then
	new_task rsync
	tend_run rsync --progress 'regex:([0-9]+%)' -- sh -c '
		rsync -a --info=progress2 "$0" "$0.copy" && exit 7' \
		"$work/data"
	is "$status" 7 "rsync --info=progress2 ends well"
	like "$(outcome_field rsync details)" '^100%' "and got to 100%"
	is_file "$work/data.copy" "$work/data" "the copy is one"
fi

new_task curl
tend_run curl --progress-from stderr --progress 'regex:([0-9.]+%)' -- sh -c '
	curl -# -o "$0.curl" "file://$0" && exit 7' "$work/data"
is "$status" 7 "curl -# ends well"
like "$(outcome_field curl details)" '^100\.0%' "and got to 100%"

new_task tar
tend_run tar --progress-from stderr --progress 'prefix:tar: ' -- sh -c '
	tar --checkpoint=500 --checkpoint-action=echo="%u written" \
		-cf - -C "${0%/*}" data | wc -c >"$0.size"; exit 7' "$work/data"
like "$(outcome_field tar details)" 'written' "tar --checkpoint"

# ---- scripts -----------------------------------------------------------------

cat >"$work/bar" <<-'END'
	#!/bin/bash
	for ((i = 0; i <= 100; i += 5)); do
		printf '\r\033[32m[%-20s]\033[0m %3d%%' \
			"$(printf '%*s' $((i / 5)) '' | tr ' ' '#')" "$i"
	done
	printf '\n'
	exit 9
END
chmod +x "$work/bar"
new_task bar
tend_run bar --details json -- "$work/bar"
is "$(outcome_field bar details | head -n 1 | jq -c '[.progress, .percent]')" \
	'["[####################] 100%",100]' "a bar in colour"

new_task steps
tend_run steps --progress 'regex:^(step [0-9]+ of [0-9]+)' --details json -- \
	sh -c 'for i in 1 2 3; do echo "step $i of 4: working"; echo noise; done
	exit 1'
is "$(outcome_field steps details | head -n 1 | jq -r .progress)" \
	"step 3 of 4" "steps by regex"

new_task python
if [[ -n $python ]]; then
	tend_run python --progress json -- "$python" -c '
import json, sys
for i in range(1, 101):
    print(json.dumps({"percent": i, "file": "x"}), flush=(i % 10 == 0))
    print("a log line", file=sys.stderr)
sys.exit(4)'
	is "$status" 4 "a Python program that prints JSON"
	is "$(outcome_field python details | head -n 1)" \
		'{"percent": 100, "file": "x"}' "the last object is the progress"
fi

done_testing
