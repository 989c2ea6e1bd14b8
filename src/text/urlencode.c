/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/urlencode.h"

#include <stdbool.h>
#include <string.h>

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-_.~", c) != NULL);
}

/* Of any bytes. */
int
urlencode(struct buf *out, const char *text, size_t len)
{
	int failed = 0;

	for (size_t i = 0; i < len && failed == 0; i++) {
		if (is_unreserved(text[i]))
			failed = buf_append(out, &text[i], 1);
		else
			failed = buf_format(out, "%%%02X",
			    (unsigned)(unsigned char)text[i]);
	}
	return failed;
}

/* What is not there is left out. */
int
urlencode_pair(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return 0;
	if (buf_format(out, "%s%s=", out->len > 0 ? "&" : "", name) == -1)
		return -1;
	return urlencode(out, value, strlen(value));
}
