/* SPDX-License-Identifier: MIT */
/*
 * Faults on purpose, so that clients can be tested.
 *
 * A rule says which operation it is for, what is to go wrong, and how often:
 * with a probability, a number of times, not before some calls went by.  As
 * text, for the command line:
 *
 *	OPERATION:KIND[=VALUE][,KEY=VALUE]...
 *
 *	RecordActivityTaskHeartbeat:throttle,count=3
 *	*:delay=500ms,probability=0.1
 *	RespondActivityTaskCompleted:reset-after,after=2,count=1
 *	*:error=ExpiredTokenException,message=The token has expired
 *
 * "message" takes the rest of the text.  For each call every rule for its
 * operation is looked at, in order; delays and clock offsets add up, and of
 * the others the first that applies is done.
 */
#ifndef SWF_LOCAL_INJECT_H
#define SWF_LOCAL_INJECT_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "swf-local/random.h"

struct answer;

enum inject_kind {
	INJECT_NOTHING,
	INJECT_DELAY,        /* the answer is late; what was asked is done */
	INJECT_DELAY_BEFORE, /* what was asked is done late */
	INJECT_DATE,         /* the service's clock is off */
	INJECT_RESET_BEFORE, /* connection reset, nothing done */
	INJECT_RESET_AFTER,  /* done, then connection reset */
	INJECT_THROTTLE,
	INJECT_ERROR500,
	INJECT_ERROR,      /* a fault of that name */
	INJECT_BLACK_HOLE, /* no answer, ever */
	INJECT_BODY,       /* not what was asked for */
	INJECT_KINDS
};

struct rule {
	char *operation; /* or "*" */
	enum inject_kind kind;
	char *value;    /* as it was given, or NULL */
	int64_t amount; /* ms of delays and of the date's offset; bytes */
	char *message;  /* of an error, or NULL */
	int status;     /* of HTTP */
	double probability;
	int64_t count; /* times left; -1: no limit */
	int64_t after; /* calls that still go by */
	int64_t applied;
};

struct rules {
	struct rule *rules;
	size_t count;
};

/* What happens to one call. */
struct plan {
	int64_t delay; /* ms */
	int64_t delay_before;
	int64_t date_offset; /* ms */
	int has_date;
	enum inject_kind kind; /* one that is no delay and no date */
	char *name;            /* of the error, to be freed */
	char *message;
	int status;
	size_t bytes; /* of the body; 0: HTML */
};

void rules_init(struct rules *rules);
void rules_clear(struct rules *rules);

/* Keeps only the first "count" rules. */
void rules_cut(struct rules *rules, size_t count);

/* Adds a rule given as text.  Returns 0, or -1 with "err". */
int rules_add_text(struct rules *rules, const char *text, struct err *err);

/*
 * Adds a rule given as JSON: {"operation":..,"fault":..,"value":..,...} with
 * the keys of the text form.  Returns 0, or -1 with "err".
 */
int rules_add_json(struct rules *rules, const cJSON *json, struct err *err);

/* Writes the rules as a JSON list. */
void rules_write(const struct rules *rules, struct buf *out);

/*
 * What happens to a call of "operation"; counts down what is counted.  Returns
 * how many rules apply.
 */
int rules_plan(struct rules *rules, const char *operation,
    struct random *random, struct plan *plan);
void plan_clear(struct plan *plan);

/* A fault that answers in the place of the operation.  Returns whether. */
int plan_answer(const struct plan *plan, struct answer *out);

/* The name by which a kind is given: "reset-after". */
const char *inject_name(enum inject_kind kind);

#endif
