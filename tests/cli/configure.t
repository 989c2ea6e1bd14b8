#!/bin/bash
# SPDX-License-Identifier: MIT
# configure names everything that is missing at once, with Debian's package,
# and what it was asked for is what it says at the end.

. "${TEND_SOURCE:?}/tests/cli/lib.sh"

grep -q '^#define SANITIZED 1' "$build/config.h" &&
	skip_all "no program that was built is started here"
[[ -x $top/configure ]] || skip_all "there is no configure script"
[[ -e $top/config.status ]] && skip_all "the source folder itself is configured"
command -v pkg-config >/dev/null || skip_all "pkg-config is not installed"

# configure DIR [ARG]...: in a folder of its own; the answers that do not
# matter here are found once.
configure() {
	local dir=$work/$1
	shift
	mkdir -p "$dir"
	[[ ! -e $work/cache ]] || sed -i '/pkg_cv_\|PKG_CONFIG/d' "$work/cache"
	(cd "$dir" && "$top/configure" --cache-file="$work/cache" "$@") \
		>"$dir.out" 2>&1
}

mkdir "$work/none"
not_ok "nothing is there: it fails" \
	configure bare PKG_CONFIG_LIBDIR="$work/none" PKG_CONFIG_PATH=
said=$(<"$work/bare.out")
for package in libcurl4-openssl-dev libcjson-dev libssl-dev libbsd-dev \
	libmicrohttpd-dev; do
	like "$said" "Debian package $package\)" "and names $package"
	like "$said" "apt-get install.* $package" "and says how to get it"
done
unlike "$said" 'package pkg-config' "but not what is there"

mkdir "$work/old"
printf '%s\n' 'Name: libcurl' 'Description: old' 'Version: 7.86.0' \
	>"$work/old/libcurl.pc"
not_ok "a library that is too old is as bad as none" \
	configure old PKG_CONFIG_LIBDIR="$work/old" PKG_CONFIG_PATH=
like "$(<"$work/old.out")" 'libcurl >= 7.87.0 \(Debian' \
	"and it says which version it takes"

not_ok "what is given by hand is taken" configure hand \
	PKG_CONFIG_LIBDIR="$work/none" PKG_CONFIG_PATH= \
	CURL_CFLAGS=-I. CURL_LIBS=-lcurl
unlike "$(<"$work/hand.out")" 'libcurl4' "and not missed"

not_ok "without pkg-config it fails" configure tool PKG_CONFIG=/no/such/tool
like "$(<"$work/tool.out")" 'pkg-config \(Debian package pkg-config\)' \
	"and names it"

not_ok "a local service alone is not all that needs its library" \
	configure some --disable-local PKG_CONFIG_LIBDIR="$work/none" \
	PKG_CONFIG_PATH=
like "$(<"$work/some.out")" microhttpd "tend --listen does, too"
not_ok "neither is needed" configure less \
	--disable-local --disable-listen PKG_CONFIG_LIBDIR="$work/none" PKG_CONFIG_PATH=
unlike "$(<"$work/less.out")" microhttpd "so its library is not asked for"

if pkg-config --exists libcurl libcjson libcrypto libbsd-overlay; then
	ok "it takes --enable-werror and what is to be left out" \
		configure good --disable-local --disable-listen --enable-werror --prefix=/opt/tend
	said=$(<"$work/good.out")
	like "$said" $'prefix +/opt/tend\n' "the summary has the prefix"
	like "$said" $'swf-local +no\n' "and what is left out"
	like "$said" $'--listen +no\n' "all of it"
	like "$said" $'warnings fatal +yes\n' "and what was asked for"
	like "$(<"$work/good/Makefile")" 'WARNING_CFLAGS = .*-Werror' \
		"warnings are errors"
else
	skip "libraries are missing" "it takes its options"
fi

done_testing
