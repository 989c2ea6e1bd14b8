/* SPDX-License-Identifier: MIT */
/*
 * sim [--count N] [--seed N]: lives through N random histories of an
 * activity, or through one of them and prints it in full.
 */
#include "config.h"

#include "number.h"
#include "sim.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 100000, REPEATED = 1000 };

static struct world world;

static void
live_one(uint64_t seed)
{
	world_live(&world, seed, true);
	(void)
	    printf("# %s, kind %d, delivery %d, exit status %d, hash %016llx\n"
		   "ok 1 - history %llu\n1..1\n",
		activity_cause_name(activity_outcome(&world.activity)->cause),
		(int)activity_outcome(&world.activity)->kind,
		(int)activity_outcome(&world.activity)->delivery,
		activity_exit_status(&world.activity),
		(unsigned long long)world.hash, (unsigned long long)seed);
}

static uint64_t
live(uint64_t count)
{
	uint64_t hash = 0;
	unsigned long long steps = 0;

	for (uint64_t seed = 1; seed <= count; seed++) {
		world_live(&world, seed, false);
		hash = hash * 31 + world.hash;
		steps += (unsigned long long)world.steps;
	}
	(void)printf("# %llu histories, %llu steps, hash %016llx\n",
	    (unsigned long long)count, steps, (unsigned long long)hash);
	return hash;
}

/* The histories met everything that there is; 0: not. */
static int
met_everything(void)
{
	int met = 1;

	for (int i = ACTIVITY_CAUSE_EXIT; i <= (int)ACTIVITY_CAUSE_REFUSED;
	     i++) {
		(void)printf("# %s: %lu\n",
		    activity_cause_name((enum activity_cause)i),
		    tally.causes[i]);
		met &= tally.causes[i] != 0;
	}
	for (int i = 0; i <= (int)ACTIVITY_DELIVERY_UNKNOWN; i++) {
		(void)printf("# delivery %d: %lu\n", i, tally.deliveries[i]);
		met &= tally.deliveries[i] != 0;
	}
	for (int i = 0; i <= (int)ACTIVITY_KIND_CANCELED; i++)
		met &= tally.kinds[i] != 0;
	return met;
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t count = COUNT;
	uint64_t repeated;
	uint64_t once;
	int same;
	int met;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			count = number("sim", optarg);
			break;
		case 's':
			live_one(number("sim", optarg));
			return 0;
		default:
			return 2;
		}
	}
	(void)live(count);
	(void)printf("ok 1 - no history breaks a rule\n");
	met = count < COUNT || met_everything();
	(void)printf("%s 2 - every cause and every delivery was met\n",
	    met ? "ok" : "not ok");
	repeated = count < REPEATED ? count : REPEATED;
	once = live(repeated);
	same = once == live(repeated);
	(void)printf("%s 3 - a seed is a history\n1..3\n",
	    same ? "ok" : "not ok");
	return met && same ? 0 : 1;
}
