#!/bin/bash
# SPDX-License-Identifier: MIT
# tend flush: what is in a spool, and what becomes of it.
# shellcheck disable=SC2016 # what stands in single quotes is for sh

. "${TEND_SOURCE:?}/tests/cli/run.sh"
. "$top/tests/cli/spool.sh"
fill=$build/tests/tools/spoolfill
service_start

# inject OPERATION FAULT [MEMBERS]; heal: see swf-local(1).
inject() {
	local_api POST faults \
		"{\"operation\":\"$1\",\"fault\":\"$2\"${3+,$3}}" >/dev/null
}
heal() {
	local_api DELETE faults >/dev/null
}
completed=RespondActivityTaskCompleted
failed=RespondActivityTaskFailed

# left NAME...: records in the spool, as of a tend that has ended.
left() {
	local name
	for name; do
		printf '%s %s\n' "$name" "$(token "$name")"
	done | "$fill" "$spool" "$endpoint/" us-east-1 1000
}

# record: the one file that is there.
record() {
	echo "$spool"/*.spool
}

# put FILE OFFSET BYTES: changes a file.
put() {
	printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# ---- usage -------------------------------------------------------------------

# misuse ERE [ARG]...
misuse() {
	local ere=$1
	shift
	"$tend" flush --endpoint-url "$endpoint" --no-sign-request "$@" \
		2>"$work/err"
	is "$?" 125 "tend flush${*:+ $*}: 125"
	like "$(<"$work/err")" "^tend: error: $ere" "and why"
}
misuse 'no spool: give --spool DIR'
misuse '.*one word too many' --spool "$work" word
misuse "--spool: cannot open $work/none: No such file" --spool "$work/none"
chmod 750 "$work"
misuse '--spool: .*chmod 700' --spool "$work"
chmod 700 "$work"
misuse '--report-timeout' --spool "$work" --report-timeout x
"$tend" flush --help >"$work/out"
like "$(<"$work/out")" "^usage: tend flush --spool DIR" "--help"

mkdir -m 700 "$spool"
flush
is "$status $(<"$work/flush.err")" "0 " "an empty spool: 0, and not a word"
TEND_SPOOL=$spool "$tend" flush --endpoint-url "$endpoint" --no-sign-request
is "$?" 0 "TEND_SPOOL is the same"

# ---- delivered ---------------------------------------------------------------

new_task one
new_task two
left one two
flush --log-level debug
is "$status $(spool_files)" "0 " "two records: nothing is left"
is "$(outcome one) $(outcome_field one reason)" \
	"ActivityTaskFailed tend died" "one was not decided"
is "$(outcome two) $(outcome_field two result)" "ActivityTaskCompleted two" \
	"the other was"
is "$(grep -cF -e "$(token one)" -e "$(token two)" "$work/flush.err")" 0 \
	"the log has no token, at any level"

# ---- another service ---------------------------------------------------------

new_task here
left here
flush --region eu-west-1
is "$status $(outcome here)" "1 " "another region: 1, and nobody is told"
like "$(flushed)" "here: it is of $endpoint/, region us-east-1: left" \
	"which one it is, is said"
cp -p "$work/port" "$work/port.here"
"$tend" flush --spool "$spool" --endpoint-url http://127.0.0.1:1 \
	--no-sign-request 2>"$work/flush.err"
is "$?" 1 "another endpoint: 1"
flush
is "$status $(outcome here)" "0 ActivityTaskFailed" "here: 0"

# What nobody takes here keeps no file open, and is in nobody's way.
echo other token | "$fill" "$spool" http://127.0.0.1:1/ us-east-1 1
other=$(record)
for i in {1..100}; do
	cp -p "$other" "$spool/$(printf '%016x' "$i").spool"
done
new_task behind
left behind
(ulimit -Sn 100 && flush)
is "$(outcome behind)" ActivityTaskFailed \
	"a record behind a hundred files of another service is delivered"
is "$(grep -c 'it is of' "$work/flush.err")" 101 "of which all are looked at"
rm "$spool"/*.spool

# ---- not a record ------------------------------------------------------------

new_task torn
new_task fine
left torn fine
put "$(record)" 100 'X'
flush
is "$status $(outcome fine) $(outcome torn)" "0 ActivityTaskCompleted " \
	"a broken record stops nothing"
like "$(flushed)" "record 0 is broken: set aside, as [0-9a-f]+.aside" \
	"it is set aside"
is "$(find "$spool" -name '*.aside' -perm 600 | wc -l)" 1 "and nothing is lost"
flush
is "$status $(<"$work/flush.err")" "0 " "it is not looked at again"
rm "$spool"/*.aside

left fine
# Version 2, and the sum that belongs to it.
file=$(record)
put "$file" 8 '\x02'
sum=$(/usr/bin/python3 - "$file" <<-'END' 2>/dev/null
	import struct, sys, zlib
	data = open(sys.argv[1], "rb").read()
	length = struct.unpack_from("<I", data, 12)[0]
	crc = zlib.crc32(data[:32] + data[36:36 + length])
	print("".join("\\x%02x" % byte for byte in struct.pack("<I", crc)))
END
)
if [[ -n $sum ]]; then
	put "$file" 32 "$sum"
	flush
	is "$status" 1 "a record of a newer tend: 1"
	like "$(flushed)" "record 0 is of a newer tend, and left for it" \
		"it is left for that"
	ok "where it is" test -e "$file"
else
	skip "no Python" "a record of a newer tend"
fi
rm "$file"

echo 'not a record at all' >"$spool/00000000000000aa.spool"
echo 'of nobody' >"$spool/README"
ln -s /etc/passwd "$spool/00000000000000ab.spool"
chmod 600 "$spool"/*aa.spool
new_task beside
left beside
flush
is "$status $(outcome beside)" "0 ActivityTaskFailed" \
	"other files stop nothing"
is "$(spool_files | tr '\n' ' ')" \
	"00000000000000aa.aside 00000000000000ab.aside README " \
	"what is called like a record is set aside"
like "$(flushed)" "ab.spool is a symbolic link: set aside" "and that is said"
rm "$spool"/*

# ---- SWF does not take it ----------------------------------------------------

new_task denied
left denied
inject "$failed" error '"value":"AccessDeniedException"'
flush
is "$status" 1 "no permission: 1"
like "$(flushed)" "denied: SWF refused it: left in the spool" "it is left"
heal
flush
is "$status $(outcome denied)" "0 ActivityTaskFailed" "later it is told"

new_task long
new_task wordy
left long wordy
inject "$completed" error '"value":"ValidationException","count":"1"'
flush
heal
is "$status $(outcome wordy) $(outcome_field wordy result)" \
	"0 ActivityTaskCompleted " "a text that SWF does not like: without it"
new_task never
left never
inject "$failed" error '"value":"ValidationException"'
flush
heal
is "$status" 0 "SWF cannot make sense of it: nothing is left to be told"
like "$(flushed)" "never: SWF cannot make sense of it: set aside" \
	"it is set aside"
is "$(spool_files | grep -c aside)" 1 "and kept"
rm "$spool"/*

new_task ambiguous
left ambiguous
inject "$failed" reset-after '"count":"1"'
flush
heal
is "$status $(flushed | tail -n 1)" \
	"0 ambiguous: assumed delivered: failed: tend died" \
	"an answer that was lost: assumed delivered"

# ---- stopped -----------------------------------------------------------------

new_task stopped
left stopped
inject "$failed" delay-before '"value":"60"'
"$tend" flush --spool "$spool" --endpoint-url "$endpoint" --no-sign-request \
	2>"$work/flush.err" &
pid=$!
lib_pids+=("$pid")
wait_for contains "$work/flush.err" '1 task'
kill -TERM "$pid"
wait_for gone "$pid"
wait "$pid"
is "$?" 143 "TERM ends flush: 143"
heal
flush
is "$status $(outcome stopped)" "0 ActivityTaskFailed" "and nothing is lost"

# ---- of a tend that lives ----------------------------------------------------

new_task living
tend_start living --spool "$spool" -t 60s -- \
	sh -c "until [ -e '$work/go' ]; do sleep 0.05; done; echo mine"
wait_for keeps "$(token living)"
flush
is "$status $(outcome living)" "0 " "what a living tend has in hand: 0"
like "$(flushed)" "1 file of the spool in the hands of a tend that lives" \
	"it is left alone"
: >"$work/go"
tend_wait living
is "$status $(outcome_field living result)" "0 mine" "and ends as it should"
flush

# ---- no thread for the disk --------------------------------------------------

# Root may have as many as there are.
alone=(env "$untraceable" prlimit --nproc=1)
((EUID != 0)) || alone=(setpriv --reuid=65534 --clear-groups "${alone[@]}")
mkdir -m 700 "$work/alone"
((EUID != 0)) || chown 65534 "$work/alone"
chmod 711 "$work"
if HOME=/none "${alone[@]}" "$tend" flush --help >/dev/null 2>&1; then
	HOME=/none timeout 60 "${alone[@]}" "$tend" flush \
		--spool "$work/alone" --endpoint-url "$endpoint" \
		--no-sign-request 2>"$work/flush.err"
	is "$?" 1 "no thread can be had: something may be left"
	like "$(flushed)" "nobody can look .*: there can be no thread" \
		"and that is said"
else
	skip "no tend as another user" "no thread can be had"
fi
chmod 700 "$work"

# ---- many --------------------------------------------------------------------

# told: how often SWF was told something, and how often it took it.
told() {
	local_api GET calls | jq -r '.counters |
		[.RespondActivityTaskCompleted, .RespondActivityTaskFailed] |
		"\(map(.calls) | add) \(map(.calls - .refused) | add)"'
}

for name in many more most last; do
	new_tasks "$name" 250
done
jq -r '"\(.activityId) \(.taskToken)"' "$work"/{many,more,most,last}*.task \
	>"$work/many"
# In three files, one of them for each flush to begin with.
"$fill" "$spool" "$endpoint/" us-east-1 400 <"$work/many"
is "$(spool_files | wc -l)" 3 "1,000 records in 3 files"
local_api DELETE calls >/dev/null
inject "$completed" throttle '"count":"5"'
before=$(now_ms)
for i in 1 2; do
	"$tend" flush --spool "$spool" --endpoint-url "$endpoint" \
		--no-sign-request 2>"$work/many.err$i" &
	flushes[i]=$!
	lib_pids+=("$!")
done
wait "${flushes[1]}"
is "$?" 0 "two at once: the one ends well"
wait "${flushes[2]}"
is "$?" 0 "so does the other"
took=$(($(now_ms) - before))
heal
diag "two flushes of 1,000 records: $took ms"
is "$(told)" "1005 1000" "each is told once, or again when throttled"
is "$(outcome_count many ActivityTaskCompleted) $(outcome_count more \
	ActivityTaskFailed)" "125 125" "half of them were decided"
is "$(spool_files)" "" "nothing is left"
ok "it takes no time to speak of ($took ms)" test "$took" -lt 60000

done_testing
