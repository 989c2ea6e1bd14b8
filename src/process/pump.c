/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/pump.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/mem.h"

struct pump {
	struct pump_config config;
	bool ended;
	uint64_t bytes;
};

struct pump *
pump_new(const struct pump_config *config, struct err *err)
{
	struct pump *pump;

	if (fcntl(config->descriptor, F_SETFL, O_NONBLOCK) == -1) {
		(void)err_errno(err, "cannot read from the command");
		return NULL;
	}
	pump = mem_new(1, sizeof(*pump));
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
	static char data[65536];
	ssize_t n = read(pump->config.descriptor, data, sizeof(data));

	(void)now;
	if (n <= 0) {
		pump->ended = pump->ended || n == 0;
		return 0;
	}
	if (pump->config.writer != NULL)
		(void)writer_put(pump->config.writer, pump->config.stream,
		    data, (size_t)n);
	if (pump->config.sink != NULL)
		pump->config.sink(pump->config.arg, data, (size_t)n);
	pump->bytes += (uint64_t)n;
	return (size_t)n;
}

void
pump_drain(struct pump *pump)
{
	for (int i = 0; i < 16; i++)
		if (pump_read(pump, 0) == 0)
			return;
}

bool
pump_ended(const struct pump *pump)
{
	return pump->ended;
}

uint64_t
pump_bytes(const struct pump *pump)
{
	return pump->bytes;
}

void
pump_free(struct pump *pump)
{
	if (pump == NULL)
		return;
	(void)close(pump->config.descriptor);
	free(pump);
}
