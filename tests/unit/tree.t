#!/bin/bash
# SPDX-License-Identifier: MIT
# The tree as files: nothing unfinished, nothing of one machine, one style.

. "${TEND_SOURCE:?}/tests/tap.sh"
cd "$TEND_SOURCE" || bail "no $TEND_SOURCE"

# What git knows; in an archive, everything that is not made.
list() {
	if [[ -e .git ]] && command -v git >/dev/null; then
		git -c safe.directory='*' ls-files
	else
		find . -type f ! -path './.git/*' ! -path './build*' \
			! -path './_build/*' ! -path './_inst/*' \
			! -name '*.in' ! -name '*~' ! -path '*/__pycache__/*' \
			! -name configure ! -name 'config.*' \
			! -name aclocal.m4 ! -path './autom4te.cache/*' |
			sed 's|^\./||'
	fi
}
# The seeds of the fuzz targets are broken on purpose.
mapfile -t files < <(list | LC_ALL=C sort | while read -r file; do
	[[ -f $file && $file != tests/fuzz/seeds/* ]] && echo "$file"
done)
[[ ${#files[@]} -gt 10 ]] || bail "found only ${#files[@]} files"

# Each pattern is written so that it does not match itself.
none() {
	local name=$1 ere=$2
	shift 2
	is "$(grep -nIE "$@" -- "$ere" "${files[@]}" | head -n 20)" "" "$name"
}

none 'nothing is left to do' '\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b'
none 'no path of one machine' '(^|[^[:alnum:]._~/-])/(work|root|ho[m]e/[a-z]+|Users)/'
none 'no space at the end of a line' '[[:blank:]]$'
none 'no CR at the end of a line' $'\r''$'

crooked=$(for file in "${files[@]}"; do
	[[ -s $file && -n $(tail -c 1 "$file" | tr -d '\n\0') ]] &&
		grep -qI . "$file" && echo "$file"
done)
is "$crooked" "" "every text ends in a newline"

unlicensed=$(for file in "${files[@]}"; do
	case $file in
	*.[ch] | *.sh | *.t | *.py | *.m4 | *.ac | *.am)
		head -n 3 "$file" |
			grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
		;;
	esac
done)
is "$unlicensed" "" "every source names its licence"

guards=$(for file in "${files[@]}"; do
	case $file in
	src/*.h)
		name=$(tr 'a-z/.-' 'A-Z___' <<<"${file#src/}")
		grep -qx "#ifndef $name" "$file" || echo "$file: want $name"
		;;
	esac
done)
is "$guards" "" "every header's guard is its path"

wide=$(for file in "${files[@]}"; do
	case $file in
	*.[ch])
		expand "$file" | LC_ALL=C.UTF-8 awk -v file="$file" '
			length($0) > 80 { print file ":" NR }'
		;;
	esac
done)
is "$wide" "" "no source is wider than 80 columns"

done_testing
