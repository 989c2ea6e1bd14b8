/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/resume.h"

#include <stdlib.h>

#include "base/mem.h"
#include "swf-local/activities.h"
#include "swf-local/children.h"
#include "swf-local/decisions.h"
#include "swf-local/executions.h"
#include "swf-local/lists.h"
#include "swf-local/timers.h"
#include "swf-local/workflow_timers.h"

static void
collect_task(void *value, void *arg)
{
	struct task ***at = arg;

	*(*at)++ = value;
}

static int
compare_tasks(const void *a, const void *b)
{
	uint64_t x = (*(struct task *const *)a)->number;
	uint64_t y = (*(struct task *const *)b)->number;

	return x < y ? -1 : x > y;
}

static int
check_execution(const struct service *service,
    const struct execution *execution, struct err *err)
{
	if (table_get_string(&service->runs, execution->run_id, NULL, NULL) !=
	    NULL)
		return err_set(err, "the run %s is there twice",
		    execution->run_id);
	if (execution->close != CLOSE_NONE) {
		if (execution->activity_count == 0 &&
		    execution->timer_count == 0 && execution->waiting == NULL &&
		    execution->working == NULL)
			return 0;
		return err_set(err, "the run %s is closed but has open tasks",
		    execution->run_id);
	}
	if (execution_find_open(service, execution->domain,
		execution->workflow_id, NULL) != NULL)
		return err_set(err, "the workflow %s is open twice",
		    execution->workflow_id);
	return 0;
}

/* Lower numbers first, so that a parent is there before its children. */
static int
start_execution(struct service *service, struct execution *execution,
    struct err *err)
{
	struct workflow_timer *timer;
	int64_t at = execution->timer.at;

	if (check_execution(service, execution, err) == -1)
		return -1;
	execution_index(service, execution);
	if (execution->close != CLOSE_NONE)
		return 0;
	timers_set(&service->timers, &execution->timer, at);
	if (execution->parent != NULL)
		child_begun(execution);
	TAILQ_FOREACH (timer, &execution->open_timers, in_execution)
		workflow_timer_arm(service, timer);
	return 0;
}

static int
start_executions(struct service *service, struct err *err)
{
	struct execution **all = executions_by_number(service);
	size_t count = service->executions.count;
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++)
		result = start_execution(service, all[i], err);
	free(all);
	return result;
}

static void
start_task(struct service *service, struct task *task)
{
	struct activity *activity = (struct activity *)task;

	if (task->kind == TASK_ACTIVITY) {
		if (task->started_id == 0)
			list_add_task(service, task, activity->list_name);
		activity_arm(service, activity);
		return;
	}
	timers_set(&service->timers, &task->timer, task->timer.at);
	decision_offer(service, task->execution);
}

static void
start_tasks(struct service *service)
{
	size_t count = service->tasks.count;
	struct task **all = mem_new(count + 1, sizeof(struct task *));
	struct task **at = all;

	table_each(&service->tasks, collect_task, &at);
	qsort(all, count, sizeof(struct task *), compare_tasks);
	for (size_t i = 0; i < count; i++)
		start_task(service, all[i]);
	free(all);
}

int
resume(struct service *service, struct err *err)
{
	if (start_executions(service, err) == -1)
		return -1;
	start_tasks(service);
	return 0;
}
