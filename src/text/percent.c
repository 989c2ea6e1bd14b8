/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/percent.h"

#include <stdbool.h>

#include "text/json.h"

/* As much of a line as is looked at, and digits of a number. */
enum { LOOK = 4096, DIGITS = 15 };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether "c" next to a number makes it part of a word, date or path. */
static bool
is_joined(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c & 0x80) != 0 || c == '_' ||
	       c == '/' || c == '-';
}

/*
 * Reads "42" or "42.5" at "at" and returns the position after it; "at" if
 * there is none, or if it is too long to be exact.
 */
static size_t
read_number(const char *text, size_t len, size_t at, double *number)
{
	size_t i = at;
	double value = 0, scale = 1;

	for (; i < len && is_digit(text[i]); i++)
		value = value * 10 + (text[i] - '0');
	if (i + 1 < len && i > at && text[i] == '.' && is_digit(text[i + 1]))
		for (i++; i < len && is_digit(text[i]); i++) {
			value = value * 10 + (text[i] - '0');
			scale *= 10;
		}
	if (i - at > DIGITS)
		return at;
	*number = value / scale;
	return i;
}

/* Whether the point or comma at "at" is inside a number, as in "1,234". */
static bool
is_inside(const char *text, size_t len, size_t at)
{
	return (text[at] == '.' || text[at] == ',') && at > 0 && at + 1 < len &&
	       is_digit(text[at - 1]) && is_digit(text[at + 1]);
}

/* Whether a number begins at "at": not inside a word or another number. */
static bool
begins(const char *text, size_t len, size_t at)
{
	if (!is_digit(text[at]))
		return false;
	return at == 0 ||
	       (!is_joined(text[at - 1]) && !is_inside(text, len, at - 1));
}

/* Whether a number that was read as far as "at" ends there. */
static bool
ends(const char *text, size_t len, size_t at)
{
	return at == len || (!is_joined(text[at]) && !is_inside(text, len, at));
}

/* "42%" at "at". */
static bool
is_percent(const char *text, size_t len, size_t at, double *percent)
{
	size_t end = read_number(text, len, at, percent);

	if (end == at)
		return false;
	if (end < len && text[end] == ' ')
		end++;
	return end < len && text[end] == '%' && *percent <= 100;
}

/* "7/20" at "at", also "7 / 20". */
static bool
is_ratio(const char *text, size_t len, size_t at, double *percent)
{
	double done = 0, all = 0;
	size_t end = read_number(text, len, at, &done);
	size_t from;

	if (end == at)
		return false;
	if (end < len && text[end] == ' ')
		end++;
	if (end == len || text[end] != '/')
		return false;
	end++;
	if (end < len && text[end] == ' ')
		end++;
	from = end;
	end = read_number(text, len, from, &all);
	if (end == from || !ends(text, len, end) || all <= 0 || done > all)
		return false;
	*percent = 100 * done / all;
	return true;
}

static int
find(const char *text, size_t len, double *percent,
    bool (*is)(const char *, size_t, size_t, double *))
{
	for (size_t at = 0; at < len; at++)
		if (begins(text, len, at) && is(text, len, at, percent))
			return 0;
	return -1;
}

int
percent_find(const char *text, size_t len, double *percent)
{
	double found;

	if (len > LOOK)
		len = LOOK;
	if (json_number(text, len, "percent", &found) == 0) {
		if (!(found >= 0 && found <= 100))
			return -1;
		*percent = found;
		return 0;
	}
	if (json_is_object(text, len) ||
	    (find(text, len, &found, is_percent) == -1 &&
		find(text, len, &found, is_ratio) == -1))
		return -1;
	*percent = found;
	return 0;
}
