/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/hunt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "process/helper.h"

/* What owner and helper share; the last of them frees it. */
struct hunt_step {
	atomic_int holders;
	atomic_bool over;
	struct survivors_look look;
	struct survivors_task *tasks;
	size_t count;
	bool harder;
	size_t left; /* valid when it is over */
	int32_t left_out[HUNT_LEFT_OUT];
};

static char *
copy(const char *text)
{
	return text == NULL ? NULL : mem_string(text);
}

static struct hunt_step *
new_step(const struct hunt *hunt, const struct survivors_task *tasks,
    size_t count, bool harder)
{
	struct hunt_step *step = mem_new(1, sizeof(*step));

	atomic_init(&step->holders, 2);
	atomic_init(&step->over, false);
	atomic_init(&step->look.process, 0);
	memcpy(step->left_out, hunt->left_out, sizeof(step->left_out));
	step->look.left_out = step->left_out;
	step->look.left_out_count = hunt->left_out_count;
	step->harder = harder;
	step->count = count;
	step->tasks = mem_new(count + 1, sizeof(*step->tasks));
	for (size_t i = 0; i < count; i++) {
		step->tasks[i] = tasks[i];
		step->tasks[i].mark = copy(tasks[i].mark);
		step->tasks[i].world = copy(tasks[i].world);
	}
	return step;
}

static void
let_go(struct hunt_step *step)
{
	if (atomic_fetch_sub(&step->holders, 1) > 1)
		return;
	for (size_t i = 0; i < step->count; i++) {
		free((char *)(uintptr_t)step->tasks[i].mark);
		free((char *)(uintptr_t)step->tasks[i].world);
	}
	free(step->tasks);
	free(step);
}

static void *
run(void *arg)
{
	struct hunt_step *step = arg;

	step->left =
	    survivors_step(step->tasks, step->count, step->harder, &step->look);
	atomic_store(&step->over, true);
	let_go(step);
	return NULL;
}

void
hunt_begin(struct hunt *hunt, const struct survivors_task *tasks, size_t count,
    bool harder)
{
	pthread_t thread;

	hunt_end(hunt);
	hunt->step = new_step(hunt, tasks, count, harder);
	if (helper_start(&thread, run, hunt->step))
		(void)pthread_detach(thread);
	else
		(void)run(hunt->step);
}

/* Whether it has been reading that one for too long. */
static bool
is_stuck(struct hunt *hunt)
{
	int32_t process = atomic_load(&hunt->step->look.process);

	hunt->looks =
	    process != 0 && process == hunt->seen ? hunt->looks + 1 : 0;
	hunt->seen = process;
	return hunt->looks >= HUNT_LOOKS &&
	       hunt->left_out_count < HUNT_LEFT_OUT;
}

enum hunt_state
hunt_look(struct hunt *hunt, size_t *left)
{
	if (atomic_load(&hunt->step->over)) {
		*left = hunt->step->left;
		hunt_end(hunt);
		return HUNT_OVER;
	}
	if (!is_stuck(hunt))
		return HUNT_RUNS;
	hunt->stuck = hunt->seen;
	hunt->left_out[hunt->left_out_count++] = hunt->stuck;
	hunt_end(hunt);
	return HUNT_STUCK;
}

void
hunt_end(struct hunt *hunt)
{
	if (hunt->step != NULL)
		let_go(hunt->step);
	hunt->step = NULL;
	hunt->seen = 0;
	hunt->looks = 0;
}
