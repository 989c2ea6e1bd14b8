/* SPDX-License-Identifier: MIT */
/*
 * The newest line of progress in the output of a command.
 *
 * Only the newest matters, so each piece of output is searched backwards from
 * its end and the search stops at the first line that is progress: what it
 * costs does not depend on how many lines there are.  With PROGRESS_LINES,
 * which takes anything that is not blank, this is a small fraction of what it
 * costs to copy the piece.
 *
 * The formats, as --progress has them:
 *
 *	lines       every line that is not empty or blank
 *	prefix:STR  lines that begin with STR; what follows it
 *	regex:ERE   lines that match; the first group, or the match
 *	json        lines that are JSON objects
 *
 * A line is as in text/lines.h.  A JSON object must fit in 4096 bytes; an
 * expression is matched with the first 1024 bytes, without a character that
 * goes beyond.  A line of which nothing is left, as one that is just the
 * prefix, is no progress.  An open line that follows a lone CR counts as it is
 * so far, because a progress bar writes the CR first; other open lines count
 * when they end, or at progress_end().
 *
 * The "last-line" result of a command is the newest line by PROGRESS_LINES
 * with "keep" set to PROGRESS_KEEP_RESULT; where the progress format is
 * "lines" too, and of the same stream, one object serves both.
 */
#ifndef TEXT_PROGRESS_H
#define TEXT_PROGRESS_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "text/lines.h"
#include "text/utf8.h"

enum {
	/* A JSON object is no longer, and no prefix. */
	PROGRESS_MATCH = 4096,
	/* As much of a line as an expression sees. */
	PROGRESS_MATCH_REGEX = 1024,
	/* What to keep of a line: enough for 2,048 UTF-16 units... */
	PROGRESS_KEEP = 2048 * UTF8_BYTES_PER_UNIT + 4,
	/* ...and for 32,768, and to see that there was more. */
	PROGRESS_KEEP_RESULT = 32768 * UTF8_BYTES_PER_UNIT + 4
};

enum progress_kind {
	PROGRESS_LINES,
	PROGRESS_PREFIX,
	PROGRESS_REGEX,
	PROGRESS_JSON
};

/* What is progress; one can be used by any number of struct progress. */
struct progress_format {
	enum progress_kind kind;
	char *prefix;
	size_t prefix_len;
	regex_t regex;
};

struct progress {
	const struct progress_format *format;
	size_t keep;
	struct lines lines; /* the open line */
	struct buf newest;  /* bytes as they came, without escapes */
	struct buf line;    /* the line that is looked at */
	bool seen;          /* there is a newest */
	bool counting;
	bool count_after_cr;
	uint64_t count;
};

/*
 * Reads a FORMAT as above.  Returns 0, or -1 with "err": an unknown format,
 * an empty prefix, an expression that does not compile or has a back-reference
 * (extended expressions have none, and matching them can take forever).
 */
int progress_format_parse(struct progress_format *, const char *text,
    struct err *err);
void progress_format_clear(struct progress_format *);

/*
 * The most bytes to hand to progress_feed() between two looks at the clock,
 * so that no piece takes more than a few milliseconds whatever is in it.
 */
size_t progress_burst(const struct progress_format *);

/*
 * Starts.  "format" must outlive it.  "keep" bytes of the newest line are
 * kept (PROGRESS_KEEP or PROGRESS_KEEP_RESULT); "count" has lines counted,
 * which costs about as much again as looking for PROGRESS_LINES in long lines
 * does.
 */
void progress_init(struct progress *, const struct progress_format *format,
    size_t keep, bool count);

/* Takes a piece of output.  True: there was a line of progress in it. */
bool progress_feed(struct progress *, const char *data, size_t len);

/* The output has ended; a last line without an end counts. */
bool progress_end(struct progress *);

/* Whether there was any progress so far. */
bool progress_seen(const struct progress *);

/*
 * Appends the newest progress as valid UTF-8, cut to "units" UTF-16 units
 * with a mark.  Returns 0; or -1 if there is none yet, or no room in "out".
 */
int progress_text(const struct progress *, size_t units, struct buf *out);

/*
 * Finds how far the newest progress says that the work is: a JSON object's
 * member "percent", else the first "42%" or "42.5%", else the first "7/20";
 * between 0 and 100.  Returns 0, or -1 if it does not say.
 */
int progress_percent(const struct progress *, double *percent);

/* Lines that have been counted so far (all lines, progress or not). */
uint64_t progress_lines(const struct progress *);

void progress_clear(struct progress *);

#endif
