/* SPDX-License-Identifier: MIT */
/*
 * The rest of what tend is built upon: the clock, chance, the log, and what a
 * command prints.
 */
#include "config.h"

#include "whole.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/pump.h"
#include "process/writer.h"

#include "whole_over.h"

/* ---- the clock ---- */

/* Wall time at instant 0, ms. */
#define WALL INT64_C(1800000000000)

int64_t
clock_boot(void)
{
	return world.now;
}

int64_t
clock_boot_us(void)
{
	return world.now * 1000;
}

int64_t
clock_wall(void)
{
	return WALL + world.now;
}

void
clock_format(int64_t wall_ms, char text[CLOCK_TEXT])
{
	(void)snprintf(text, CLOCK_TEXT, "%lld", (long long)wall_ms);
}

/* ---- chance ---- */

uint32_t
arc4random(void)
{
	return (uint32_t)roll();
}

uint32_t
arc4random_uniform(uint32_t bound)
{
	return (uint32_t)roll_below(bound);
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int
getentropy(void *data, size_t len)
{
	unsigned char *to = data;

	for (size_t i = 0; i < len; i++)
		to[i] = (unsigned char)roll();
	return 0;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

pid_t
getpid(void)
{
	return world.actor;
}

/* ---- the log ---- */

#define LOG(name)                                                  \
	void name(const char *format, ...)                         \
	{                                                          \
		char line[512];                                    \
		va_list args;                                      \
                                                                   \
		if (!world.trace)                                  \
			return;                                    \
		va_start(args, format);                            \
		(void)vsnprintf(line, sizeof(line), format, args); \
		va_end(args);                                      \
		note("%s: %s", &#name[4], line);                   \
	}

LOG(log_error)
LOG(log_warning)
LOG(log_info)
LOG(log_debug)

void
log_init(const char *program)
{
	(void)program;
}

void
log_set_level(enum log_level level)
{
	(void)level;
}

void
log_set_format(enum log_format format)
{
	(void)format;
}

void
log_set_sink(log_sink *sink, void *arg)
{
	(void)sink;
	(void)arg;
}

int
log_level_parse(const char *name, enum log_level *level)
{
	(void)name;
	*level = LOG_INFO;
	return 0;
}

int
log_enabled(enum log_level level)
{
	(void)level;
	return world.trace;
}

/* ---- a pipe of one line ---- */

struct pump {
	struct pump_config config;
	bool ended;
};

struct pump *
pump_new(const struct pump_config *config, struct err *err)
{
	struct pump *pump = mem_new(1, sizeof(*pump));

	(void)err;
	pump->config = *config;
	return pump;
}

int
pump_descriptor(const struct pump *pump)
{
	return pump->config.descriptor;
}

bool
pump_wants_read(struct pump *pump, int64_t now)
{
	(void)now;
	return !pump->ended;
}

int64_t
pump_deadline(const struct pump *pump)
{
	(void)pump;
	return INSTANT_NEVER;
}

size_t
pump_read(struct pump *pump, int64_t now)
{
	char text[96];
	ssize_t n;

	(void)now;
	seam("pump");
	n = over_read(pump->config.descriptor, text, sizeof(text));
	pump->ended = n == 0;
	if (n > 0 && pump->config.sink != NULL)
		pump->config.sink(pump->config.arg, text, (size_t)n);
	return n > 0 ? (size_t)n : 0;
}

void
pump_drain(struct pump *pump)
{
	(void)pump_read(pump, 0);
}

bool
pump_ended(const struct pump *pump)
{
	return pump->ended;
}

uint64_t
pump_bytes(const struct pump *pump)
{
	(void)pump;
	return 0;
}

void
pump_free(struct pump *pump)
{
	descriptor_close(pump->config.descriptor);
	free(pump);
}

/* ---- tend's own output: somebody takes all of it ---- */

struct writer {
	int event;
	char room[WRITER_LEAST];
};

struct writer *
writer_new(const int descriptors[WRITER_STREAMS], struct err *err)
{
	struct writer *writer = mem_new(1, sizeof(*writer));

	(void)descriptors;
	(void)err;
	writer->event = descriptor_new(DESCRIPTOR_EVENT, world.actor, 0);
	return writer;
}

int
writer_descriptor(const struct writer *writer)
{
	return writer->event;
}

void
writer_acknowledge(struct writer *writer)
{
	(void)writer;
}

bool
writer_has_room(struct writer *writer, enum writer_stream which)
{
	(void)writer;
	(void)which;
	return true;
}

char *
writer_reserve(struct writer *writer, enum writer_stream which, size_t *len)
{
	(void)which;
	*len = sizeof(writer->room);
	return writer->room;
}

void
writer_commit(struct writer *writer, enum writer_stream which, size_t len)
{
	(void)writer;
	(void)which;
	(void)len;
}

int
writer_put(struct writer *writer, enum writer_stream which, const void *data,
    size_t len)
{
	(void)writer;
	(void)which;
	(void)data;
	(void)len;
	return 0;
}

size_t
writer_pending(struct writer *writer, enum writer_stream which)
{
	(void)writer;
	(void)which;
	return 0;
}

bool
writer_flushed(struct writer *writer)
{
	(void)writer;
	return true;
}

uint64_t
writer_dropped(struct writer *writer, enum writer_stream which)
{
	(void)writer;
	(void)which;
	return 0;
}

int
writer_error(struct writer *writer, enum writer_stream which)
{
	(void)writer;
	(void)which;
	return 0;
}

void
writer_abandon(struct writer *writer, enum writer_stream which)
{
	(void)writer;
	(void)which;
}

void
writer_free(struct writer *writer)
{
	if (writer == NULL)
		return;
	descriptor_close(writer->event);
	free(writer);
}
