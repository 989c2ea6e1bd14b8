/* SPDX-License-Identifier: MIT */
/*
 * The inside of aws/swf: one call, from its start to its answer.  For
 * aws/swf.c and aws/swf_call.c only.
 *
 * A call is either in the air (it has a transfer) or waits for credentials:
 * the first ones, or newer ones after a refusal.  It is signed afresh for
 * each attempt, of which it may have up to three: one more with the clock set
 * right, and one more with newer credentials.
 */
#ifndef AWS_SWF_CALL_H
#define AWS_SWF_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "aws/endpoint.h"
#include "aws/keeper.h"
#include "aws/skew.h"
#include "aws/swf.h"
#include "base/buf.h"
#include "base/err.h"

struct http_transfer;

/* What an operation answers. */
enum swf_output {
	SWF_ANSWERS_NOTHING,
	SWF_ANSWERS_OBJECT,
	SWF_ANSWERS_CANCEL_REQUESTED
};

struct swf_kind {
	const char *name;
	enum swf_output output;
	/* libcurl silently sends a request again when a connection that was
	 * used before turns out to be dead, and these must not be done
	 * twice. */
	bool fresh;
	/* The service holds it: what it waits here is no part of its time, or
	 * it could be given up when a task is about to be handed out. */
	bool poll;
};

struct swf_call {
	TAILQ_ENTRY(swf_call) link;
	struct swf_client *client;
	const struct swf_kind *kind;
	struct buf body;
	int64_t timeout;
	int64_t deadline;    /* instant */
	int64_t skew;        /* what the last attempt was signed with */
	uint64_t generation; /* of credentials, likewise */
	bool corrected;      /* the attempt for the clock's sake is used up */
	bool renewed;        /* the one with newer credentials is */
	char refused[sizeof(((struct swf_answer *)NULL)->code)]; /* or "" */
	struct http_transfer *transfer; /* NULL: it waits for credentials */
	struct keeper_wait wait;
	swf_done *done;
	void *arg;
};

TAILQ_HEAD(swf_calls, swf_call);

struct swf_client {
	struct http *http;
	struct endpoint endpoint;
	struct keeper *keeper; /* NULL: requests are not signed */
	char *host;            /* "Host: ..." */
	struct skew skew;
	struct swf_calls calls;
};

/* Sends it, or has it wait.  Returns 0, or -1 with "err". */
int swf_call_begin(struct swf_call *call, struct err *err);

/* Takes it off its client's list, and frees. */
void swf_call_free(struct swf_call *call);

#endif
