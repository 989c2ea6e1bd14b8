/* SPDX-License-Identifier: MIT */
/*
 * What "tend check" has found, as a table for people or as JSON for programs:
 * a row for each thing that a request to the service needs.
 *
 *	ok    region       eu-west-1               AWS_REGION
 *	FAIL  call         DescribeDomain          --domain films
 *
 * Below the table follow the problems, each with what can be done about it.
 * All texts are copied; those of others (an answer, the environment) are made
 * fit for one line of a terminal.  Nothing here is secret, or may be.
 *
 * Pure.
 */
#ifndef TEND_CHECK_REPORT_H
#define TEND_CHECK_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum check_item {
	CHECK_PROFILE,
	CHECK_REGION,
	CHECK_ENDPOINT,
	CHECK_CREDENTIALS,
	CHECK_CA,
	CHECK_PROXY,
	CHECK_CONNECTION,
	CHECK_CLOCK,
	CHECK_CALL,
	CHECK_ITEMS
};

enum check_state {
	CHECK_UNKNOWN, /* it did not come to that */
	CHECK_OK,
	CHECK_WARNING, /* work can start all the same */
	CHECK_FAILED
};

enum { CHECK_FACTS = 4 };

/* NULL where there is nothing to say. */
struct check_row {
	enum check_state state;
	char *value;   /* what would be used, or was found */
	char *source;  /* who said so */
	char *problem; /* not OK: what is wrong */
	char *remedy;  /* and what to do */
	char *policy;  /* the IAM statement that is lacking, as JSON */
	struct {
		const char *name;
		char *value;
		bool is_number;
	} facts[CHECK_FACTS]; /* for programs only */
};

/* Starts as all zero. */
struct check_report {
	struct check_row rows[CHECK_ITEMS];
};

/* Enough for any report. */
enum { CHECK_REPORT_MAX = 64 * 1024 };

/* Sets a row's state and value; "source" may be NULL. */
void check_report_set(struct check_report *report, enum check_item item,
    enum check_state state, const char *source, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Sets the state and what is wrong; the value stays.  No remedy: NULL. */
void check_report_blame(struct check_report *report, enum check_item item,
    enum check_state state, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The statement that a policy lacks; taken over, to be freed by free(). */
void check_report_policy(struct check_report *report, enum check_item item,
    char *policy);

/* "name" is a constant; a value that is NULL is not kept. */
void check_report_fact(struct check_report *report, enum check_item item,
    const char *name, const char *value);

void check_report_number(struct check_report *report, enum check_item item,
    const char *name, int64_t value);

/* Whether work could start: the call went through, nothing has failed. */
bool check_report_is_good(const struct check_report *report);

/* Append to "out", which takes CHECK_REPORT_MAX bytes. */
void check_report_table(const struct check_report *report, struct buf *out);
void check_report_json(const struct check_report *report, struct buf *out);

/* Frees; a cleared report can be used again. */
void check_report_clear(struct check_report *report);

#endif
