/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/iso8601.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { FRACTION_DIGITS = 9 };

/* The fields of a text, each checked when it is read. */
struct fields {
	int year, month, day;
	int hour, minute, second;
	int ms;
	int offset; /* minutes east of UTC */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly "count" digits for a number within the limits. */
static bool
take_number(const char **at, int count, int least, int most, int *number)
{
	int value = 0;

	for (; count > 0; count--) {
		if (!is_digit(**at))
			return false;
		value = value * 10 + (*(*at)++ - '0');
	}
	*number = value;
	return value >= least && value <= most;
}

static bool
take_char(const char **at, const char *set)
{
	if (**at == '\0' || strchr(set, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

static bool
take_date(const char **at, struct fields *fields)
{
	return take_number(at, 4, 1, 9999, &fields->year) &&
	       take_char(at, "-") &&
	       take_number(at, 2, 1, 12, &fields->month) &&
	       take_char(at, "-") &&
	       take_number(at, 2, 1, days_of_month(fields->year, fields->month),
		   &fields->day);
}

/* Digits after the third are of no use, but must be digits. */
static bool
take_fraction(const char **at, int *ms)
{
	int count = 0;

	*ms = 0;
	if (!take_char(at, ".,"))
		return true;
	for (; is_digit(**at); (*at)++, count++)
		if (count < 3)
			*ms = *ms * 10 + (**at - '0');
	for (int i = count; i < 3; i++)
		*ms *= 10;
	return count > 0 && count <= FRACTION_DIGITS;
}

static bool
take_time(const char **at, struct fields *fields)
{
	return take_number(at, 2, 0, 23, &fields->hour) && take_char(at, ":") &&
	       take_number(at, 2, 0, 59, &fields->minute) &&
	       take_char(at, ":") &&
	       take_number(at, 2, 0, 60, &fields->second) &&
	       take_fraction(at, &fields->ms);
}

/* To the end of the text. */
static bool
take_zone(const char *at, int *offset)
{
	bool west = *at == '-';
	int hours;
	int minutes = 0;

	*offset = 0;
	if (strcasecmp(at, "Z") == 0 || strcmp(at, "UTC") == 0)
		return true;
	if (!take_char(&at, "+-") || !take_number(&at, 2, 0, 23, &hours))
		return false;
	if (*at != '\0') {
		(void)take_char(&at, ":");
		if (!take_number(&at, 2, 0, 59, &minutes))
			return false;
	}
	*offset = (hours * 60 + minutes) * (west ? -1 : 1);
	return *at == '\0';
}

/* Days from 0001-01-01, of the calendar as if it had always been in use. */
static int64_t
days_before(int year, int month, int day)
{
	int64_t past = year - 1;
	int64_t days = past * 365 + past / 4 - past / 100 + past / 400;

	for (int i = 1; i < month; i++)
		days += days_of_month(year, i);
	return days + day - 1;
}

/* Field by field. */
int
iso8601_parse(const char *text, int64_t *wall_ms)
{
	struct fields fields;
	int64_t minutes;

	if (!take_date(&text, &fields) || !take_char(&text, "Tt ") ||
	    !take_time(&text, &fields) || !take_zone(text, &fields.offset))
		return -1;
	minutes = days_before(fields.year, fields.month, fields.day) -
		  days_before(1970, 1, 1);
	minutes = minutes * 24 * 60 + fields.hour * 60 + fields.minute -
		  fields.offset;
	*wall_ms = (minutes * 60 + fields.second) * 1000 + fields.ms;
	return 0;
}
