/* SPDX-License-Identifier: MIT */
/*
 * The files ~/.aws/config and ~/.aws/credentials, as the AWS SDKs read them:
 *
 *	[profile name]      in config; also [profile "quoted name"]
 *	[name]              in credentials, and [default] in both
 *	[sso-session name]  and other kinds of section
 *	key = value         # a comment must follow a blank
 *	 continued          an indented line goes on, after a newline
 *	key =
 *	 sub = value        an indented line under an empty value
 *	# comment, ; comment
 *
 * Keys are made lower case.  A property or section whose name has characters
 * outside "A-Za-z0-9_-/.%@:+" is left out without a word, with what belongs
 * to it.  A byte order mark and CR LF are accepted.  What one section header
 * means in which file, and which of two equal keys wins (the last), is the
 * caller's business.
 */
#ifndef TEXT_INI_H
#define TEXT_INI_H

#include <stddef.h>

#include "base/err.h"

/* One property, or, if "key" is NULL, the beginning of a section. */
struct ini_item {
	const char *kind;    /* "profile" of [profile x]; "" of [x] */
	const char *section; /* "x" */
	const char *key;     /* lower case; NULL: a section begins */
	const char *sub;     /* lower case; NULL: the property itself */
	const char *value;   /* blanks around it stripped; NULL for a section */
	size_t line;         /* where it begins, from 1 */
};

/* Called for each item, in order; texts are valid during the call only. */
typedef void ini_visit(void *arg, const struct ini_item *item);

/*
 * Reads the whole text of a file.  A property that has sub-properties is
 * visited first (with an empty value), then they.  Returns 0, or -1 with
 * "err" for a syntax error ("line 3: no '=' in ..."), after having visited
 * what comes before it.
 */
int ini_parse(const char *text, size_t len, ini_visit *visit, void *arg,
    struct err *err);

#endif
