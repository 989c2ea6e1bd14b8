/* SPDX-License-Identifier: MIT */
/*
 * What one answer of the service says about the set-up: whether it was
 * reached, how the clocks stand, whether the credentials are good and allowed
 * to do it; and for each that is not, what a person can do.
 *
 * Pure: an answer in, rows of the report out.
 */
#ifndef TEND_CHECK_VERDICT_H
#define TEND_CHECK_VERDICT_H

#include <stdbool.h>

#include "aws/endpoint.h"
#include "aws/swf.h"
#include "tend/check_report.h"

/* The call that was made. */
struct check_call {
	enum swf_operation operation;
	const char *domain;    /* NULL: it is about none */
	const char *task_list; /* NULL: likewise */
	const struct endpoint *endpoint;
	/* Only to see whether the service is there: there are no credentials
	 * to sign with, and it will refuse. */
	bool probe;
	const char *proxy_variable; /* NULL: it went by no proxy */
};

/* Fills the rows of connection, clock and call; may blame credentials. */
void check_verdict(struct check_report *report, const struct check_call *call,
    const struct swf_answer *answer);

/*
 * The statement that allows the call, as JSON; the account is taken from what
 * the service says, or is "*".  To be freed.
 */
char *check_policy(const struct check_call *call, const char *message);

#endif
