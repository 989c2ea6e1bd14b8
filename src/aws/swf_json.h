/* SPDX-License-Identifier: MIT */
/*
 * SWF's JSON: requests out, answers in.  Pure; for aws/swf*.c, and the parser
 * for aws/credentials_json.c.
 */
#ifndef AWS_SWF_JSON_H
#define AWS_SWF_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/swf.h"
#include "base/buf.h"

/* A member of a request; one whose value is NULL is left out. */
struct swf_member {
	const char *name;
	const char *value;
};

/* Appends an object.  Returns 0, or -1 if it does not fit. */
int swf_json_request(struct buf *out, const struct swf_member *members,
    size_t count);

/*
 * Reads the answer to a heartbeat.  Returns 0, or -1 if it is none: not an
 * object, or cancelRequested is neither true nor false.  Without that member
 * nothing is requested, as serialisers that omit false mean it.
 */
int swf_json_heartbeat(const char *body, size_t len, bool *cancel_requested);

/* Whether a body is what an operation without output answers. */
bool swf_json_is_empty(const char *body, size_t len);

/* Whether a body is what an operation with an output answers. */
bool swf_json_is_object(const char *body, size_t len);

/*
 * Sets code and message of an answer that is an error; "query_error" is the
 * header "Code;Type", which beats __type.  Without any code the message tells
 * that the answer is not SWF's, and how it begins.
 */
void swf_json_error(struct swf_answer *answer, const char *body, size_t len,
    const char *query_error);

/*
 * Reading with cJSON, for those that know what an operation answers.  A text
 * that is not one object and nothing else is NULL; so is a member that is not
 * there or is no string.  A number that is none, or no whole number from 0 to
 * 9e15, is 0.  The copy is NULL for NULL.  U+0000 in a string is U+FFFD.
 */
struct cJSON *swf_json_parse(const char *text, size_t len);
const char *swf_json_string(const struct cJSON *object, const char *name);
char *swf_json_copy(const struct cJSON *object, const char *name);
int64_t swf_json_integer(const struct cJSON *object, const char *name);

/* Frees a document that may hold secrets: its strings are overwritten. */
void swf_json_cleanse(struct cJSON *root);

#endif
