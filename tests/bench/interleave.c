/* SPDX-License-Identifier: MIT */
/*
 * Times commands against each other: each round runs every one of them once,
 * so that what the machine does meanwhile hits them all alike.
 *
 *	interleave ROUNDS COMMAND-LINE...
 *
 * Each command line is run by "sh -c" with stdin from and stdout to /dev/null
 * unless it says otherwise; "exec" and plain words are run without a shell,
 * whose own start takes a millisecond.  A first round is not counted.  Prints
 * for each: median and smallest wall time in microseconds, median CPU time in
 * microseconds, largest resident size in KiB.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { WORDS_MAX = 64 };

struct series {
	int64_t *wall;
	int64_t *cpu;
	long rss;
};

static int64_t
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t
microseconds(struct timeval tv)
{
	return (int64_t)tv.tv_sec * 1000000 + tv.tv_usec;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/*
 * The words to execute.  "copy" is the line, and is cut to pieces if there is
 * nothing in it for a shell to do.
 */
static void
split(char *copy, char *words[WORDS_MAX])
{
	static char shell[] = "/bin/sh";
	static char option[] = "-c";
	size_t count = 0;
	char *word;

	if (strncmp(copy, "exec ", 5) != 0 ||
	    strpbrk(copy, "'\"\\|&;<>()$`*?~") != NULL) {
		words[0] = shell;
		words[1] = option;
		words[2] = copy;
		words[3] = NULL;
		return;
	}
	copy += 5;
	while ((word = strsep(&copy, " ")) != NULL)
		if (word[0] != '\0' && count < WORDS_MAX - 1)
			words[count++] = word;
	words[count] = NULL;
}

static void
run(const char *line, struct series *series, long round)
{
	char *copy = strdup(line);
	char *words[WORDS_MAX];
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	int64_t start;
	int status;
	pid_t pid;

	if (copy == NULL)
		exit(1);
	split(copy, words);
	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
		"/dev/null", O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
		"/dev/null", O_WRONLY, 0) != 0)
		exit(1);
	start = now_us();
	if (posix_spawnp(&pid, words[0], &actions, NULL, words, environ) != 0)
		exit(1);
	if (wait4(pid, &status, 0, &usage) != pid)
		exit(1);
	if (round >= 0) {
		series->wall[round] = now_us() - start;
		series->cpu[round] =
		    microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
		if (usage.ru_maxrss > series->rss)
			series->rss = usage.ru_maxrss;
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	free(copy);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		(void)fprintf(stderr, "status %d: %s\n", status, line);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	long rounds = argc < 3 ? 0 : strtol(argv[1], NULL, 10);
	struct series *all;
	int count = argc - 2;

	if (rounds <= 0)
		return 2;
	all = calloc((size_t)count, sizeof(*all));
	if (all == NULL)
		return 1;
	for (int i = 0; i < count; i++) {
		all[i].wall = calloc((size_t)rounds, sizeof(int64_t));
		all[i].cpu = calloc((size_t)rounds, sizeof(int64_t));
		if (all[i].wall == NULL || all[i].cpu == NULL)
			return 1;
	}
	for (long round = -1; round < rounds; round++)
		for (int i = 0; i < count; i++)
			run(argv[i + 2], &all[i], round);
	for (int i = 0; i < count; i++) {
		qsort(all[i].wall, (size_t)rounds, sizeof(int64_t), by_size);
		qsort(all[i].cpu, (size_t)rounds, sizeof(int64_t), by_size);
		printf("%lld %lld %lld %ld\n",
		    (long long)all[i].wall[rounds / 2],
		    (long long)all[i].wall[0],
		    (long long)all[i].cpu[rounds / 2], all[i].rss);
		free(all[i].wall);
		free(all[i].cpu);
	}
	free(all);
	return 0;
}
