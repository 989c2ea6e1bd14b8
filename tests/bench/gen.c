/* SPDX-License-Identifier: MIT */
/*
 * Output for others to carry: gen BYTES-PER-WRITE WRITES [line].
 *
 * With "line", each write ends in a newline; without, there is none at all.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	size_t size;
	long count;
	char *data;

	if (argc < 3)
		return 2;
	size = strtoul(argv[1], NULL, 10);
	count = strtol(argv[2], NULL, 10);
	if (size == 0)
		return 2;
	data = malloc(size);
	if (data == NULL)
		return 1;
	memset(data, 'x', size);
	if (argc == 4)
		data[size - 1] = '\n';
	while (count-- > 0) {
		size_t at = 0;

		while (at < size) {
			ssize_t n = write(STDOUT_FILENO, data + at, size - at);

			if (n == -1)
				return 1;
			at += (size_t)n;
		}
	}
	free(data);
	return 0;
}
