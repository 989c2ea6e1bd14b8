/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

struct writer {
	int descriptors[WRITER_STREAMS];
	int event;
	uint64_t dropped[WRITER_STREAMS];
	int error[WRITER_STREAMS];
};

struct writer *
writer_new(const int descriptors[WRITER_STREAMS], struct err *err)
{
	struct writer *writer = mem_new(1, sizeof(*writer));

	for (int i = 0; i < WRITER_STREAMS; i++)
		writer->descriptors[i] = descriptors[i];
	writer->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (writer->event != -1)
		return writer;
	(void)err_errno(err, "cannot make an eventfd");
	free(writer);
	return NULL;
}

int
writer_descriptor(const struct writer *writer)
{
	return writer->event;
}

void
writer_acknowledge(struct writer *writer)
{
	uint64_t count;

	if (read(writer->event, &count, sizeof(count)) == -1)
		return;
}

int
writer_put(struct writer *writer, enum writer_stream stream, const void *data,
    size_t len)
{
	const char *from = data;
	uint64_t one = 1;

	while (len > 0) {
		ssize_t n = write(writer->descriptors[stream], from, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			writer->error[stream] = errno;
			writer->dropped[stream] += len;
			if (write(writer->event, &one, sizeof(one)) == -1)
				return -1;
			return -1;
		}
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

size_t
writer_pending(struct writer *writer, enum writer_stream stream)
{
	(void)writer;
	(void)stream;
	return 0;
}

bool
writer_flushed(struct writer *writer)
{
	(void)writer;
	return true;
}

uint64_t
writer_dropped(struct writer *writer, enum writer_stream stream)
{
	return writer->dropped[stream];
}

int
writer_error(struct writer *writer, enum writer_stream stream)
{
	int error = writer->error[stream];

	writer->error[stream] = 0;
	return error;
}

void
writer_abandon(struct writer *writer, enum writer_stream stream)
{
	(void)writer;
	(void)stream;
}

void
writer_free(struct writer *writer)
{
	if (writer == NULL)
		return;
	(void)close(writer->event);
	free(writer);
}
