/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, as one line of text for a person.
 *
 * A function that can fail takes a "struct err *" (NULL if the caller does
 * not care), fills it and returns -1.  The text names the subject first, is
 * lower case, has no full stop and ends with what is right, or with what the
 * system said.  A text too long for the buffer is cut and ends in "...".
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum { ERR_TEXT = 512 };

struct err {
	char text[ERR_TEXT];
};

/* Sets the text; always returns -1; errno is left as it was. */
int err_set(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and the text of errno. */
int err_errno(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
