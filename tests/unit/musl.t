#!/bin/bash
# SPDX-License-Identifier: MIT
# tend-guard and the pure modules, by another C library: they compile with
# Debian's musl-gcc without a warning, and pass their own unit tests.

. "${TEND_SOURCE:?}/tests/tap.sh"
: "${TEND_BUILD:?}"
cd "$TEND_SOURCE" || bail "no $TEND_SOURCE"
grep -q '^#define SANITIZED 1' "$TEND_BUILD/config.h" &&
	skip_all "no program that was built is started here"
command -v musl-gcc >/dev/null || skip_all "musl-gcc is not installed"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compile OUTPUT WORD...
compile() {
	local output=$1
	shift
	musl-gcc -std=gnu11 -O1 -Wall -Wextra -Werror -D_GNU_SOURCE \
		-I"$TEND_BUILD" -Isrc -Itests/unit/musl -Itests/unit \
		-o "$output" "$@" >"$work/said" 2>&1 && return
	head -n 20 "$work/said" | sed 's/^/# /'
	return 1
}

compile "$work/guard" -static src/guard/*.c
ok "tend-guard is built" test -x "$work/guard"
ok "as a program that needs no other file" \
	test -z "$(readelf -l "$work/guard" | grep INTERP)"

# What the pure modules use of src/base has to compile as well.
for file in src/text/*.c src/activity/*.c src/base/{buf,err,mem}.c; do
	name=${file#src/}
	compile "$work/${name//\//-}.o" -c "$file"
	ok "$name compiles" test -s "$work/${name//\//-}.o"
done

# unit_test NAME [SOURCE]...
unit_test() {
	local name=$1
	shift
	compile "$work/$name" -static "tests/unit/$name.c" "$@" "$work"/*.o &&
		"$work/$name" >"$work/said" 2>&1
	is "$?:$(head -n 3 "$work/said")" "0:" "$name passes"
}

for name in duration ini json lines metrics progress utf8 values; do
	unit_test "test_$name"
done
for name in lease activity stopping heartbeats learning reports; do
	unit_test "test_$name" tests/unit/activity_rig.c
done

done_testing
