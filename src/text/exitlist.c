/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/exitlist.h"

#include <string.h>

static const char wanted[] = "want for example 0,3-5,143";

/* Reads a status at "*text" and moves past it; -1: none, or over 255. */
static int
read_status(const char **text)
{
	int status = 0;
	const char *p = *text;

	if (*p < '0' || *p > '9')
		return -1;
	for (; *p >= '0' && *p <= '9'; p++) {
		status = status * 10 + (*p - '0');
		if (status >= EXITLIST_SIZE)
			return -1;
	}
	*text = p;
	return status;
}

/* Reads "3" or "3-5"; false if it is neither, or goes backwards. */
static bool
read_range(const char **text, bool list[EXITLIST_SIZE])
{
	int first = read_status(text), last = first;

	if (first != -1 && **text == '-') {
		(*text)++;
		last = read_status(text);
	}
	if (first == -1 || last < first)
		return false;
	for (int i = first; i <= last; i++)
		list[i] = true;
	return true;
}

int
exitlist_parse(const char *text, bool list[EXITLIST_SIZE], struct err *err)
{
	bool read[EXITLIST_SIZE] = { false };
	const char *rest = text;

	for (;;) {
		if (!read_range(&rest, read))
			return err_set(err,
			    "'%.60s' is no list of exit "
			    "statuses from 0 to 255; %s",
			    text, wanted);
		if (*rest == '\0')
			break;
		if (*rest != ',')
			return err_set(err, "'%.60s': unexpected '%.20s'; %s",
			    text, rest, wanted);
		rest++;
	}
	memcpy(list, read, sizeof(read));
	return 0;
}
