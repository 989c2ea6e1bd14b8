/* SPDX-License-Identifier: MIT */
/*
 * Checks a request against the shape that its operation wants.
 *
 * The rules come from tables (shapes.h), the messages from the rules, worded
 * as the service words them:
 *
 *	1 validation error detected: Value 'x' at 'taskToken' failed to
 *	satisfy constraint: Member must have length less than or equal to 1024
 *
 * All that is wrong is told, joined by "; ".  Lengths are counted in UTF-16
 * units.  A member that is null is absent; a member that nobody knows is
 * ignored.
 */
#ifndef SWF_LOCAL_VALIDATE_H
#define SWF_LOCAL_VALIDATE_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

enum field_kind {
	FIELD_STRING,
	FIELD_INTEGER,
	FIELD_BOOLEAN,
	FIELD_TIME, /* a number of seconds since 1970 */
	FIELD_STRUCT,
	FIELD_STRUCTS, /* a list of them */
	FIELD_STRINGS
};

/* What a string has to look like. */
enum field_form {
	FORM_ANY,
	FORM_NAME,         /* none of : / | or control characters, not "arn" */
	FORM_SECONDS,      /* an integer, 0 or more */
	FORM_SECONDS_NONE, /* the same, or NONE */
	FORM_YEAR,         /* seconds, at most a year */
	FORM_DAYS,         /* 0 to 90, or NONE */
	FORM_PRIORITY      /* a 32-bit integer */
};

struct field {
	const char *name;
	enum field_kind kind;
	int required;
	long min, max; /* string: units; integer: value; list: members;
			  a "max" of 0 is none */
	enum field_form form;
	const char *const *values;  /* enumeration, ended by NULL; or NULL */
	const struct shape *shape;  /* of FIELD_STRUCT, FIELD_STRUCTS */
	const struct field *member; /* of FIELD_STRINGS */
};

struct shape {
	const struct field *fields;
	size_t count;
};

enum validity {
	VALID,
	WRONG_TYPE, /* not even the right kind of JSON: SerializationException
		     */
	INVALID     /* ValidationException */
};

/* Checks "in"; puts the message into "message", which should be empty. */
enum validity validate(const struct shape *shape, const cJSON *in,
    struct buf *message);

/* A member's text: NULL if it is absent, null or no string. */
const char *member_string(const cJSON *in, const char *name);

/* The name in a member like {"name":...}, or NULL. */
const char *member_name(const cJSON *in, const char *name);

/* A member that is an object or list; NULL if absent or null. */
const cJSON *member_get(const cJSON *in, const char *name);

/* A member's number, or "otherwise". */
long member_integer(const cJSON *in, const char *name, long otherwise);

/* A member's time in ms since 1970, or "otherwise". */
int64_t member_time(const cJSON *in, const char *name, int64_t otherwise);

int member_true(const cJSON *in, const char *name);

#endif
