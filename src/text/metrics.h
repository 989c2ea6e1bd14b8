/* SPDX-License-Identifier: MIT */
/*
 * Numbers for Prometheus and whoever reads what it reads: an exposition is
 * written family by family.
 *
 *	metrics_begin(&metrics, &out, METRICS_OPENMETRICS);
 *	metrics_family(&metrics, METRICS_COUNTER, "tend_tasks",
 *	    "Tasks that have ended.");
 *	metrics_add(&metrics, "outcome", "completed", 17);
 *	metrics_add(&metrics, "outcome", "failed", 3);
 *	metrics_family(&metrics, METRICS_GAUGE, "tend_slots", "Slots.");
 *	metrics_add(&metrics, NULL, NULL, 8);
 *	metrics_family(&metrics, METRICS_HISTOGRAM, "tend_heartbeat_seconds",
 *	    "From send to answer.");
 *	metrics_add_histogram(&metrics, &latency);
 *	if (metrics_end(&metrics) == -1)
 *		it does not fit
 *
 * The older text format and OpenMetrics differ in little: there, a counter's
 * family has the name of its sample, "tend_tasks_total", and no end is marked.
 * Names are the caller's, and good; label values may be any text.
 *
 * Pure: numbers in, bytes out.
 */
#ifndef TEXT_METRICS_H
#define TEXT_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum metrics_format { METRICS_TEXT, METRICS_OPENMETRICS };
enum metrics_type { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM };

/* The fields are metrics.c's own. */
struct metrics {
	struct buf *out;
	enum metrics_format format;
	enum metrics_type type;
	const char *name; /* of the family */
	bool failed;
};

/* How many values were up to each bound, and beyond the last. */
enum { METRICS_BOUNDS = 16 };

struct metrics_histogram {
	const double *bounds; /* rising */
	size_t count;         /* of them, METRICS_BOUNDS at most */
	uint64_t in[METRICS_BOUNDS + 1];
	double sum;
};

/* Which format a client wants, by its Accept header (NULL: none), and what
 * it then gets as Content-Type. */
enum metrics_format metrics_wanted(const char *accept);
const char *metrics_content_type(enum metrics_format format);

void metrics_begin(struct metrics *, struct buf *out,
    enum metrics_format format);

/* "name" without "_total"; it outlives the family.  "help" is one sentence. */
void metrics_family(struct metrics *, enum metrics_type type, const char *name,
    const char *help);

/* A number of a counter or a gauge; "label" may be NULL. */
void metrics_add(struct metrics *, const char *label, const char *value,
    double number);

void metrics_add_histogram(struct metrics *,
    const struct metrics_histogram *histogram);

/* Returns 0, or -1 if "out" was too small. */
int metrics_end(struct metrics *);

/* An empty one; the bounds are kept, not copied. */
void metrics_histogram_init(struct metrics_histogram *, const double *bounds,
    size_t count);
void metrics_histogram_count(struct metrics_histogram *, double value);

#endif
