/* SPDX-License-Identifier: MIT */
/*
 * tend's own stdout and stderr while a loop runs: what commands print and
 * what tend logs goes through one writer, and at the end the loop runs on
 * until all of it is written, or nobody takes it.
 *
 *  1. output_open();
 *  2. output_log(): from here on the log goes this way too;
 *  3. whoever prints uses "writer"; "room" is called when it has room again;
 *  4. output_end() when nothing more will be printed: the loop is stopped as
 *     soon as all is written;
 *  5. output_last_words() after the loop;
 *  6. output_close().
 */
#ifndef TEND_OUTPUT_H
#define TEND_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tend/loop.h"

/* After a stop, output that nobody took by then is dropped; ms. */
enum { OUTPUT_UNDELIVERED_AFTER = 2000 };

struct onlooker;
struct writer;

struct output {
	struct loop *loop;
	struct writer *writer;
	struct loop_watch *watch;
	struct loop_timer timer;
	loop_function *room;
	void *arg;
	const struct onlooker *onlooker; /* of what is logged; NULL: nobody */
	bool ended;
	bool leaving; /* with the last words */
};

/* Of a struct that is all zero but for "onlooker".  Returns 0, or -1 with
 * "err". */
int output_open(struct output *, struct loop *loop, loop_function *room,
    void *arg, struct err *err);

void output_log(struct output *);

/*
 * What is queued is dropped at "give_up_at", INSTANT_NEVER: never.  May be
 * called again, with another instant.
 */
void output_end(struct output *, int64_t give_up_at);

/* Drops what is queued now. */
void output_abandon(struct output *);

/* Says how much was dropped; the log is on descriptor 2 again. */
void output_last_words(struct output *);

void output_close(struct output *);

#endif
