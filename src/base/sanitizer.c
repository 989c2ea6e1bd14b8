/* SPDX-License-Identifier: MIT */
/*
 * The sanitizers' options, compiled in, so that whoever runs a program of an
 * --enable-sanitizer build runs it as the tests do.
 *
 * N.B. Nobody calls these but the sanitizers, and clang's come with weak ones
 * of their own, which would do: the linker is told to look for
 * "sanitizer_options" (Makefile.am), or it would leave this file out.
 */
#include "config.h"

extern const int sanitizer_options;
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const int sanitizer_options = 1;

/*
 * Leaks are errors.  A status of its own keeps a finding from passing for a
 * command's exit status.  Asking for too much memory answers NULL, as malloc
 * does: what the program makes of that is tested.
 */
const char *
__asan_default_options(void)
{
	return "detect_leaks=1:exitcode=99:allocator_may_return_null=1:"
	       "strict_string_checks=1";
}

const char *
__ubsan_default_options(void)
{
	return "print_stacktrace=1:halt_on_error=1:exitcode=99";
}
