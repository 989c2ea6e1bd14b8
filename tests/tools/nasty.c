/* SPDX-License-Identifier: MIT */
/*
 * nasty: a command that behaves badly, or tells what it was given, for tests
 * of those who have to deal with such.
 *
 *   nasty log LABEL [SIGNAL]  blocks all signals and prints "LABEL ready PID",
 *                             then "LABEL N" for each; ends at SIGNAL only
 *   nasty escape COMMAND...   runs COMMAND as a daemon: forked twice, in a
 *                             session of its own; returns at once
 *   nasty chain N             N processes, each the child of the one before,
 *                             each in a session of its own; prints "ready"
 *   nasty bomb [setsid]       forks for as long as it can, every child too, as
 *                             an ordinary user with a limit of processes;
 *                             prints "ready" when the limit is reached
 *   nasty thread COMMAND...   COMMAND's parent is a second thread; the first
 *                             has ended
 *   nasty fds                 prints the numbers of its open descriptors
 *   nasty say HOW             as a guard: says something to tend's end that
 *                             it should not: short, long, magic, version,
 *                             type, close
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/message.h"

enum {
	BOMB_PROCESSES = 80, /* at a time */
	BOMB_FORKS = 300000, /* in all, should the guard fail */
	NOBODY = 65534
};

static int
fail(const char *what)
{
	perror(what);
	return 99;
}

static int
do_log(char **args)
{
	int last = args[1] == NULL ? 0 : (int)strtol(args[1], NULL, 10);
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	(void)dprintf(STDOUT_FILENO, "%s ready %d\n", args[0], (int)getpid());
	for (;;) {
		int got = sigwaitinfo(&all, NULL);

		if (got == -1)
			continue;
		(void)dprintf(STDOUT_FILENO, "%s %d\n", args[0], got);
		/* At once: a leak checker could be confused by what else
		 * is sent, such as SIGCONT. */
		if (got == last)
			_exit(0);
	}
}

static int
do_escape(char **args)
{
	pid_t pid = fork();

	if (pid == -1)
		return fail("fork");
	if (pid == 0) {
		if (setsid() == -1 || fork() != 0)
			_exit(0);
		(void)execvp(args[0], args);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
	return 0;
}

static int
do_chain(char **args)
{
	long left = strtol(args[0], NULL, 10);

	while (--left > 0) {
		pid_t pid = fork();

		if (pid == -1)
			return fail("fork");
		if (pid != 0)
			break;
		(void)setsid();
	}
	if (left <= 0)
		(void)dprintf(STDOUT_FILENO, "ready\n");
	for (;;)
		(void)pause();
}

static void
explode(atomic_int *forks, atomic_int *told, bool own_session)
{
	for (;;) {
		pid_t pid;

		if (atomic_fetch_add(forks, 1) > BOMB_FORKS)
			_exit(0);
		pid = fork();
		if (pid == 0 && own_session)
			(void)setsid();
		if (pid == -1 && atomic_exchange(told, 1) == 0)
			(void)dprintf(STDOUT_FILENO, "ready\n");
	}
}

static int
do_bomb(char **args)
{
	const struct rlimit limit = { BOMB_PROCESSES, BOMB_PROCESSES };
	atomic_int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return fail("mmap");
	/* Nobody reaps, so that what has ended counts no more. */
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	/* For the superuser there would be no limit. */
	if (getuid() == 0 && setuid(NOBODY) == -1)
		return fail("setuid");
	if (setrlimit(RLIMIT_NPROC, &limit) == -1)
		return fail("setrlimit");
	explode(&shared[0], &shared[1], args[0] != NULL);
	return 0;
}

static void *
run_in_thread(void *arg)
{
	char **args = arg;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execvp(args[0], args);
		_exit(127);
	}
	for (;;)
		(void)pause();
	return NULL;
}

static int
do_thread(char **args)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_in_thread, args) != 0)
		return fail("pthread_create");
	pthread_exit(NULL);
}

static int
do_fds(char **args)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;

	(void)args;
	if (directory == NULL)
		return fail("/proc/self/fd");
	while ((entry = readdir(directory)) != NULL) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] != '.' && fd != dirfd(directory))
			(void)printf("%d ", fd);
	}
	(void)printf("\n");
	(void)closedir(directory);
	return 0;
}

/* Run in place of tend-guard: "tend-guard CHANNEL HOW". */
static int
do_say(int channel, const char *how)
{
	struct guard_message message[2] = { {
	    .magic = GUARD_MAGIC,
	    .version = GUARD_VERSION,
	    .type = GUARD_STARTED,
	} };
	size_t size = sizeof(message[0]);

	if (strcmp(how, "close") == 0)
		return 0;
	if (strcmp(how, "short") == 0)
		size--;
	else if (strcmp(how, "long") == 0)
		size++;
	else if (strcmp(how, "magic") == 0)
		message[0].magic++;
	else if (strcmp(how, "version") == 0)
		message[0].version++;
	else if (strcmp(how, "type") == 0)
		message[0].type = GUARD_START;
	if (send(channel, message, size, MSG_NOSIGNAL) == -1)
		return fail("send");
	for (;;)
		(void)pause();
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		int (*run)(char **args);
	} verbs[] = {
		{ "log", 1, do_log },
		{ "escape", 1, do_escape },
		{ "chain", 1, do_chain },
		{ "bomb", 0, do_bomb },
		{ "thread", 1, do_thread },
		{ "fds", 0, do_fds },
	};

	if (argc == 3 && strcmp(argv[0], "tend-guard") == 0)
		return do_say((int)strtol(argv[1], NULL, 10), argv[2]);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (argc >= 2 + verbs[i].arguments &&
		    strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argv + 2);
	(void)fprintf(stderr, "nasty: see its source for what it does\n");
	return 2;
}
