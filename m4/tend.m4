# SPDX-License-Identifier: MIT
# The pieces of configure that are tend's own.

# TEND_PKG(VARIABLE, PKG-CONFIG-MODULE, DEBIAN-PACKAGE)
# Looks a library up; a missing one is remembered for TEND_PKG_VERDICT.
AC_DEFUN([TEND_PKG], [
PKG_CHECK_MODULES([$1], [$2], [], [TEND_MISSING([$2], [$3])])
])

# TEND_MISSING(WHAT, DEBIAN-PACKAGE)
AC_DEFUN([TEND_MISSING], [
	missing_packages="$missing_packages
  $1 (Debian package $2)"
	missing_debian="$missing_debian $2"
])

# TEND_PKG_CONFIG: without pkg-config no library is found, and the list of
# what is missing would name everything but the reason.
AC_DEFUN([TEND_PKG_CONFIG], [
AC_REQUIRE([PKG_PROG_PKG_CONFIG])
AS_IF([test -z "$PKG_CONFIG"], [TEND_MISSING([pkg-config], [pkg-config])])
])

# TEND_PKG_VERDICT
# Ends configure if anything is missing, naming all of it at once.
AC_DEFUN([TEND_PKG_VERDICT], [
AS_IF([test -n "$missing_packages"], [
	AC_MSG_ERROR([missing, or too old:$missing_packages
On Debian: apt-get install$missing_debian
Or all that tend and its tests need: contrib/packages install])])
])

# TEND_WERROR: --enable-werror, for those who develop tend.
AC_DEFUN([TEND_WERROR], [
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror],
	[make compiler warnings errors])], [], [enable_werror=no])
])

# TEND_SANITIZER: --enable-sanitizer=address,undefined
AC_DEFUN([TEND_SANITIZER], [
AC_ARG_ENABLE([sanitizer], [AS_HELP_STRING([--enable-sanitizer=LIST],
	[build with -fsanitize=LIST, e.g. address,undefined])],
	[], [enable_sanitizer=no])
SANITIZER_FLAGS=
AS_IF([test "x$enable_sanitizer" = xyes], [enable_sanitizer=address,undefined])
AS_IF([test "x$enable_sanitizer" != xno], [
	SANITIZER_FLAGS="-fsanitize=$enable_sanitizer -fno-omit-frame-pointer"
	SANITIZER_FLAGS="$SANITIZER_FLAGS -fno-sanitize-recover=all"
	AC_MSG_CHECKING([whether $CC accepts $SANITIZER_FLAGS])
	save_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS $SANITIZER_FLAGS"
	AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		AC_MSG_ERROR([$CC cannot build with -fsanitize=$enable_sanitizer])])
	CFLAGS=$save_CFLAGS])
AM_CONDITIONAL([SANITIZED], [test "x$enable_sanitizer" != xno])
AS_IF([test "x$enable_sanitizer" != xno], [
	AC_DEFINE([SANITIZED], [1], [Built with sanitizers])])
AC_SUBST([SANITIZER_FLAGS])
])

# TEND_COVERAGE: --enable-coverage builds programs that count the lines and
# branches they run, for contrib/coverage.  What ends by _exit() writes its
# counts too: tests/tools/counted_exit.c stands before it.
AC_DEFUN([TEND_COVERAGE], [
AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage],
	[build with gcc's counters, for contrib/coverage])],
	[], [enable_coverage=no])
COVERAGE_FLAGS=
COVERAGE_LDFLAGS=
AS_IF([test "x$enable_coverage" != xno], [
	COVERAGE_FLAGS="--coverage -fprofile-update=atomic"
	COVERAGE_LDFLAGS="-Wl,--wrap=_exit"
	AC_MSG_CHECKING([whether $CC accepts $COVERAGE_FLAGS])
	save_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS $COVERAGE_FLAGS"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([extern void __gcov_dump(void);],
		[__gcov_dump();])], [AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		AC_MSG_ERROR([--enable-coverage needs gcc])])
	CFLAGS=$save_CFLAGS])
AM_CONDITIONAL([COVERAGE], [test "x$enable_coverage" != xno])
AC_SUBST([COVERAGE_FLAGS])
AC_SUBST([COVERAGE_LDFLAGS])
])

# TEND_FUZZERS: --enable-fuzzers builds the libFuzzer targets (clang only).
AC_DEFUN([TEND_FUZZERS], [
AC_ARG_ENABLE([fuzzers], [AS_HELP_STRING([--enable-fuzzers],
	[build the libFuzzer targets (needs clang)])], [], [enable_fuzzers=no])
AS_IF([test "x$enable_fuzzers" != xno], [
	AC_MSG_CHECKING([whether $CC has libFuzzer])
	save_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -fsanitize=fuzzer"
	AC_LINK_IFELSE([AC_LANG_SOURCE([[
		#include <stddef.h>
		#include <stdint.h>
		int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
		{ return p == NULL && n != 0; }]])],
		[AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		AC_MSG_ERROR([--enable-fuzzers needs clang with libFuzzer: CC=clang, Debian package libclang-rt-dev])])
	CFLAGS=$save_CFLAGS])
AM_CONDITIONAL([FUZZERS], [test "x$enable_fuzzers" != xno])
])

# TEND_TRY_FLAG(VARIABLE, FLAG, [LINK-FLAG]): append FLAG if it works.
AC_DEFUN([TEND_TRY_FLAG], [
save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $2"
AC_MSG_CHECKING([whether $CC accepts $2])
AC_LINK_IFELSE([AC_LANG_PROGRAM()],
	[AC_MSG_RESULT([yes]); $1="$$1 $2"], [AC_MSG_RESULT([no])])
CFLAGS=$save_CFLAGS
])

# TEND_HARDENING: on by default. The sanitizers bring their own checks,
# and FORTIFY hides some of what they find; nor has it a place where lines are
# counted, without optimisation.
AC_DEFUN([TEND_HARDENING], [
HARDENING_CFLAGS=
HARDENING_LDFLAGS=
AS_IF([test "x$enable_sanitizer$enable_coverage" = xnono], [
	AS_CASE([" $CPPFLAGS $CFLAGS "], [*_FORTIFY_SOURCE*], [],
		[HARDENING_CFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])
TEND_TRY_FLAG([HARDENING_CFLAGS], [-fstack-protector-strong])
TEND_TRY_FLAG([HARDENING_CFLAGS], [-fstack-clash-protection])
TEND_TRY_FLAG([HARDENING_CFLAGS], [-fPIE])
TEND_TRY_FLAG([HARDENING_LDFLAGS], [-pie])
TEND_TRY_FLAG([HARDENING_LDFLAGS], [-Wl,-z,relro])
TEND_TRY_FLAG([HARDENING_LDFLAGS], [-Wl,-z,now])
TEND_TRY_FLAG([HARDENING_LDFLAGS], [-Wl,-z,noexecstack])
TEND_TRY_FLAG([HARDENING_LDFLAGS], [-Wl,--as-needed])
AC_SUBST([HARDENING_CFLAGS])
AC_SUBST([HARDENING_LDFLAGS])
])

AC_DEFUN([TEND_WARNINGS], [
WARNING_CFLAGS=
m4_foreach_w([flag], [-Wall -Wextra -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith
	-Wwrite-strings -Wvla -Wformat=2 -Wundef -Wswitch-enum
	-Wimplicit-fallthrough -Wnull-dereference],
	[TEND_TRY_FLAG([WARNING_CFLAGS], flag)])
AS_IF([test "x$enable_werror" != xno],
	[WARNING_CFLAGS="$WARNING_CFLAGS -Werror"])
AC_SUBST([WARNING_CFLAGS])
])

# TEND_GUARD_CC: tend-guard is a program of its own, linked statically:
# with musl where musl-gcc is found, because a guard stands beside every
# command and musl's is a quarter of the size; else with the C compiler.
# A sanitizer's runtime cannot be linked statically, and gcc's counters want
# the C library that gcc has.
AC_DEFUN([TEND_GUARD_CC], [
AC_ARG_VAR([GUARD_CC], [compiler for tend-guard (default: musl-gcc, else CC)])
GUARD_FLAGS="-std=gnu11 -Os -g -fstack-protector-strong -ffunction-sections"
GUARD_FLAGS="$GUARD_FLAGS -fdata-sections -Wl,--gc-sections -Wl,-z,noexecstack"
AS_IF([test "x$enable_sanitizer" != xno],
	[GUARD_CC=$CC
	GUARD_FLAGS="-std=gnu11 -g -O1 $SANITIZER_FLAGS"
	guard_kind="$CC, with sanitizers"],
	[test "x$enable_coverage" != xno],
	[GUARD_CC=$CC
	GUARD_FLAGS="-std=gnu11 -g -O0 $COVERAGE_FLAGS $COVERAGE_LDFLAGS"
	guard_kind="$CC, with counters"],
	[test -n "$GUARD_CC"],
	[GUARD_FLAGS="$GUARD_FLAGS -static"
	guard_kind="$GUARD_CC, static"],
	[AC_CHECK_PROG([GUARD_CC], [musl-gcc], [musl-gcc])
	AS_IF([test -n "$GUARD_CC"],
		[GUARD_FLAGS="$GUARD_FLAGS -static"
		guard_kind="musl-gcc, static"],
		[GUARD_CC=$CC
		GUARD_FLAGS="$GUARD_FLAGS -static"
		guard_kind="$CC, static"])])
AC_SUBST([GUARD_FLAGS])
])

AC_DEFUN([TEND_SUMMARY], [
AS_ECHO(["
tend $PACKAGE_VERSION
  prefix          $prefix
  compiler        $CC
  tend-guard      $guard_kind
  swf-local       $enable_local
  --listen        $enable_listen
  unit tests      $have_cmocka (cmocka)
  warnings fatal  $enable_werror
  sanitizer       $enable_sanitizer
  coverage        $enable_coverage
  fuzz targets    $enable_fuzzers
"])
])
