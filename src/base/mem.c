/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *
checked(void *memory)
{
	static const char line[] = "tend: out of memory\n";

	if (memory != NULL)
		return memory;
	if (write(STDERR_FILENO, line, sizeof(line) - 1) == -1)
		_exit(125);
	_exit(125);
}

void *
mem_new(size_t count, size_t size)
{
	return checked(calloc(count == 0 ? 1 : count, size));
}

void *
mem_resize(void *old, size_t count, size_t size)
{
	return checked(reallocarray(old, count == 0 ? 1 : count, size));
}

char *
mem_string(const char *string)
{
	return checked(strdup(string));
}

char *
mem_copy(const void *data, size_t length)
{
	char *copy = checked(malloc(length + 1));

	if (length != 0)
		memcpy(copy, data, length);
	copy[length] = '\0';
	return copy;
}

void
mem_cleanse(void *data, size_t length)
{
	if (data != NULL)
		explicit_bzero(data, length);
	free(data);
}

char *
mem_format(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return checked(n == -1 ? NULL : text);
}
