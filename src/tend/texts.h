/* SPDX-License-Identifier: MIT */
/*
 * What is said of an activity: heartbeat details, result, reason, failure
 * details, and the same for people in the log.
 *
 * Everything for SWF is valid UTF-8 within SWF's limits, counted in UTF-16
 * units; what is over is cut with a mark, but a result that the user asked
 * for whole (stdout, file) is a failure instead, with its size as the reason.
 */
#ifndef TEND_TEXTS_H
#define TEND_TEXTS_H

#include <stdbool.h>
#include <stdint.h>

#include "activity/activity.h"
#include "base/buf.h"
#include "base/err.h"
#include "tend/options.h"

struct streams;

/* What goes into one Respond*; texts that do not belong to it are NULL. */
struct texts_report {
	enum activity_kind kind;
	const char *result;
	const char *reason;
	const char *details;
};

struct texts {
	const struct options *options;
	char *const *argv;
	const char *label;       /* before each line of the log */
	const char *result_file; /* NULL: none */
	int pid;                 /* of the command; 0: not started */
	int64_t started_at;
	int64_t oom_before; /* the cgroup's count at the start, or -1 */
	/* As far as they are known; ms. */
	int64_t heartbeat_timeout;
	int64_t start_to_close;
	int stop_signal; /* that told tend to stop; 0: none did */
	struct buf details;
	struct buf result;
	struct buf reason;
	struct buf failure;
	struct err refusal; /* why the result cannot be told */
	struct texts_report report;
};

void texts_init(struct texts *, const struct options *options,
    char *const *argv, const char *label);
void texts_clear(struct texts *);

/* The command was started, as process "pid", at instant "now". */
void texts_started(struct texts *, int pid, int64_t now);

/* tend was told to stop; the first signal counts. */
void texts_stop_signal(struct texts *, int signal);

/*
 * The newest heartbeat details, or NULL if there is nothing to say yet.
 * Valid until the next call.
 */
const char *texts_details(struct texts *, const struct streams *streams,
    int64_t now);

/*
 * What to tell SWF; "minimal" is the shortest text that still says how it
 * ended.  Valid until the next call.
 */
const struct texts_report *texts_report(struct texts *,
    const struct streams *streams, const struct activity_outcome *outcome,
    bool minimal, int64_t now);

/*
 * What SWF was told: the outcome's kind, or FAILED for a result that was too
 * large.
 */
enum activity_kind texts_kind(const struct texts *,
    const struct activity_outcome *outcome);

/*
 * Why, in a few words: "exit status 3", "no progress for 5m", or, once it was
 * reported, why the result was refused.
 */
const char *texts_cause(struct texts *, const struct activity_outcome *outcome);

/* The one line of the log that says how the activity ended. */
void texts_log_outcome(struct texts *, const struct activity_outcome *outcome);

#endif
