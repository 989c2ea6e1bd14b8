/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char cut_mark[] = "...";

/* Ends the text in the mark, in place of a whole number of characters. */
static void
mark_cut(struct err *err)
{
	size_t at = sizeof(err->text) - sizeof(cut_mark);

	while (at > 0 && ((unsigned char)err->text[at] & 0xc0) == 0x80)
		at--;
	memcpy(err->text + at, cut_mark, sizeof(cut_mark));
}

static void set_text(struct err *err, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void
set_text(struct err *err, const char *format, va_list args)
{
	int n = vsnprintf(err->text, sizeof(err->text), format, args);

	if (n < 0)
		err->text[0] = '\0';
	else if ((size_t)n >= sizeof(err->text))
		mark_cut(err);
}

int
err_set(struct err *err, const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (err != NULL) {
		va_start(args, format);
		set_text(err, format, args);
		va_end(args);
	}
	errno = saved;
	return -1;
}

int
err_errno(struct err *err, const char *format, ...)
{
	int saved = errno;
	struct err subject;
	va_list args;

	if (err != NULL) {
		va_start(args, format);
		set_text(&subject, format, args);
		va_end(args);
		(void)err_set(err, "%s: %s", subject.text, strerror(saved));
	}
	errno = saved;
	return -1;
}
