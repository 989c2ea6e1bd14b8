/* SPDX-License-Identifier: MIT */
#include "guard/place.h"

/* Reads a number and moves "text" behind it.  Returns -1: there is none. */
static int
parse_number(const char **text)
{
	int number = 0;

	if (**text < '0' || **text > '9')
		return -1;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		if (number > 99999999)
			return -1;
		number = number * 10 + (**text - '0');
	}
	return number;
}

/* FILE,OFFSET; moves "text" behind it. */
static int
parse_lease(const char **text, struct place *place)
{
	place->file = parse_number(text);
	if (place->file == -1 || *(*text)++ != ',')
		return -1;
	place->offset = parse_number(text);
	return place->offset == -1 ? -1 : 0;
}

int
place_parse(struct place *place, struct user *user, const char *text)
{
	place->file = -1;
	place->offset = 0;
	place->channel = parse_number(&text);
	if (place->channel == -1)
		return -1;
	if (*text == ',') {
		text++;
		if (parse_lease(&text, place) == -1)
			return -1;
	}
	if (*text == ':')
		return user_parse(user, text + 1);
	return *text == '\0' ? 0 : -1;
}
