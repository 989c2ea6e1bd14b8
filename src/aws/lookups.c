/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/lookups.h"

#include <stddef.h>
#include <string.h>

#include "base/instant.h"

/* Counts one more; the one that is over first gives up its place. */
void
lookups_left(struct lookups *lookups, int64_t now)
{
	size_t first = 0;

	for (size_t i = 1; i < LOOKUPS_LEFT_MAX; i++)
		if (lookups->ends[i] < lookups->ends[first])
			first = i;
	lookups->ends[first] = instant_add(now, LOOKUPS_LAST);
}

/* True as long as one place is free. */
bool
lookups_allowed(const struct lookups *lookups, int64_t now)
{
	for (size_t i = 0; i < LOOKUPS_LEFT_MAX; i++)
		if (lookups->ends[i] <= now)
			return true;
	return false;
}

/* The place of "host", or else the one that was used longest ago. */
static size_t
place_of(const struct lookups *lookups, const char *host)
{
	size_t oldest = 0;

	for (size_t i = 0; i < LOOKUPS_HOSTS; i++) {
		if (strcmp(lookups->good[i].host, host) == 0)
			return i;
		if (lookups->good[i].used < lookups->good[oldest].used)
			oldest = i;
	}
	return oldest;
}

/* Remembers; what does not fit whole is not remembered. */
void
lookups_good(struct lookups *lookups, const char *host, const char *address)
{
	size_t i = place_of(lookups, host);

	if (*host == '\0' || *address == '\0' || strlen(host) >= LOOKUPS_HOST ||
	    strlen(address) >= LOOKUPS_ADDRESS)
		return;
	lookups->good[i].used = ++lookups->uses;
	if (strcmp(lookups->good[i].host, host) != 0)
		(void)strlcpy(lookups->good[i].host, host, LOOKUPS_HOST);
	(void)strlcpy(lookups->good[i].address, address, LOOKUPS_ADDRESS);
}

/* Looks a host up in what is remembered. */
const char *
lookups_find(const struct lookups *lookups, const char *host)
{
	size_t i = place_of(lookups, host);

	if (*host == '\0' || strcmp(lookups->good[i].host, host) != 0)
		return NULL;
	return lookups->good[i].address;
}
