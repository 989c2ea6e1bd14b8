/* SPDX-License-Identifier: MIT */
/*
 * Name look-ups that were given up but still run, and what to do meanwhile.
 *
 * A look-up cannot be stopped: when its transfer ends, its thread stays with
 * a descriptor and a stack until the resolver gives up, half a minute later.
 * So only a few may be left behind at a time.  While there are that many, the
 * address that a host last answered from stands in for a new look-up.
 *
 * Pure: "now" is an instant (base/instant.h).
 */
#ifndef AWS_LOOKUPS_H
#define AWS_LOOKUPS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	LOOKUPS_LEFT_MAX = 4,
	LOOKUPS_LAST = 30 * 1000, /* ms: how long the resolver may take */
	LOOKUPS_HOSTS = 4,
	LOOKUPS_HOST = 256,
	LOOKUPS_ADDRESS = 64
};

/* Starts as all zero. */
struct lookups {
	int64_t ends[LOOKUPS_LEFT_MAX]; /* when each is over, at the latest */
	struct {
		char host[LOOKUPS_HOST];
		char address[LOOKUPS_ADDRESS];
		uint64_t used;
	} good[LOOKUPS_HOSTS];
	uint64_t uses;
};

/* A transfer ended at "now" while its name look-up was still running. */
void lookups_left(struct lookups *lookups, int64_t now);

/* Whether another look-up may be begun. */
bool lookups_allowed(const struct lookups *lookups, int64_t now);

/* "host" answered from "address"; only the last few hosts are kept. */
void lookups_good(struct lookups *lookups, const char *host,
    const char *address);

/* Where "host" last answered from; NULL: it never did. */
const char *lookups_find(const struct lookups *lookups, const char *host);

#endif
