/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/fault.h"

#include <string.h>

/* IAM says the one, SWF itself the other. */
bool
fault_is_denial(const struct swf_answer *answer)
{
	return strncmp(answer->code, "AccessDenied", strlen("AccessDenied")) ==
		   0 ||
	       strcmp(answer->code, "OperationNotPermittedFault") == 0;
}

/* "RegisterDomain: AccessDeniedException: ... (swf:RegisterDomain)" */
void
fault_text(enum swf_operation operation, const struct swf_answer *answer,
    struct err *err)
{
	const char *name = swf_operation_name(operation);
	const char *colon =
	    *answer->code != '\0' && *answer->message != '\0' ? ": " : "";

	if (fault_is_denial(answer))
		(void)err_set(err, "%s: %s%s%s (swf:%s)", name, answer->code,
		    colon, answer->message, name);
	else
		(void)err_set(err, "%s: %s%s%s", name, answer->code, colon,
		    answer->message);
}
