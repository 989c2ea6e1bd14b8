/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/request.h"

#include <string.h>
#include <strings.h>

#include "aws/wire.h"
#include "text/utf8.h"

#define OLD_TARGET_PREFIX "com.amazonaws.swf.service.model."

const struct operation *
request_operation(const char *target, struct answer *out)
{
	const struct operation *operation = NULL;
	const char *name = target;
	size_t old = sizeof(OLD_TARGET_PREFIX) - 1;

	if (name != NULL && strncmp(name, OLD_TARGET_PREFIX, old) == 0)
		name += old;
	if (name != NULL && strncmp(name, SWF_TARGET_PREFIX,
				sizeof(SWF_TARGET_PREFIX) - 1) == 0)
		operation =
		    operation_find(name + sizeof(SWF_TARGET_PREFIX) - 1);
	if (operation == NULL)
		answer_fault(out, FAULT_UNKNOWN_OPERATION,
		    "The operation %s is unknown",
		    target == NULL ? "of a request without X-Amz-Target"
				   : target);
	return operation;
}

int
request_type_is_json(const char *type)
{
	static const char *const accepted[] = { "application/x-amz-json-1.0",
		"application/x-amz-json-1.1", "application/json" };
	size_t len = type == NULL ? 0 : strcspn(type, "; ");

	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
		if (len == strlen(accepted[i]) &&
		    strncasecmp(type, accepted[i], len) == 0)
			return 1;
	return 0;
}

/* Whether an escape in the text stands for U+0000. */
static int
has_nul(const char *json)
{
	for (; *json != '\0'; json++) {
		if (*json != '\\')
			continue;
		if (strncmp(json, "\\u0000", 6) == 0)
			return 1;
		if (json[1] != '\0')
			json++;
	}
	return 0;
}

/*
 * Reads the body.  U+0000 would end a string in the middle for us, and
 * nothing says what the service does with it, so it is refused.
 */
cJSON *
request_read(const struct buf *body)
{
	if (body->len == 0 || !utf8_valid(body->data, body->len) ||
	    has_nul(body->data))
		return NULL;
	return cJSON_ParseWithLengthOpts(body->data, body->len + 1, NULL, 1);
}
