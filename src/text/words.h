/* SPDX-License-Identifier: MIT */
/*
 * A command line as words, split as a shell splits them: blanks separate,
 * '...' and "..." quote, a backslash quotes the next character (between
 * double quotes only ", \, $ and ` need that and get it).
 *
 * No shell runs, so nothing else has a meaning.  What a shell would act upon
 * (| & ; < > ( ) $ ` outside of quotes, $ and ` between double quotes) is
 * refused instead of being passed on as it stands: whoever writes it means
 * something else.
 */
#ifndef TEXT_WORDS_H
#define TEXT_WORDS_H

#include "base/err.h"

/*
 * Returns a new array of new strings, NULL at the end, at least one of them;
 * or NULL with "err".
 */
char **words_split(const char *text, struct err *err);

/* NULL is ignored. */
void words_free(char **words);

#endif
