/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/token_file.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "aws/credentials.h"
#include "base/file.h"
#include "base/mem.h"

enum { ROOM = 32 * 1024 };

/* Takes one newline away, if there is one. */
static size_t
chomp(const char *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	return len;
}

static int
too_long(const char *path, const char *said, struct err *err)
{
	return err_set(err, "%s: %s: is over %d bytes: it is no token", said,
	    path, TOKEN_FILE_MAX);
}

static int
check(const char *text, size_t len, const char *path, const char *said,
    struct err *err)
{
	size_t i = 0;

	if (len > TOKEN_FILE_MAX)
		return too_long(path, said, err);
	if (len == 0)
		return err_set(err, "%s: %s: is empty: a token must be in it",
		    said, path);
	while (i < len && text[i] > ' ' && text[i] <= '~')
		i++;
	if (i == len)
		return 0;
	return err_set(err,
	    "%s: %s: has %s in it: a token is one line without blanks", said,
	    path,
	    text[i] == '\n' || text[i] == '\r' ? "more than one line"
					       : "bytes that no token has");
}

static int
load(struct buf *text, const char *path, const char *said, struct err *err)
{
	if (file_read_regular(path, text) == 0)
		return 0;
	if (errno == EFBIG)
		return too_long(path, said, err);
	if (errno == EINVAL)
		return err_set(err, "%s: %s: is not a regular file", said,
		    path);
	return err_errno(err, "%s: %s", said, path);
}

/* See the header. */
char *
token_file_read(const char *path, const char *said, struct err *err)
{
	struct buf text = BUF_INIT(ROOM);
	char *token = NULL;
	size_t len;

	/* At once: what grows leaves copies behind. */
	(void)buf_reserve(&text, ROOM);
	if (load(&text, path, said, err) == 0) {
		len = chomp(text.data, text.len);
		if (check(text.data, len, path, said, err) == 0)
			token = mem_copy(text.data, len);
	}
	explicit_bzero(text.data, text.cap);
	buf_clear(&text);
	return token;
}
