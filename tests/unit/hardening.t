#!/bin/bash
# SPDX-License-Identifier: MIT
# The programs are built as configure promises: position independent, with
# read-only relocations bound at start, fortified, with stack protectors.

. "${TEND_SOURCE:?}/tests/tap.sh"
cd "${TEND_BUILD:?}" || bail "no $TEND_BUILD"

command -v readelf >/dev/null || skip_all "readelf is not installed"
grep -q '^#define SANITIZED 1' config.h &&
	skip_all "the sanitizers bring checks of their own"

for program in tend swf-local; do
	[[ -x $program ]] || continue
	header=$(readelf -hW "$program")
	segments=$(readelf -lW "$program")
	dynamic=$(readelf -dW "$program")
	symbols=$(readelf --dyn-syms -W "$program")

	like "$header" 'Type: +DYN' "$program: is position independent"
	like "$dynamic" 'Flags:.* PIE' "$program: is marked as a program"
	like "$segments" 'GNU_RELRO' "$program: has read-only relocations"
	like "$dynamic" 'BIND_NOW|Flags:.* NOW' "$program: is bound at start"
	like "$segments" 'GNU_STACK[ x0-9a-f]* RW +' \
		"$program: its stack is not executable"
	like "$symbols" '__stack_chk_fail' "$program: has stack protectors"
	if grep -Eq "^CFLAGS = .*-O0" Makefile; then
		skip "built without optimisation" "$program: is fortified"
	else
		like "$symbols" '__[a-z]+_chk' "$program: is fortified"
	fi
	unlike "$dynamic" 'RPATH|RUNPATH' "$program: has no run path"
done

# tend-guard is static and stands beside every command: small comes first.
if [[ -x tend-guard ]]; then
	unlike "$(readelf -lW tend-guard)" 'INTERP' "tend-guard: is static"
	like "$(readelf -lW tend-guard)" 'GNU_STACK[ x0-9a-f]* RW +' \
		"tend-guard: its stack is not executable"
	like "$(readelf -sW tend-guard)" '__stack_chk_fail' \
		"tend-guard: has stack protectors"
fi

done_testing
