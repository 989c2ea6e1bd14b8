/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/streams.h"

#include <stdlib.h>
#include <string.h>

#include "aws/wire.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"
#include "process/pty.h"
#include "process/pump.h"
#include "process/writer.h"
#include "tend/loop.h"
#include "tend/numbers.h"
#include "tend/onlooker.h"
#include "text/progress.h"
#include "text/tagged.h"
#include "text/tail.h"
#include "text/utf8.h"

/* The most bytes of stdout that can be a result within SWF's limit. */
enum { LARGEST_RESULT = SWF_RESULT_MAX * UTF8_BYTES_PER_UNIT };

enum {
	/*
	 * What is read at once of a stream that is tagged: if all of it were
	 * empty lines, each would become a hundred bytes and a name.
	 */
	TAGGED_BURST = 8192,
	/* More than that is at most, and than what a full pipe can hold. */
	TAGGED_ROOM = 128 * 1024 * 1024,
	/* Memory that is kept for the next time. */
	TAGGED_KEPT = 64 * 1024
};

struct stream {
	struct streams *streams;
	enum streams_which which;
	struct pump *pump;
	struct loop_watch *watch;
	struct loop_timer nap;
	bool is_tagged;
	struct tagged tagged;
};

struct streams {
	struct streams_setup setup;
	struct stream list[STREAMS_COUNT];
	enum streams_which progress_source;
	struct progress_format format;
	struct progress progress;
	bool last_line; /* wanted, and not the same as the progress */
	enum streams_which last_source;
	struct progress_format last_format;
	struct progress last;
	bool keep_stdout;
	struct buf stdout_text;
	uint64_t stdout_size;
	struct tail stderr_tail;
	bool drained;
};

/* Of the whole process: PUMP_PIPES_GROWN is the most. */
static unsigned int pipes_grown;

static enum streams_which
source_of(enum options_source source)
{
	switch (source) {
	case SOURCE_STDOUT:
		return STREAMS_STDOUT;
	case SOURCE_STDERR:
		return STREAMS_STDERR;
	case SOURCE_FD:
		break;
	}
	return STREAMS_FD;
}

/* Where the last line is read: with fd:N, stdout is left alone. */
static enum streams_which
last_line_source(const struct options *options)
{
	return options->progress_from == SOURCE_FD ? STREAMS_FD
						   : STREAMS_STDOUT;
}

static bool
is_tagged(enum options_output output, enum streams_which which)
{
	return which != STREAMS_FD &&
	       (output == OUTPUT_PREFIX || output == OUTPUT_JSON);
}

bool
streams_needed(const struct options *options, enum streams_which which)
{
	if (which == source_of(options->progress_from) ||
	    is_tagged(options->output, which) ||
	    (which == STREAMS_STDOUT && options->pty))
		return true;
	if (which == STREAMS_STDERR)
		return options->stderr_tail > 0;
	if (which == STREAMS_STDOUT && options->result == RESULT_STDOUT)
		return true;
	return options->result == RESULT_LAST_LINE &&
	       which == last_line_source(options);
}

int
streams_check(const struct options *options, struct err *err)
{
	struct progress_format format;
	struct err problem;

	if (progress_format_parse(&format, options->progress, &problem) == -1)
		return err_set(err, "--progress: %s", problem.text);
	progress_format_clear(&format);
	return 0;
}

static void
look_for_progress(struct streams *streams, const char *data, size_t len)
{
	if (progress_feed(&streams->progress, data, len) && !streams->drained)
		streams->setup.on_progress(streams->setup.arg);
}

static void
keep_stdout(struct streams *streams, const char *data, size_t len)
{
	size_t room = LARGEST_RESULT - streams->stdout_text.len;

	streams->stdout_size += len;
	(void)buf_append(&streams->stdout_text, data, len < room ? len : room);
}

/* Of tend's own streams, where this one is passed on to. */
static enum writer_stream
target_of(const struct streams *streams, enum streams_which which)
{
	const struct onlooker *onlooker = streams->setup.onlooker;

	if (onlooker != NULL && onlooker->one_stream)
		return WRITER_STDERR;
	return which == STREAMS_STDERR &&
		       streams->setup.options->output != OUTPUT_JSON
		   ? WRITER_STDERR
		   : WRITER_STDOUT;
}

/* Queues whole lines; the bound was looked at before they were read. */
static void
pass_on(struct stream *stream, const struct buf *lines)
{
	struct writer *writer = stream->streams->setup.writer;
	enum writer_stream to = target_of(stream->streams, stream->which);
	size_t done = 0;

	while (done < lines->len) {
		size_t len;
		char *room = writer_reserve(writer, to, &len);

		if (len > lines->len - done)
			len = lines->len - done;
		memcpy(room, lines->data + done, len);
		writer_commit(writer, to, len);
		done += len;
	}
}

/* "data" is NULL at the end. */
static void
tag(struct stream *stream, const char *data, size_t len)
{
	static struct buf lines = BUF_INIT(TAGGED_ROOM);
	char time[CLOCK_TEXT] = "";

	if (stream->tagged.form == TAGGED_JSON)
		clock_format(clock_wall(), time);
	if (data == NULL)
		tagged_end(&stream->tagged, time, &lines);
	else
		tagged_feed(&stream->tagged, data, len, time, &lines);
	pass_on(stream, &lines);
	if (lines.cap > TAGGED_KEPT)
		buf_clear(&lines);
	else
		buf_reset(&lines);
}

/* A piece of output has been read. */
static void
on_output(void *arg, const char *data, size_t len)
{
	struct stream *stream = arg;
	struct streams *streams = stream->streams;
	const struct onlooker *onlooker = streams->setup.onlooker;

	if (onlooker != NULL && stream->which != STREAMS_FD)
		onlooker->after_output(onlooker->arg,
		    target_of(stream->streams, stream->which), data, len);
	if (stream->which != STREAMS_FD)
		numbers_output(streams->setup.numbers,
		    stream->which == STREAMS_STDERR ? NUMBERS_STDERR
						    : NUMBERS_STDOUT,
		    len);
	if (stream->which == STREAMS_STDERR)
		tail_feed(&streams->stderr_tail, data, len);
	if (stream->which == STREAMS_STDOUT && streams->keep_stdout)
		keep_stdout(streams, data, len);
	if (streams->last_line && stream->which == streams->last_source)
		(void)progress_feed(&streams->last, data, len);
	if (stream->which == streams->progress_source)
		look_for_progress(streams, data, len);
	if (stream->is_tagged)
		tag(stream, data, len);
}

/* Watches the pipe, or not, as the pump wants it now. */
static void
rearm(struct stream *stream)
{
	struct loop *loop = stream->streams->setup.loop;

	if (pump_ended(stream->pump)) {
		loop_watch_on(stream->watch, false);
		loop_timer_set(loop, &stream->nap, INSTANT_NEVER);
		return;
	}
	loop_watch_on(stream->watch,
	    pump_wants_read(stream->pump, loop_now(loop)));
	loop_timer_set(loop, &stream->nap, pump_deadline(stream->pump));
}

/* Something is about to be passed on. */
static void
announce(const struct stream *stream)
{
	const struct onlooker *onlooker = stream->streams->setup.onlooker;

	if (onlooker != NULL && stream->which != STREAMS_FD)
		onlooker->before_output(onlooker->arg,
		    target_of(stream->streams, stream->which), false);
}

static void
on_readable(void *arg)
{
	struct stream *stream = arg;

	announce(stream);
	(void)pump_read(stream->pump, loop_now(stream->streams->setup.loop));
	rearm(stream);
}

static void
on_nap_over(void *arg)
{
	rearm(arg);
}

static size_t
burst_of(const struct streams *streams, const struct stream *stream)
{
	size_t burst = stream->which == streams->progress_source
			   ? progress_burst(&streams->format)
			   : 0;

	if (stream->is_tagged && (burst == 0 || burst > TAGGED_BURST))
		return TAGGED_BURST;
	return burst;
}

/* Passed on is what tend has a stream of its own for. */
static int
open_stream(struct streams *streams, enum streams_which which, struct err *err)
{
	const struct streams_setup *setup = &streams->setup;
	enum options_output output = setup->options->output;
	bool passed_on = which != STREAMS_FD && output != OUTPUT_NONE;
	struct stream *stream = &streams->list[which];
	int *pipe = &setup->pipes[which];
	struct pump_config config = {
		.descriptor = *pipe,
		.writer = passed_on ? setup->writer : NULL,
		.stream = target_of(streams, which),
		.apart = is_tagged(output, which),
		.sink = on_output,
		.arg = stream,
		.grown = which == STREAMS_STDOUT ? &pipes_grown : NULL,
	};

	stream->streams = streams;
	stream->which = which;
	stream->nap.call = on_nap_over;
	stream->nap.arg = stream;
	stream->is_tagged = config.apart;
	tagged_init(&stream->tagged,
	    output == OUTPUT_JSON ? TAGGED_JSON : TAGGED_PREFIX,
	    output == OUTPUT_JSON ? setup->task->activity_id : setup->name,
	    setup->task->workflow_id,
	    which == STREAMS_STDERR ? "stderr" : "stdout");
	config.burst = burst_of(streams, stream);
	stream->pump = pump_new(&config, err);
	if (stream->pump == NULL)
		return -1;
	*pipe = -1;
	stream->watch = loop_watch(streams->setup.loop,
	    pump_descriptor(stream->pump), on_readable, stream, err);
	return stream->watch == NULL ? -1 : 0;
}

static int
prepare_progress(struct streams *streams, const struct options *options,
    struct err *err)
{
	bool wanted = options->result == RESULT_LAST_LINE;
	bool same;

	streams->progress_source = source_of(options->progress_from);
	streams->last_source = last_line_source(options);
	if (progress_format_parse(&streams->format, options->progress, err) ==
	    -1)
		return -1;
	same = wanted && streams->format.kind == PROGRESS_LINES &&
	       streams->progress_source == streams->last_source;
	progress_init(&streams->progress, &streams->format,
	    same ? PROGRESS_KEEP_RESULT : PROGRESS_KEEP, options->details_json);
	streams->last_line = wanted && !same;
	if (!streams->last_line)
		return 0;
	(void)progress_format_parse(&streams->last_format, "lines", NULL);
	progress_init(&streams->last, &streams->last_format,
	    PROGRESS_KEEP_RESULT, false);
	return 0;
}

struct streams *
streams_new(const struct streams_setup *setup, struct err *err)
{
	const struct options *options = setup->options;
	struct streams *streams = mem_new(1, sizeof(*streams));

	streams->setup = *setup;
	streams->keep_stdout = options->result == RESULT_STDOUT;
	buf_init(&streams->stdout_text, LARGEST_RESULT);
	tail_init(&streams->stderr_tail, options->stderr_tail);
	if (prepare_progress(streams, options, err) == -1)
		goto fail;
	for (int i = 0; i < STREAMS_COUNT; i++)
		if (setup->pipes[i] != -1 &&
		    open_stream(streams, (enum streams_which)i, err) == -1)
			goto fail;
	return streams;
fail:
	streams_free(streams);
	return NULL;
}

void
streams_resume(struct streams *streams)
{
	for (int i = 0; i < STREAMS_COUNT; i++)
		if (streams->list[i].pump != NULL)
			rearm(&streams->list[i]);
}

static void
drain(struct stream *stream)
{
	if (stream->pump == NULL)
		return;
	announce(stream);
	pump_drain(stream->pump);
	if (stream->is_tagged)
		tag(stream, NULL, 0);
	rearm(stream);
}

void
streams_drain(struct streams *streams)
{
	streams->drained = true;
	for (int i = 0; i < STREAMS_COUNT; i++)
		drain(&streams->list[i]);
	(void)progress_end(&streams->progress);
	if (streams->last_line)
		(void)progress_end(&streams->last);
}

int
streams_progress(const struct streams *streams, size_t units, struct buf *out)
{
	return progress_text(&streams->progress, units, out);
}

int
streams_percent(const struct streams *streams, double *percent)
{
	return progress_percent(&streams->progress, percent);
}

uint64_t
streams_lines(const struct streams *streams)
{
	return progress_lines(&streams->progress);
}

int
streams_last_line(const struct streams *streams, size_t units, struct buf *out)
{
	return progress_text(streams->last_line ? &streams->last
						: &streams->progress,
	    units, out);
}

const struct buf *
streams_stdout(const struct streams *streams)
{
	return &streams->stdout_text;
}

uint64_t
streams_stdout_size(const struct streams *streams)
{
	return streams->stdout_size;
}

int
streams_stderr(const struct streams *streams, struct buf *out)
{
	const struct tail *tail = &streams->stderr_tail;
	struct buf raw = BUF_INIT(tail_len(tail));
	int status = 0;

	if (raw.max > 0 && tail_read(tail, &raw) == -1)
		status = -1;
	if (raw.len > 0) {
		if (tail_forgotten(tail) > 0)
			buf_consume(&raw, utf8_rest(raw.data, raw.len));
		status = utf8_repair(out, raw.data, raw.len);
	}
	buf_clear(&raw);
	return status;
}

bool
streams_resize(const struct streams *streams)
{
	if (!streams->setup.options->pty)
		return false;
	pty_resize(pump_descriptor(streams->list[STREAMS_STDOUT].pump));
	return true;
}

static void
close_stream(struct streams *streams, struct stream *stream)
{
	if (stream->pump == NULL)
		return;
	loop_timer_set(streams->setup.loop, &stream->nap, INSTANT_NEVER);
	loop_unwatch(stream->watch);
	pump_free(stream->pump);
	tagged_clear(&stream->tagged);
}

void
streams_free(struct streams *streams)
{
	if (streams == NULL)
		return;
	for (int i = 0; i < STREAMS_COUNT; i++)
		close_stream(streams, &streams->list[i]);
	progress_clear(&streams->progress);
	progress_format_clear(&streams->format);
	if (streams->last_line) {
		progress_clear(&streams->last);
		progress_format_clear(&streams->last_format);
	}
	buf_clear(&streams->stdout_text);
	tail_clear(&streams->stderr_tail);
	free(streams);
}
