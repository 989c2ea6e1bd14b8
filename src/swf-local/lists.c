/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/lists.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/activities.h"
#include "swf-local/decisions.h"
#include "swf-local/domains.h"
#include "swf-local/emit.h"
#include "swf-local/validate.h"

/* The first part of a list's key. */
static const char *const kind_names[] = {
	[TASK_ACTIVITY] = "activity",
	[TASK_DECISION] = "decision",
};

static struct task_list *
get_list(struct service *service, enum task_kind kind, const char *domain,
    const char *name)
{
	struct task_list *list;
	struct table_key key;

	table_key(&key, kind_names[kind], domain, name);
	list = table_get(&service->lists, &key);
	if (list == NULL) {
		list = mem_new(1, sizeof(*list));
		list->kind = kind;
		list->domain = mem_string(domain);
		list->name = mem_string(name);
		TAILQ_INIT(&list->polls);
		table_add(&service->lists, &key, list);
	}
	table_key_free(&key);
	return list;
}

void
list_free(struct task_list *list)
{
	free(list->domain);
	free(list->name);
	free(list);
}

static void
release_if_empty(struct service *service, struct task_list *list)
{
	struct table_key key;

	if (list->task_count > 0 || list->poll_count > 0 || list->dirty)
		return;
	table_key(&key, kind_names[list->kind], list->domain, list->name);
	(void)table_remove(&service->lists, &key);
	table_key_free(&key);
	list_free(list);
}

static void
mark_dirty(struct service *service, struct task_list *list)
{
	if (list->dirty)
		return;
	list->dirty = 1;
	TAILQ_INSERT_TAIL(&service->dirty, list, in_dirty);
}

void
list_add_task(struct service *service, struct task *task, const char *name)
{
	struct task_list *list =
	    get_list(service, task->kind, task->execution->domain->name, name);

	order_add(&list->tasks, &task->in_list, -(int64_t)task->priority,
	    task->number);
	task->list = list;
	list->task_count++;
	mark_dirty(service, list);
}

void
list_remove_task(struct service *service, struct task *task)
{
	struct task_list *list = task->list;

	if (list == NULL)
		return;
	order_remove(&list->tasks, &task->in_list);
	task->list = NULL;
	list->task_count--;
	release_if_empty(service, list);
}

int
list_add_poll(struct service *service, struct call *call, enum task_kind kind,
    const char *domain, const char *name)
{
	struct task_list *list = get_list(service, kind, domain, name);

	if (list->poll_count >= POLLS_MAX)
		return -1;
	TAILQ_INSERT_TAIL(&list->polls, call, in_list);
	call->list = list;
	list->poll_count++;
	timers_set(&service->timers, &call->hold,
	    instant_add(service->instant, service->hold));
	mark_dirty(service, list);
	return 0;
}

void
list_remove_poll(struct service *service, struct call *call)
{
	struct task_list *list = call->list;

	if (list == NULL)
		return;
	TAILQ_REMOVE(&list->polls, call, in_list);
	call->list = NULL;
	list->poll_count--;
	timers_set(&service->timers, &call->hold, INSTANT_NEVER);
	release_if_empty(service, list);
}

static struct task *
first_task(const struct task_list *list)
{
	struct order_node *node = order_first(&list->tasks);

	return (struct task *)((char *)node - offsetof(struct task, in_list));
}

/*
 * The list is kept while it is worked on: taking the last task and the last
 * poll out would free it.
 */
void
list_match(struct service *service, struct task_list *list)
{
	list->dirty = 1;
	while (list->task_count > 0 && list->poll_count > 0) {
		struct call *call = TAILQ_FIRST(&list->polls);
		struct task *task = first_task(list);
		int alive = service->host->alive(call);

		list_remove_poll(service, call);
		if (alive) {
			list_remove_task(service, task);
			if (list->kind == TASK_ACTIVITY)
				activity_start(service, task, call);
			else
				decision_start(service, task, call);
		}
		service->host->answered(call, !alive);
	}
	list->dirty = 0;
	release_if_empty(service, list);
}

/* What waits in the list; a task that was handed out does not. */
static void
count_pending(struct service *service, struct call *call, enum task_kind kind)
{
	const struct domain *domain = domain_of(service, call);
	const struct task_list *list;
	size_t count;

	if (domain == NULL)
		return;
	list = table_get_string(&service->lists, kind_names[kind], domain->name,
	    member_name(call->in, "taskList"));
	count = list == NULL ? 0 : list->task_count;
	emit_object(&call->out.body, NULL);
	emit_integer(&call->out.body, "count", (int64_t)count);
	emit_boolean(&call->out.body, "truncated", 0);
	emit_object_end(&call->out.body);
}

void
list_count_activities(struct service *service, struct call *call)
{
	count_pending(service, call, TASK_ACTIVITY);
}

void
list_count_decisions(struct service *service, struct call *call)
{
	count_pending(service, call, TASK_DECISION);
}
