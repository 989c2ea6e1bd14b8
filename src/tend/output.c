/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/output.h"

#include <string.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "process/writer.h"
#include "tend/onlooker.h"

/* How long the last lines of the log are waited for, ms. */
enum { LAST_WORDS_AFTER = 500 };

static const char *const stream_names[] = {
	[WRITER_STDOUT] = "stdout",
	[WRITER_STDERR] = "stderr",
};

void
output_abandon(struct output *output)
{
	for (int i = 0; i < WRITER_STREAMS; i++) {
		enum writer_stream stream = (enum writer_stream)i;

		if (writer_pending(output->writer, stream) > 0)
			writer_abandon(output->writer, stream);
	}
}

static void
log_dropped(struct output *output)
{
	for (int i = 0; i < WRITER_STREAMS; i++) {
		uint64_t bytes =
		    writer_dropped(output->writer, (enum writer_stream)i);

		if (bytes > 0)
			log_warning("%s: %llu bytes of output were dropped",
			    stream_names[i], (unsigned long long)bytes);
	}
}

static void
check_flushed(struct output *output)
{
	if (output->leaving || writer_flushed(output->writer))
		loop_stop(output->loop);
}

static void
on_timer(void *arg)
{
	struct output *output = arg;

	if (!output->leaving)
		output_abandon(output);
	check_flushed(output);
}

static void
log_write_errors(struct output *output)
{
	for (int i = 0; i < WRITER_STREAMS; i++) {
		int error = writer_error(output->writer, (enum writer_stream)i);

		if (error != 0)
			log_warning("%s cannot be written: %s; output is "
				    "dropped",
			    stream_names[i], strerror(error));
	}
}

static void
on_writer(void *arg)
{
	struct output *output = arg;

	writer_acknowledge(output->writer);
	log_write_errors(output);
	if (output->ended)
		check_flushed(output);
	else
		output->room(output->arg);
}

int
output_open(struct output *output, struct loop *loop, loop_function *room,
    void *arg, struct err *err)
{
	static const int descriptors[WRITER_STREAMS] = {
		[WRITER_STDOUT] = STDOUT_FILENO,
		[WRITER_STDERR] = STDERR_FILENO,
	};

	output->loop = loop;
	output->room = room;
	output->arg = arg;
	output->timer.call = on_timer;
	output->timer.arg = output;
	output->writer = writer_new(descriptors, err);
	if (output->writer == NULL)
		return -1;
	output->watch = loop_watch(loop, writer_descriptor(output->writer),
	    on_writer, output, err);
	return output->watch == NULL ? -1 : 0;
}

static void
log_to_writer(void *arg, const char *line, size_t len)
{
	struct output *output = arg;
	const struct onlooker *onlooker = output->onlooker;

	if (onlooker != NULL)
		onlooker->before_output(onlooker->arg, WRITER_STDERR, true);
	(void)writer_put(output->writer, WRITER_STDERR, line, len);
	if (onlooker != NULL)
		onlooker->after_output(onlooker->arg, WRITER_STDERR, line, len);
}

void
output_log(struct output *output)
{
	log_set_sink(log_to_writer, output);
}

void
output_end(struct output *output, int64_t give_up_at)
{
	output->ended = true;
	if (give_up_at != INSTANT_NEVER)
		loop_timer_set(output->loop, &output->timer, give_up_at);
	check_flushed(output);
}

/* The last lines of the log, after all else; nobody waits long for them. */
void
output_last_words(struct output *output)
{
	output->leaving = false;
	log_dropped(output);
	if (!writer_flushed(output->writer)) {
		loop_timer_set(output->loop, &output->timer,
		    loop_now(output->loop) + LAST_WORDS_AFTER);
		output->leaving = true;
		while (!writer_flushed(output->writer) &&
		       output->timer.place != 0)
			loop_run(output->loop);
	}
	log_set_sink(NULL, NULL);
}

void
output_close(struct output *output)
{
	if (output->loop == NULL)
		return;
	loop_timer_set(output->loop, &output->timer, INSTANT_NEVER);
	loop_unwatch(output->watch);
	writer_free(output->writer);
}
