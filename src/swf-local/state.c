/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/domains.h"
#include "swf-local/executions.h"
#include "swf-local/lists.h"
#include "swf-local/names.h"
#include "swf-local/persist.h"
#include "swf-local/types.h"
#include "swf-local/view.h"

enum { SCRATCH_MAX = 4 << 20 };

void
service_init(struct service *service, const struct service_host *host,
    uint64_t seed)
{
	struct siphash_key tables;

	*service = (struct service){ .host = host, .time_scale = 1 };
	shown_init(&service->shown);
	random_seed(&service->random, seed);
	random_fill(&service->random, &service->secret,
	    sizeof(service->secret));
	random_fill(&service->random, &tables, sizeof(tables));
	table_init(&service->domains, &tables);
	for (int kind = 0; kind < TYPE_KINDS; kind++)
		table_init(&service->types[kind], &tables);
	table_init(&service->lists, &tables);
	table_init(&service->runs, &tables);
	table_init(&service->open_runs, &tables);
	table_init(&service->executions, &tables);
	table_init(&service->tasks, &tables);
	TAILQ_INIT(&service->dirty);
	timers_init(&service->timers);
	buf_init(&service->scratch, SCRATCH_MAX);
}

static void
free_execution(void *value, void *arg)
{
	(void)arg;
	execution_free(value);
}

static void
free_list(void *value, void *arg)
{
	(void)arg;
	list_free(value);
}

static void
free_type(void *value, void *arg)
{
	(void)arg;
	type_free(value);
}

static void
free_domain(void *value, void *arg)
{
	(void)arg;
	domain_free(value);
}

void
service_clear(struct service *service)
{
	persist_close(service);
	table_each(&service->lists, free_list, NULL);
	table_each(&service->executions, free_execution, NULL);
	for (int kind = 0; kind < TYPE_KINDS; kind++) {
		table_each(&service->types[kind], free_type, NULL);
		table_clear(&service->types[kind]);
	}
	table_each(&service->domains, free_domain, NULL);
	table_clear(&service->domains);
	names_clear(&service->domain_names);
	table_clear(&service->lists);
	table_clear(&service->runs);
	table_clear(&service->open_runs);
	table_clear(&service->executions);
	table_clear(&service->tasks);
	timers_clear(&service->timers);
	buf_clear(&service->scratch);
}

void
service_settle(struct service *service, int64_t now)
{
	for (;;) {
		struct deadline *timer = timers_due(&service->timers, now);

		if (timer == NULL)
			break;
		/* An instant never lies before one that was seen already. */
		service->instant = instant_max(service->instant, timer->at);
		timer->fire(timer->arg, timer->at);
		persist_gather(service);
	}
	service->instant = instant_max(service->instant, now);
	service_dispatch(service);
	persist_flush(service);
}

void
service_dispatch(struct service *service)
{
	struct task_list *list;

	/* A task that is handed out now would not reach the poll's client. */
	if (persist_behind(service))
		return;
	while ((list = TAILQ_FIRST(&service->dirty)) != NULL) {
		TAILQ_REMOVE(&service->dirty, list, in_dirty);
		list->dirty = 0;
		list_match(service, list);
	}
}

int64_t
service_wall(const struct service *service)
{
	return service->instant + service->wall_offset;
}

int64_t
seconds_of(const struct service *service, const char *text)
{
	int64_t scale = service->time_scale;

	if (strcmp(text, "NONE") == 0)
		return INSTANT_NEVER;
	return ((int64_t)strtoll(text, NULL, 10) * 1000 + scale - 1) / scale;
}

char *
copy_or_null(const char *text)
{
	return text == NULL ? NULL : mem_string(text);
}
