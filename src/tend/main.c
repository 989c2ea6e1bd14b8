/* SPDX-License-Identifier: MIT */
/*
 * tend: runs a command as an Amazon SWF activity task.  This file finds the
 * subcommand; each has a file of its own.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "process/inherited.h"
#include "process/leases.h"
#include "tend/check.h"
#include "tend/flush.h"
#include "tend/options.h"
#include "tend/run.h"
#include "tend/submit.h"
#include "tend/try.h"
#include "tend/worker.h"

struct subcommand {
	const char *name;
	const char *summary;
	int (*main)(int argc, char **argv, struct inherited *inherited);
};

static const struct subcommand subcommands[] = {
	{ "check", "show what would be used, and call the service once",
	    check_main },
	{ "flush", "deliver the outcomes left in a spool directory",
	    flush_main },
	{ "run", "supervise a command as the task whose token is given",
	    run_main },
	{ "submit", "have one activity done by a worker, print its result",
	    submit_main },
	{ "try", "supervise a command as a task of a private swf-local",
	    try_main },
	{ "worker", "poll a task list and supervise a command for each task",
	    worker_main },
};

enum { SUBCOMMANDS = sizeof(subcommands) / sizeof(subcommands[0]) };

static void
print_usage(FILE *out)
{
	(void)fputs(
	    "usage: tend run|worker|try [OPTION]... [--] COMMAND "
	    "[ARG]...\n"
	    "       tend submit [OPTION]... [INPUT]\n"
	    "       tend check [OPTION]...\n"
	    "       tend flush --spool DIR [OPTION]...\n"
	    "       tend --help | --version | SUBCOMMAND --help\n\n"
	    "Runs any command as an activity task of Amazon Simple Workflow "
	    "Service (SWF).\n\n",
	    out);
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		(void)fprintf(out, "  %-8s %s\n", subcommands[i].name,
		    subcommands[i].summary);
	(void)fputs("\nThe manual: man tend\n", out);
}

/* Help that cannot be written is an error, as of any other program. */
static int
finish_stdout(void)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return 0;
	log_error("cannot write to stdout");
	return TEND_EXIT_ERROR;
}

static int
dispatch(int argc, char **argv, struct inherited *inherited)
{
	if (argc < 2) {
		print_usage(stderr);
		return TEND_EXIT_ERROR;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_usage(stdout);
		return finish_stdout();
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("tend %s\n", PACKAGE_VERSION);
		return finish_stdout();
	}
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].main(argc - 1, argv + 1,
			    inherited);
	log_error("unknown subcommand '%s'; see 'tend --help'", argv[1]);
	return TEND_EXIT_ERROR;
}

int
main(int argc, char **argv)
{
	/* For as long as there is a process, so nobody frees it. */
	static struct inherited inherited;
	int status;

	/* First of all, so that no signal is lost from here on. */
	inherited_read(&inherited);
	log_init("tend");
	status = dispatch(argc, argv, &inherited);
	leases_close();
	return status;
}
