/* SPDX-License-Identifier: MIT */
/*
 * Why a call to SWF was refused, as one line for a person: the operation, the
 * code, the message with its remedy, and the IAM action that is lacking.
 */
#ifndef TEND_FAULT_H
#define TEND_FAULT_H

#include <stdbool.h>

#include "aws/swf.h"
#include "base/err.h"

/* Whether these credentials may not do this, whatever it is done to. */
bool fault_is_denial(const struct swf_answer *answer);

void fault_text(enum swf_operation operation, const struct swf_answer *answer,
    struct err *err);

#endif
