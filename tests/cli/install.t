#!/bin/bash
# SPDX-License-Identifier: MIT
# make install: what a package would hold, and that it starts.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
dest=$work/dest

value() {
	sed -n "s|^$1 = ||p" "$build/Makefile"
}
make_value() {
	# shellcheck disable=SC2016 # make expands it
	printf 'include Makefile\nprint:\n\t@echo $(%s)\n' "$1" |
		make -s -C "$build" -f - print
}

ok "make install with DESTDIR" \
	make -s -C "$build" install DESTDIR="$dest"

bin=$dest$(make_value bindir)
libexec=$dest$(make_value libexecdir)
man=$dest$(make_value mandir)

ok "tend is there" test -x "$bin/tend"
is "$("$bin/tend" --version)" "tend $(value VERSION)" "and says its version"

if [[ -x $build/tend-guard ]]; then
	ok "tend-guard is in libexec" test -x "$libexec/tend/tend-guard"
	not_ok "and not in the way" test -e "$bin/tend-guard"
	ok "tend(1) is there" test -s "$man/man1/tend.1"
fi
if [[ -x $swf_local ]]; then
	ok "swf-local is there" test -x "$bin/swf-local"
	is "$("$bin/swf-local" --version)" "swf-local $(value VERSION)" \
		"and says its version"
	ok "swf-local(1) is there" test -s "$man/man1/swf-local.1"
fi

examples=$dest$(make_value docdir)/examples
ok "so are the examples, to be run" \
	test -x "$examples/boto3-decider" -a -x "$examples/aws-cli-workflow"

strangers=$(cd "$dest" && find . -type f |
	grep -vE '/(tend|swf-local|tend-guard|tend\.1|swf-local\.1)$' |
	grep -vE "^\.$(make_value docdir)/examples/(aws-cli-workflow|\
boto3-decider|legacy-convert)\$")
is "$strangers" "" "nothing else is installed"
loose=$(find "$dest" -type f -perm /022)
is "$loose" "" "nothing can be written by others"

ok "make uninstall with DESTDIR" \
	make -s -C "$build" uninstall DESTDIR="$dest"
is "$(find "$dest" -type f)" "" "leaves nothing behind"

done_testing
