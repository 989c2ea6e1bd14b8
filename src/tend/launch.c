/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "process/guard.h"
#include "process/identity.h"
#include "process/pty.h"
#include "tend/environment.h"
#include "tend/supervisor.h"
#include "tend/timeouts.h"

extern char **environ;

/* Descriptors to place: 0, 1, 2 and the one of the progress. */
enum { MOST_FDS = 4 };

struct plan {
	struct guard_fd fds[MOST_FDS];
	size_t count;
	int ours[MOST_FDS]; /* to be closed once the guard has its own */
	size_t our_count;
};

/* "source" is closed with the plan; -1 stands for /dev/null. */
static void
place(struct plan *plan, int source, int target)
{
	plan->fds[plan->count++] =
	    (struct guard_fd){ .source = source, .target = target };
	if (source != -1)
		plan->ours[plan->our_count++] = source;
}

static void
close_plan(struct plan *plan)
{
	while (plan->our_count > 0)
		(void)close(plan->ours[--plan->our_count]);
}

static int
write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/*
 * The input as a file in memory: the command can read it at its own pace and
 * nobody has to feed it.  It gets a descriptor that cannot write.
 */
static int
memory_file(const char *text, struct err *err)
{
	char path[64];
	int fd = memfd_create("swf-input", MFD_CLOEXEC);
	int reader = -1;

	if (fd != -1 && write_all(fd, text, strlen(text)) == 0) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		reader = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (reader == -1)
		(void)err_errno(err, "cannot hand over the task's input");
	if (fd != -1)
		(void)close(fd);
	return reader;
}

/*
 * The command's user may reopen what it has by its name in /dev, and files
 * for it are its own.
 */
static int
give_to(int fd, const struct identity *identity)
{
	return identity == NULL ? 0
				: fchown(fd, identity->user, identity->group);
}

/*
 * A directory for this task's files that only this user can enter.  Another
 * user, as whom the command runs, can enter it too, but put nothing there
 * and take nothing away: what tend reads and removes is what it has made.
 */
static int
make_directory(struct launch *launch, const struct identity *identity,
    struct err *err)
{
	const char *base = getenv("TMPDIR");
	char resolved[PATH_MAX];

	if (launch->directory != NULL)
		return 0;
	if (base == NULL || *base == '\0')
		base = "/tmp";
	if (realpath(base, resolved) == NULL)
		return err_errno(err, "cannot use TMPDIR %s", base);
	launch->directory = mem_format("%s/tend-XXXXXX", resolved);
	if (mkdtemp(launch->directory) != NULL &&
	    (identity == NULL || chmod(launch->directory, 0711) == 0))
		return 0;
	free(launch->directory);
	launch->directory = NULL;
	return err_errno(err, "cannot make a directory in %s", resolved);
}

/* A new file for the command.  Returns a descriptor, or -1 with "err". */
static int
make_file(const char *path, const struct identity *identity, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd == -1 || give_to(fd, identity) == 0)
		return fd == -1 ? err_errno(err, "cannot make %s", path) : fd;
	(void)err_errno(err, "cannot give %s to the command's user", path);
	(void)close(fd);
	return -1;
}

static int
make_input_file(struct launch *launch, const char *text,
    const struct identity *identity, struct err *err)
{
	int fd;

	if (make_directory(launch, identity, err) == -1)
		return -1;
	launch->input_file = mem_format("%s/input", launch->directory);
	fd = make_file(launch->input_file, identity, err);
	if (fd == -1)
		return -1;
	if (write_all(fd, text, strlen(text)) == -1) {
		(void)err_errno(err, "cannot write %s", launch->input_file);
		(void)close(fd);
		return -1;
	}
	(void)close(fd);
	return 0;
}

static int
plan_input(struct launch *launch, struct plan *plan,
    const struct supervisor_setup *setup, struct err *err)
{
	const char *text = setup->task->input;
	enum options_input input = setup->options->input;
	int fd;

	if (input == INPUT_DEFAULT)
		input = text != NULL   ? INPUT_STDIN
			: setup->fleet ? INPUT_NONE
				       : INPUT_INHERIT;
	switch (input) {
	case INPUT_STDIN:
		fd = memory_file(text == NULL ? "" : text, err);
		if (fd == -1)
			return -1;
		place(plan, fd, STDIN_FILENO);
		return 0;
	case INPUT_FILE:
		return make_input_file(launch, text == NULL ? "" : text,
		    setup->options->run_as, err);
	case INPUT_NONE:
		place(plan, -1, STDIN_FILENO);
		return 0;
	case INPUT_INHERIT:
	case INPUT_DEFAULT:
		break;
	}
	return 0;
}

/* The end to read from and, in "write", the command's. */
static int
make_stream(enum streams_which which, const struct options *options, int *write,
    struct err *err)
{
	struct pty pty;
	int ends[2];

	if (which == STREAMS_STDOUT && options->pty) {
		if (pty_open(&pty, err) == -1)
			return -1;
		ends[0] = pty.master;
		ends[1] = pty.slave;
	} else if (pipe2(ends, O_CLOEXEC) == -1) {
		return err_errno(err, "cannot make a pipe");
	}
	(void)give_to(ends[1], options->run_as);
	*write = ends[1];
	return ends[0];
}

/*
 * The terminal's side for the command is tend's, too: a command that closes
 * it, and opens it again as /dev/tty, has not come to its end.
 */
static void
place_output(struct launch *launch, struct plan *plan, int end, int target,
    bool terminal)
{
	place(plan, end, target);
	if (!terminal)
		return;
	plan->our_count--;
	launch->terminal = end;
}

static int
plan_output(struct launch *launch, struct plan *plan,
    const struct options *options, struct err *err)
{
	int targets[STREAMS_COUNT] = { STDOUT_FILENO, STDERR_FILENO,
		options->progress_fd };
	int end = -1;

	for (int i = 0; i < STREAMS_COUNT; i++) {
		if (!streams_needed(options, (enum streams_which)i)) {
			if (options->output == OUTPUT_NONE && i != STREAMS_FD)
				place(plan, -1, targets[i]);
			continue;
		}
		launch->pipes[i] =
		    make_stream((enum streams_which)i, options, &end, err);
		if (launch->pipes[i] == -1)
			return -1;
		place_output(launch, plan, end, targets[i],
		    i == STREAMS_STDOUT && options->pty);
	}
	return 0;
}

static int
plan_result(struct launch *launch, const struct options *options,
    struct err *err)
{
	int fd;

	if (options->result != RESULT_FILE)
		return 0;
	if (make_directory(launch, options->run_as, err) == -1)
		return -1;
	launch->result_file = mem_format("%s/result", launch->directory);
	if (options->run_as == NULL)
		return 0;
	fd = make_file(launch->result_file, options->run_as, err);
	if (fd == -1)
		return -1;
	(void)close(fd);
	return 0;
}

/* Of the task's timeouts only what is known, not what is guessed. */
static void
add_timeouts(struct environment_facts *facts,
    const struct timeouts_found *found)
{
	if (found == NULL)
		return;
	if (!found->guessed)
		facts->heartbeat_timeout = found->heartbeat;
	facts->resume_details = found->details;
}

static int
spawn(struct launch *launch, const struct plan *plan,
    const struct supervisor_setup *setup, struct err *err)
{
	struct environment_facts facts = {
		.task = setup->task,
		.domain = setup->options->domain,
		.task_list = setup->options->task_list,
		.input_file = launch->input_file,
		.result_file = launch->result_file,
		.progress_fd = setup->options->progress_fd,
		.mark = setup->mark,
		.heartbeat_timeout = setup->options->heartbeat_timeout,
		.terminal = setup->options->pty,
		.identity = setup->options->run_as,
		.denies = setup->options->env_denies.values,
		.deny_count = setup->options->env_denies.count,
	};
	char **environment;
	struct guard_spec spec = {
		.path = setup->guard_path,
		.argv = setup->argv,
		.fds = plan->fds,
		.fd_count = plan->count,
		.inherited = setup->inherited,
		.pass_inherited = !setup->fleet,
		.session = setup->options->pty,
		.identity = setup->options->run_as,
	};

	add_timeouts(&facts, setup->timeouts);
	environment = environment_new(environ, &facts);
	spec.envp = environment;
	launch->guard = guard_spawn(&spec, err);
	environment_free(environment);
	return launch->guard == NULL ? -1 : 0;
}

int
launch_open(struct launch *launch, const struct supervisor_setup *setup,
    struct err *err)
{
	struct plan plan = { .count = 0 };
	int status = -1;

	*launch = LAUNCH_NONE;
	if (plan_input(launch, &plan, setup, err) == 0 &&
	    plan_result(launch, setup->options, err) == 0 &&
	    plan_output(launch, &plan, setup->options, err) == 0)
		status = spawn(launch, &plan, setup, err);
	close_plan(&plan);
	return status;
}

static void
remove_file(char *path)
{
	if (path != NULL && unlink(path) == -1 && errno != ENOENT)
		log_warning("cannot remove %s: %s", path, strerror(errno));
	free(path);
}

void
launch_close(struct launch *launch)
{
	guard_free(launch->guard);
	for (int i = 0; i < STREAMS_COUNT; i++)
		if (launch->pipes[i] != -1)
			(void)close(launch->pipes[i]);
	if (launch->terminal != -1)
		(void)close(launch->terminal);
	remove_file(launch->input_file);
	remove_file(launch->result_file);
	if (launch->directory != NULL && rmdir(launch->directory) == -1)
		log_warning("cannot remove %s: %s", launch->directory,
		    strerror(errno));
	free(launch->directory);
	*launch = LAUNCH_NONE;
}
