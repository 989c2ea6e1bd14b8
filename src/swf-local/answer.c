/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "swf-local/emit.h"
#include "text/utf8.h"

#define SPACE_SWF      "com.amazonaws.swf.base.model"
#define SPACE_VALIDATE "com.amazon.coral.validate"
#define SPACE_AVAIL    "com.amazon.coral.availability"
#define SPACE_SERVICE  "com.amazon.coral.service"

struct fault_kind {
	const char *space;
	const char *name;
	int status;
};

static const struct fault_kind kinds[] = {
	[FAULT_UNKNOWN_RESOURCE] = { SPACE_SWF, "UnknownResourceFault", 400 },
	[FAULT_LIMIT_EXCEEDED] = { SPACE_SWF, "LimitExceededFault", 400 },
	[FAULT_DOMAIN_ALREADY_EXISTS] = { SPACE_SWF, "DomainAlreadyExistsFault",
	    400 },
	[FAULT_DOMAIN_DEPRECATED] = { SPACE_SWF, "DomainDeprecatedFault", 400 },
	[FAULT_TYPE_ALREADY_EXISTS] = { SPACE_SWF, "TypeAlreadyExistsFault",
	    400 },
	[FAULT_TYPE_DEPRECATED] = { SPACE_SWF, "TypeDeprecatedFault", 400 },
	[FAULT_ALREADY_STARTED] = { SPACE_SWF,
	    "WorkflowExecutionAlreadyStartedFault", 400 },
	[FAULT_DEFAULT_UNDEFINED] = { SPACE_SWF, "DefaultUndefinedFault", 400 },
	[FAULT_TOO_MANY_TAGS] = { SPACE_SWF, "TooManyTagsFault", 400 },
	[FAULT_VALIDATION] = { SPACE_VALIDATE, "ValidationException", 400 },
	[FAULT_SERIALIZATION] = { SPACE_SERVICE, "SerializationException",
	    400 },
	[FAULT_UNKNOWN_OPERATION] = { SPACE_SERVICE,
	    "UnknownOperationException", 400 },
	[FAULT_TOO_LARGE] = { SPACE_SERVICE, "RequestEntityTooLargeException",
	    413 },
	[FAULT_SIGNATURE] = { SPACE_SERVICE, "InvalidSignatureException", 400 },
	[FAULT_INCOMPLETE_SIGNATURE] = { SPACE_SERVICE,
	    "IncompleteSignatureException", 400 },
	[FAULT_MISSING_SIGNATURE] = { SPACE_SERVICE,
	    "MissingAuthenticationTokenException", 400 },
	[FAULT_UNRECOGNIZED_CLIENT] = { SPACE_SERVICE,
	    "UnrecognizedClientException", 400 },
	[FAULT_THROTTLING] = { SPACE_AVAIL, "ThrottlingException", 400 },
	[FAULT_INTERNAL] = { SPACE_SERVICE, "InternalFailure", 500 },
};

void
answer_init(struct answer *answer)
{
	*answer = (struct answer){ .status = 200 };
	buf_init(&answer->body, ANSWER_MAX);
}

void
answer_clear(struct answer *answer)
{
	buf_clear(&answer->body);
}

/* A message may repeat what came in a header, which may be any bytes. */
static void
refuse(struct answer *answer, int status, const char *type, const char *message)
{
	struct buf text = BUF_INIT(ANSWER_MAX);

	if (message != NULL)
		(void)utf8_repair(&text, message, strlen(message));
	answer->status = status;
	buf_reset(&answer->body);
	emit_object(&answer->body, NULL);
	emit_string(&answer->body, "__type", type);
	emit_string(&answer->body, "message",
	    message != NULL && text.data == NULL ? "" : text.data);
	emit_object_end(&answer->body);
	buf_clear(&text);
}

void
answer_fault(struct answer *answer, enum fault fault, const char *format, ...)
{
	const struct fault_kind *kind = &kinds[fault];
	char *text = NULL;
	char type[128];
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) == -1)
		text = NULL;
	va_end(args);
	(void)snprintf(type, sizeof(type), "%s#%s", kind->space, kind->name);
	answer->name = kind->name;
	/* The service says nothing when it does not know what went wrong. */
	refuse(answer, kind->status, type,
	    fault == FAULT_INTERNAL ? NULL : text);
	free(text);
}

static const char *
space_of(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].space;
	/* The service's own are all called faults. */
	if (len > 5 && strcmp(name + len - 5, "Fault") == 0)
		return SPACE_SWF;
	return SPACE_SERVICE;
}

void
answer_named_fault(struct answer *answer, int status, const char *name,
    const char *message)
{
	const char *bare = strrchr(name, '#');
	char *type;

	if (bare != NULL) {
		answer->name = bare + 1;
		refuse(answer, status, name, message);
		return;
	}
	type = mem_format("%s#%s", space_of(name), name);
	answer->name = name;
	refuse(answer, status, type, message);
	free(type);
}
