/* SPDX-License-Identifier: MIT */
/*
 * The numbers of a worker, as Prometheus reads them.  What each of them means
 * is in tend(1), and in the help texts of the families.
 *
 * Pure: all that is shown is an argument.
 */
#ifndef TEND_EXPOSITION_H
#define TEND_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "tend/health.h"
#include "tend/numbers.h"
#include "tend/slots.h"
#include "text/metrics.h"

/* What is so at this moment. */
struct exposition_view {
	struct health_view health;
	bool healthy;
	struct slots_count slots;
	int64_t now;
	int64_t started_at; /* wall time, ms */
};

/* Returns 0, or -1 if "out" was too small. */
int exposition_write(struct buf *out, enum metrics_format format,
    const struct numbers *numbers, const struct exposition_view *view);

#endif
