/* SPDX-License-Identifier: MIT */
/*
 * spoolfill DIR URL REGION EACH: records as of tends that have ended.
 *
 * Reads lines "ID TOKEN" from stdin.  Of each second one the outcome is
 * decided, with the ID as its result; of the others it is not.  EACH records
 * go into a file.
 */
#include "config.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process/spool.h"

static int answered;

static void
on_done(void *arg, bool kept)
{
	(void)arg;
	if (!kept)
		exit(1);
	answered++;
}

static void
wait_for(struct spool *spool, int count)
{
	struct pollfd wait = { spool_descriptor(spool), POLLIN, 0 };

	while (answered < count) {
		(void)poll(&wait, 1, -1);
		spool_dispatch(spool);
	}
}

static void
add(struct spool *spool, char **argv, const char *id, const char *token,
    bool decided)
{
	struct spool_start start = { .token = token,
		.endpoint = argv[2],
		.region = argv[3],
		.activity_id = id };
	struct spool_outcome outcome = { .kind = SPOOL_COMPLETED,
		.result = id };
	struct buf bytes = BUF_INIT(SPOOL_OUTCOME_MAX);
	struct spool_entry *entry;
	uint8_t key[SPOOL_KEY];

	spool_make_key(key);
	if (spool_put_start(&bytes, key, &start) == -1)
		exit(1);
	entry = spool_enter(spool, &bytes, on_done, NULL);
	buf_reset(&bytes);
	if (decided) {
		if (spool_put_outcome(&bytes, key, &outcome) == -1)
			exit(1);
		spool_decide(entry, &bytes, on_done, NULL);
	}
	buf_clear(&bytes);
	wait_for(spool, decided ? 2 : 1);
	answered = 0;
	spool_leave(entry);
}

int
main(int argc, char *argv[])
{
	char id[512], token[4096];
	struct spool *spool = NULL;
	struct err err;
	int count = 0;

	if (argc != 5)
		return 2;
	while (scanf("%511s %4095s", id, token) == 2) {
		if (count % atoi(argv[4]) == 0) {
			spool_free(spool);
			spool = spool_new(argv[1], true, &err);
			if (spool == NULL)
				return 1;
		}
		add(spool, argv, id, token, count++ % 2 == 1);
	}
	spool_free(spool);
	return 0;
}
