#!/bin/bash
# SPDX-License-Identifier: MIT
# Who may include whom, what only one file may touch, and what nobody calls.
# The tables are the rules; a new file has to find its place in them.

. "${TEND_SOURCE:?}/tests/tap.sh"
cd "$TEND_SOURCE" || bail "no $TEND_SOURCE"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Each source without comments and without the text of its strings, line for
# line, so that words of prose and of messages are not taken for calls.
mapfile -t sources < <(find src -name '*.[ch]' | LC_ALL=C sort)
find src -type d -exec mkdir -p "$work/{}" ';'
LC_ALL=C awk -v out="$work" '
FNR == 1 { comment = 0 }
{
	text = $0
	kept = ""
	while (text != "") {
		if (comment) {
			at = index(text, "*/")
			if (at == 0) break
			text = substr(text, at + 2)
			comment = 0
		} else if (match(text, /["\047]|\/[*\/]/)) {
			mark = substr(text, RSTART, RLENGTH)
			kept = kept substr(text, 1, RSTART - 1)
			text = substr(text, RSTART + RLENGTH)
			if (mark == "//") break
			if (mark == "/*") { comment = 1; continue }
			kept = kept mark
			end = mark == "\"" ? "^([^\"\\\\]|\\\\.)*\"" : \
			    "^([^\047\\\\]|\\\\.)*\047"
			if (match(text, end)) {
				kept = kept mark
				text = substr(text, RLENGTH + 1)
			} else
				break
		} else {
			kept = kept text
			break
		}
	}
	print kept > (out "/" FILENAME)
}' "${sources[@]}"

# ---- Layers: folder | what it may include ------------------------------------
layers='
base      | base/
text      | text/ base/
activity  | activity/ text/ base/
guard     | guard/
process   | process/ base/ guard/message.h guard/proc.h guard/kernel.h
aws       | aws/ base/ text/
tend      | tend/ activity/ text/ base/ guard/message.h process/ aws/
swf-local | swf-local/ base/ text/ aws/wire.h
'

while IFS='|' read -r layer allowed; do
	layer=${layer// /}
	[[ -n $layer && -d src/$layer ]] || continue
	wrong=
	while IFS=: read -r file line include; do
		included=${include#*\"}
		included=${included%\"*}
		[[ $included == config.h ]] && continue
		good=
		for prefix in $allowed; do
			[[ $included == "$prefix"* ]] && good=1
		done
		[[ -n $good ]] || wrong+="$file:$line includes $included"$'\n'
	done < <(grep -rnE --include='*.[ch]' \
		'^#[[:space:]]*include "' "src/$layer")
	is "$wrong" "" "src/$layer includes only what it may"
done <<<"$layers"

unknown=$(find src -mindepth 1 -maxdepth 1 | while read -r path; do
	grep -q "^${path#src/} *|" <<<"$layers" || echo "$path"
done)
is "$unknown" "" "every folder of src has its layer"

# ---- Fences: name | what is fenced (ERE) | the files that may (globs) --------
# A call is a word before "(", not a member: ".kill(" and "->kill(" are none.
call='(^|[^[:alnum:]_.>])'
fences="
curl       | #include <curl/ | aws/http*.[ch]
openssl    | #include <openssl/ | aws/sigv4.c aws/sha1.c
cjson      | #include <cjson/ | aws/swf*.c aws/credentials*.c aws/sts_answer.c swf-local/*
microhttpd | #include <microhttpd | swf-local/* tend/listen.c
new processes | $call(v?fork|clone3?|_Fork|popen|system|exec[lv]p?e?) *\\( | guard/*
posix_spawn | ${call}posix_spawnp? *\\( | process/*
signals and waiting | $call(kill|killpg|tgkill|pidfd_send_signal|raise|wait|waitid|waitpid|wait3|wait4) *\\( | guard/* process/capture.c process/companion.c process/orphan*.c process/terminal.c
the clock  | $call(clock_gettime|clock_nanosleep|gettimeofday|time|ftime|nanosleep|sleep|usleep|timerfd_[a-z]*|alarm|setitimer|timer_[a-z]*) *\\( | base/clock.c guard/*
memory     | $call(malloc|calloc|realloc|reallocarray|free|strdup|asprintf) *\\( | base/* text/* process/* aws/* tend/* swf-local/*
the log    | ${call}log_(error|warning|info|debug) *\\( | base/log.* process/* aws/* tend/* swf-local/*
unsafe text | $call(strcpy|strcat|stpcpy|strncat|v?sprintf|strtok|gets|atoi|atol|atoll|atof|gmtime|localtime|ctime|asctime|strerror_l) *\\( | nobody
handlers   | ${call}signal *\\( | nobody
temporary files by name | $call(tmpnam|tempnam|mktemp) *\\( | nobody
struct typedefs | ^typedef (struct|enum|union)[^(]*$ | nobody
"

while IFS= read -r fence; do
	[[ -n $fence ]] || continue
	name=$(sed 's/ *|.*//' <<<"$fence")
	files=${fence##*|}
	ere=${fence#*|}
	ere=${ere%|*}
	ere=${ere# }
	ere=${ere% }
	wrong=
	while IFS= read -r found; do
		[[ -n $found ]] || continue
		for glob in $files; do
			# shellcheck disable=SC2053 # the right side is a glob
			[[ ${found%%:*} == $glob ]] && continue 2
		done
		wrong+="$found"$'\n'
	done < <(cd "$work/src" && grep -rnE "$ere" . | sed 's|^\./||')
	is "$wrong" "" "fence: $name"
done <<<"$fences"

# ---- Size: a function is read whole, or not at all ---------------------------
long=$(cd "$work" && awk '
	/^{/ { start = FNR }
	/^}/ && start {
		if (FNR - start - 1 > 60)
			print FILENAME ":" start ": " FNR - start - 1 " lines"
		start = 0
	}' "${sources[@]}")
is "$long" "" "no function is longer than 60 lines"

done_testing
