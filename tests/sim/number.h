/* SPDX-License-Identifier: MIT */
/*
 * Numbers on the command lines of the simulations.
 */
#ifndef TESTS_SIM_NUMBER_H
#define TESTS_SIM_NUMBER_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the program if the text is no number. */
static inline uint64_t
number(const char *program, const char *text)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text == '\0' || *end != '\0' || errno != 0) {
		(void)fprintf(stderr, "%s: not a number: %s\n", program, text);
		exit(2);
	}
	return value;
}

#endif
