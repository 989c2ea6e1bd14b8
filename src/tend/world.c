/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/mem.h"
#include "process/capture.h"
#include "tend/loop.h"

extern char **environ;

struct aws_running {
	LIST_ENTRY(aws_running) link;
	struct world *world;
	struct capture *capture;
	struct loop_watch *watch;
	struct loop_timer timer;
	bool timed_out;
	aws_program_done *done;
	void *arg;
};

/* Strings of tend's own environment, less its options. */
static char **
program_environment(void)
{
	size_t count = 0;
	char **strings;

	while (environ[count] != NULL)
		count++;
	strings = mem_new(count + 1, sizeof(*strings));
	count = 0;
	for (char **string = environ; *string != NULL; string++)
		if (strncmp(*string, "TEND_", strlen("TEND_")) != 0)
			strings[count++] = *string;
	return strings;
}

static void
free_run(struct aws_running *run)
{
	LIST_REMOVE(run, link);
	loop_timer_set(run->world->loop, &run->timer, INSTANT_NEVER);
	loop_unwatch(run->watch);
	capture_free(run->capture);
	free(run);
}

static void
on_readable(void *arg)
{
	struct aws_running *run = arg;
	struct capture_end end;
	struct aws_program_end told = { .timed_out = run->timed_out };

	switch (capture_read(run->capture, &end)) {
	case CAPTURE_RUNNING:
		return;
	case CAPTURE_TOO_LONG:
		told.too_long = true;
		break;
	case CAPTURE_ENDED:
		break;
	}
	told.exit_status = end.exit_status;
	told.signal = end.signal;
	told.output = end.output;
	told.output_len = end.output_len;
	run->done(run->arg, &told);
	free_run(run);
}

/* Its end is what its descriptor then tells. */
static void
on_timeout(void *arg)
{
	struct aws_running *run = arg;

	run->timed_out = true;
	capture_kill(run->capture);
}

static struct aws_running *
start(void *arg, const struct aws_program *program, struct err *err)
{
	struct world *world = arg;
	char **environment = program_environment();
	const struct capture_setup setup = {
		.argv = program->argv,
		.envp = environment,
		.inherited = world->inherited,
		.output_max = program->output_max,
	};
	struct aws_running *run = mem_new(1, sizeof(*run));

	run->world = world;
	run->done = program->done;
	run->arg = program->arg;
	run->timer.call = on_timeout;
	run->timer.arg = run;
	LIST_INSERT_HEAD(&world->runs, run, link);
	run->capture = capture_start(&setup, err);
	free(environment);
	if (run->capture != NULL)
		run->watch = loop_watch(world->loop,
		    capture_descriptor(run->capture), on_readable, run, err);
	if (run->watch == NULL) {
		free_run(run);
		return NULL;
	}
	loop_timer_set(world->loop, &run->timer,
	    instant_add(loop_now(world->loop), program->timeout));
	return run;
}

static void
stop(void *arg, struct aws_running *run)
{
	(void)arg;
	free_run(run);
}

void
world_init(struct world *world, struct http *http, struct loop *loop,
    const struct inherited *inherited)
{
	world->aws = (struct aws_world){
		.http = http,
		.run = start,
		.kill = stop,
		.arg = world,
	};
	world->loop = loop;
	world->inherited = inherited;
	LIST_INIT(&world->runs);
}

void
world_clear(struct world *world)
{
	struct aws_running *run;
	struct aws_running *next;

	LIST_FOREACH_SAFE(run, &world->runs, link, next)
	free_run(run);
}
