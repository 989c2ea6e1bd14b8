/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "swf-local/siphash.h"

enum {
	CHECK_DIGITS = 16,
	FILE_MODE = 0600,
	LOCK_TRIES = 10,
	KEPT_ROOM = 1 << 20
};

#define FORMAT "swf-local-state "

/* No step comes near; memory ends before. */
#define OUT_MAX (SIZE_MAX / 4)

static uint64_t
chain(uint64_t before, const char *json, size_t len)
{
	const struct siphash_key key = { 0x7377662d6c6f6361, before };

	return siphash(&key, json, len);
}

/* ---- reading ------------------------------------------------------------- */

/* The number after "swf-local-state "; -1 if that is not what stands there. */
static int64_t
version_of(const char *line, size_t len)
{
	size_t at = sizeof(FORMAT) - 1;
	int64_t version = 0;

	if (len <= at || len > at + 9 || memcmp(line, FORMAT, at) != 0)
		return -1;
	for (; at < len; at++) {
		if (line[at] < '0' || line[at] > '9')
			return -1;
		version = version * 10 + (line[at] - '0');
	}
	return version;
}

static int
check_first(const char *line, size_t len, struct err *err)
{
	int64_t version = version_of(line, len);

	if (version == JOURNAL_VERSION)
		return 0;
	if (version > JOURNAL_VERSION)
		return err_set(err,
		    "line 1: is of version %" PRId64 ", this swf-local knows "
		    "version %d; use a newer one",
		    version, JOURNAL_VERSION);
	return err_set(err,
	    "line 1: is no state file of swf-local, want \"%s%d\" there",
	    FORMAT, JOURNAL_VERSION);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Whether a line begins with the check that its rest should have. */
static int
check_fits(const char *line, size_t len, uint64_t *check)
{
	uint64_t found = 0;

	if (len <= CHECK_DIGITS || line[CHECK_DIGITS] != ' ')
		return 0;
	for (int i = 0; i < CHECK_DIGITS; i++) {
		int value = hex_value(line[i]);

		if (value == -1)
			return 0;
		found = found << 4 | (uint64_t)value;
	}
	*check = chain(*check, line + CHECK_DIGITS + 1, len - CHECK_DIGITS - 1);
	return found == *check;
}

int
journal_parse(const char *text, size_t len, journal_apply *apply, void *arg,
    struct journal_end *end, struct err *err)
{
	const char *stop = text + len;
	uint64_t check = 0;
	struct err why;

	*end = (struct journal_end){ .empty = len == 0 };
	for (size_t line = 1; text < stop; line++) {
		const char *lf = memchr(text, '\n', (size_t)(stop - text));
		size_t n = (size_t)((lf == NULL ? stop : lf) - text);

		if (line == 1) {
			/* It is never torn: the file gets its name later. */
			if (check_first(text, lf == NULL ? 0 : n, err) == -1)
				return -1;
		} else if (lf == NULL) {
			end->torn = line;
		} else if (!check_fits(text, n, &check)) {
			return err_set(err,
			    "line %zu: was changed or damaged, its check does "
			    "not fit",
			    line);
		} else if (apply(arg, text + CHECK_DIGITS + 1,
			       n - CHECK_DIGITS - 1, &why) == -1) {
			return err_set(err, "line %zu: %s", line, why.text);
		} else {
			end->steps++;
		}
		text += n + (lf != NULL);
	}
	return 0;
}

int
journal_read(const struct journal *journal, journal_apply *apply, void *arg,
    struct journal_end *end, struct err *err)
{
	struct err why;
	struct stat file;
	void *text = NULL;
	size_t len;
	int result;

	if (fstat(journal->fd, &file) == -1)
		return err_errno(err, "cannot read %s", journal->path);
	len = (size_t)file.st_size;
	if (len > 0)
		text = mmap(NULL, len, PROT_READ, MAP_PRIVATE, journal->fd, 0);
	if (text == MAP_FAILED)
		return err_errno(err, "cannot read %s", journal->path);
	result =
	    journal_parse(text == NULL ? "" : text, len, apply, arg, end, &why);
	if (result == -1)
		(void)err_set(err, "%s: %s", journal->path, why.text);
	if (text != NULL)
		(void)munmap(text, len);
	return result;
}

/* ---- opening ------------------------------------------------------------- */

static void
init(struct journal *journal)
{
	*journal = (struct journal){ .fd = -1 };
	buf_init(&journal->out, OUT_MAX);
}

void
journal_close(struct journal *journal)
{
	if (journal->fd != -1)
		(void)close(journal->fd);
	free(journal->path);
	buf_clear(&journal->out);
	init(journal);
}

/*
 * Returns 1 once the file is locked, 0 if it got another's name meanwhile
 * because it was replaced, or -1 with "err".
 */
static int
open_and_lock(struct journal *journal, const char *path, struct err *err)
{
	struct stat ours, named;

	/* Not blocking: it may be anything, a FIFO too. */
	journal->fd = open(path,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
	if (journal->fd == -1 || fstat(journal->fd, &ours) == -1)
		return err_errno(err, "cannot open %s", path);
	if (!S_ISREG(ours.st_mode))
		return err_set(err, "%s is no file, want one to keep state in",
		    path);
	if (flock(journal->fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			return err_set(err, "%s is in use by another swf-local",
			    path);
		return err_errno(err, "cannot lock %s", path);
	}
	if (stat(path, &named) == 0 && named.st_dev == ours.st_dev &&
	    named.st_ino == ours.st_ino)
		return 1;
	(void)close(journal->fd);
	journal->fd = -1;
	return 0;
}

int
journal_open(struct journal *journal, const char *path, struct err *err)
{
	int result = 0;

	init(journal);
	for (int i = 0; i < LOCK_TRIES && result == 0; i++)
		result = open_and_lock(journal, path, err);
	if (result == 0)
		(void)err_set(err, "cannot open %s: it changes all the time",
		    path);
	if (result == 1) {
		journal->path = realpath(path, NULL);
		if (journal->path != NULL)
			return 0;
		(void)err_errno(err, "cannot open %s", path);
	}
	journal_close(journal);
	return -1;
}

/* ---- writing ------------------------------------------------------------- */

struct buf *
journal_begin(struct journal *journal)
{
	journal->step = journal->out.len;
	/* The check's place; nothing of it reaches the file. */
	(void)buf_format(&journal->out, "%*s [", CHECK_DIGITS, "");
	return &journal->out;
}

void
journal_end(struct journal *journal)
{
	struct buf *out = &journal->out;
	size_t json = journal->step + CHECK_DIGITS + 1;
	char digits[CHECK_DIGITS + 1];

	(void)buf_append(out, "]", 1);
	journal->check =
	    chain(journal->check, out->data + json, out->len - json);
	(void)snprintf(digits, sizeof(digits), "%0*" PRIx64, CHECK_DIGITS,
	    journal->check);
	memcpy(out->data + journal->step, digits, CHECK_DIGITS);
	(void)buf_append(out, "\n", 1);
}

/* All or nothing, for whoever reads no further than "size". */
static int
write_all(int fd, const char *data, size_t len, int64_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, data, len, at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

int
journal_write(struct journal *journal)
{
	struct buf *out = &journal->out;

	if (out->len == 0)
		return 0;
	if (write_all(journal->fd, out->data, out->len, journal->size) == -1)
		return -1;
	journal->size += (int64_t)out->len;
	if (out->cap > KEPT_ROOM)
		buf_clear(out);
	else
		buf_reset(out);
	return 0;
}

/* ---- replacing ----------------------------------------------------------- */

int
journal_replace(const struct journal *journal, struct journal *next,
    struct err *err)
{
	struct stat old;

	init(next);
	next->path = mem_format("%s.tmp", journal->path);
	next->fd = open(next->path,
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (next->fd == -1 || fstat(journal->fd, &old) == -1 ||
	    fchmod(next->fd, old.st_mode & 0777) == -1 ||
	    flock(next->fd, LOCK_EX | LOCK_NB) == -1) {
		(void)err_errno(err, "cannot write %s", next->path);
		journal_abandon(next);
		return -1;
	}
	(void)buf_format(&next->out, "%s%d\n", FORMAT, JOURNAL_VERSION);
	return 0;
}

void
journal_abandon(struct journal *next)
{
	if (next->fd != -1)
		(void)unlink(next->path);
	journal_close(next);
}

/* So that the name outlives a power loss; of no use where it cannot be done. */
static void
sync_directory(const char *path)
{
	char *directory = mem_string(path);
	char *slash = strrchr(directory, '/');
	int fd;

	slash[slash == directory] = '\0';
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1) {
		(void)fsync(fd);
		(void)close(fd);
	}
	free(directory);
}

int
journal_replaced(struct journal *journal, struct journal *next, struct err *err)
{
	char *path;

	if (journal_write(next) == -1 || fsync(next->fd) == -1 ||
	    rename(next->path, journal->path) == -1) {
		(void)err_errno(err, "cannot write %s", next->path);
		journal_abandon(next);
		return -1;
	}
	path = mem_string(journal->path);
	free(next->path);
	next->path = path;
	journal_close(journal);
	*journal = *next;
	sync_directory(journal->path);
	return 0;
}
