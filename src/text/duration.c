/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/duration.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/instant.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Digits after the point; with them all sums below stay exact. */
enum { FRACTION_DIGITS = 9 };
#define FRACTION_ONE INT64_C(1000000000)

struct unit {
	const char *name;
	int64_t ms;
};

/* From the largest; "ms" is found before "m" because all of it must match. */
static const struct unit units[] = {
	{ "d", INT64_C(24) * 60 * 60 * 1000 },
	{ "h", INT64_C(60) * 60 * 1000 },
	{ "m", INT64_C(60) * 1000 },
	{ "s", 1000 },
	{ "ms", 1 },
};

static const char wanted[] = "want for example 500ms, 30s, 1.5m, 2h or 1d";

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Milliseconds of the unit "name", seconds if it is empty; 0: no such unit. */
static int64_t
unit_find(const char *name)
{
	if (*name == '\0')
		return 1000;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcmp(units[i].name, name) == 0)
			return units[i].ms;
	return 0;
}

/* Reads digits; stops growing far above any duration that is taken. */
static int64_t
read_whole(const char **text)
{
	int64_t whole = 0;

	for (; is_digit(**text); (*text)++)
		if (whole <= DURATION_MAX)
			whole = whole * 10 + (**text - '0');
	return whole;
}

/* Reads digits after the point as a share of FRACTION_ONE; -1: too many. */
static int64_t
read_fraction(const char **text)
{
	int64_t share = 0, digit = FRACTION_ONE;

	for (; is_digit(**text); (*text)++) {
		digit /= 10;
		if (digit == 0)
			return -1;
		share += digit * (**text - '0');
	}
	return share;
}

/* Reads "5", "1.5" or ".5"; false if it is none of them. */
static bool
read_number(const char **text, int64_t *whole, int64_t *fraction)
{
	if (!is_digit(**text) && **text != '.')
		return false;
	*whole = read_whole(text);
	*fraction = 0;
	if (**text == '.') {
		(*text)++;
		if (!is_digit(**text))
			return false;
		*fraction = read_fraction(text);
	}
	return true;
}

int
duration_parse(const char *text, int64_t *ms, struct err *err)
{
	const char *rest = text;
	int64_t whole, fraction, unit, part;

	if (!read_number(&rest, &whole, &fraction))
		return err_set(err, "'%.60s' is no duration; %s", text, wanted);
	if (fraction == -1)
		return err_set(err,
		    "'%.60s' has over %d digits after the "
		    "point; %s",
		    text, FRACTION_DIGITS, wanted);
	unit = unit_find(rest);
	if (unit == 0)
		return err_set(err, "'%.60s' has an unknown unit '%.20s'; %s",
		    text, rest, wanted);
	if (whole > DURATION_MAX / unit)
		return err_set(err, "'%.60s' is over 36500d", text);
	part = (fraction * unit + FRACTION_ONE - 1) / FRACTION_ONE;
	if (whole * unit > DURATION_MAX - part)
		return err_set(err, "'%.60s' is over 36500d", text);
	*ms = whole * unit + part;
	return 0;
}

/* "1.5s", "75.25s": without zeros at the end. */
static void
format_seconds(int64_t ms, char text[DURATION_TEXT])
{
	int digits = 3;
	int64_t part = ms % 1000;

	while (part % 10 == 0) {
		part /= 10;
		digits--;
	}
	(void)snprintf(text, DURATION_TEXT, "%" PRId64 ".%0*" PRId64 "s",
	    ms / 1000, digits, part);
}

void
duration_format(int64_t ms, char text[DURATION_TEXT])
{
	size_t i = 0;

	if (ms == INSTANT_NEVER) {
		(void)snprintf(text, DURATION_TEXT, "never");
	} else if (ms <= 0) {
		(void)snprintf(text, DURATION_TEXT, "0s");
	} else if (ms > 1000 && ms % 1000 != 0) {
		format_seconds(ms, text);
	} else {
		while (ms % units[i].ms != 0)
			i++;
		(void)snprintf(text, DURATION_TEXT, "%" PRId64 "%s",
		    ms / units[i].ms, units[i].name);
	}
}
