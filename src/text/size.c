/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/size.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* More than this is not told apart. */
#define TOO_MUCH (UINT64_MAX / 100)

static const char wanted[] = "want bytes or for example 4k, 1m, 1g";

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The power of 1024 of a size's last letter; -1: no such letter. */
static int
unit_shift(const char *name)
{
	if (name[0] == '\0')
		return 0;
	if (name[1] != '\0')
		return -1;
	switch (name[0]) {
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	default:
		return -1;
	}
}

int
size_parse(const char *text, size_t max, size_t *size, struct err *err)
{
	const char *rest = text;
	uint64_t number = 0;
	int shift;

	if (!is_digit(*rest))
		return err_set(err, "'%.60s' is no size; %s", text, wanted);
	for (; is_digit(*rest); rest++)
		if (number < TOO_MUCH)
			number = number * 10 + (uint64_t)(*rest - '0');
	shift = unit_shift(rest);
	if (shift == -1)
		return err_set(err, "'%.60s' has an unknown unit '%.20s'; %s",
		    text, rest, wanted);
	if (number >= TOO_MUCH || number > (uint64_t)max >> shift) {
		char most[SIZE_TEXT];

		size_format(max, most);
		return err_set(err, "'%.60s' is over %s", text, most);
	}
	*size = (size_t)(number << shift);
	return 0;
}

void
size_format(size_t size, char text[SIZE_TEXT])
{
	static const char letters[] = "kmg";
	const char *letter = letters;

	if (size == 0 || size % 1024 != 0) {
		(void)snprintf(text, SIZE_TEXT, "%zu", size);
		return;
	}
	size /= 1024;
	for (; size % 1024 == 0 && letter[1] != '\0'; letter++)
		size /= 1024;
	(void)snprintf(text, SIZE_TEXT, "%zu%c", size, *letter);
}
