/* SPDX-License-Identifier: MIT */
/*
 * The output of one command: passed on, and looked at on the way.
 *
 * Up to three pipes: stdout, stderr, and the descriptor of
 * --progress-from fd:N.  Which of them exist follows from the options
 * (streams_needed); a stream that nobody looks at is not piped at all, the
 * command then has tend's own, or, with --output none, /dev/null.  With
 * --output prefix and json the lines of stdout and stderr are passed on
 * whole, tagged with the activity's id (text/tagged.h); those of json all go
 * to stdout, since they say which stream they are of.
 *
 *   progress    the newest line in the wanted format
 *   last line   the newest line of stdout, or of fd N: the result
 *   stdout      all of it, as far as a result can be: the result
 *   stderr      its last bytes, for the details of a failure
 */
#ifndef TEND_STREAMS_H
#define TEND_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "tend/options.h"

enum streams_which {
	STREAMS_STDOUT,
	STREAMS_STDERR,
	STREAMS_FD,
	STREAMS_COUNT
};

struct loop;
struct numbers;
struct onlooker;
struct streams;
struct swf_task;
struct writer;

struct streams_setup {
	struct loop *loop;
	struct writer *writer;
	const struct options *options;
	/* Whose output it is, for each line of it. */
	const struct swf_task *task;
	const char *name;
	const struct onlooker *onlooker; /* NULL: nobody looks on */
	struct numbers *numbers;         /* NULL: nothing is counted */
	/* STREAMS_COUNT read ends, -1 where streams_needed() says no; each
	 * one that was taken over is set to -1, even on failure. */
	int *pipes;
	/* Called whenever a line of progress was read. */
	void (*on_progress)(void *arg);
	void *arg;
};

/* Whether this output has to go through tend. */
bool streams_needed(const struct options *options, enum streams_which which);

/* Checks --progress.  Returns 0, or -1 with "err". */
int streams_check(const struct options *options, struct err *err);

/* Starts to read.  Returns NULL with "err". */
struct streams *streams_new(const struct streams_setup *setup, struct err *err);

/* The writer may have room again. */
void streams_resume(struct streams *);

/* Reads what had been written so far; no more is looked at after that. */
void streams_drain(struct streams *);

/* Appends the newest progress; -1: there is none yet. */
int streams_progress(const struct streams *, size_t units, struct buf *out);
int streams_percent(const struct streams *, double *percent);
uint64_t streams_lines(const struct streams *);

/* Appends the last line; -1: there was none. */
int streams_last_line(const struct streams *, size_t units, struct buf *out);

/* stdout, as much as was kept, and how much there was. */
const struct buf *streams_stdout(const struct streams *);
uint64_t streams_stdout_size(const struct streams *);

/* Appends the end of stderr as valid text; -1: no room. */
int streams_stderr(const struct streams *, struct buf *out);

/* With --pty: tend's own terminal has another size.  Whether it is so. */
bool streams_resize(const struct streams *);

void streams_free(struct streams *);

#endif
