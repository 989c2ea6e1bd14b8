/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/signame.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <strings.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct name {
	const char *name;
	int signal;
};

/* Of two names of one signal the first is the one that is written. */
static const struct name names[] = {
	{ "HUP", SIGHUP },
	{ "INT", SIGINT },
	{ "QUIT", SIGQUIT },
	{ "ILL", SIGILL },
	{ "TRAP", SIGTRAP },
	{ "ABRT", SIGABRT },
	{ "IOT", SIGABRT },
	{ "BUS", SIGBUS },
	{ "FPE", SIGFPE },
	{ "KILL", SIGKILL },
	{ "USR1", SIGUSR1 },
	{ "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE },
	{ "ALRM", SIGALRM },
	{ "TERM", SIGTERM },
#ifdef SIGSTKFLT
	{ "STKFLT", SIGSTKFLT },
#endif
	{ "CHLD", SIGCHLD },
	{ "CLD", SIGCHLD },
	{ "CONT", SIGCONT },
	{ "STOP", SIGSTOP },
	{ "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN },
	{ "TTOU", SIGTTOU },
	{ "URG", SIGURG },
	{ "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ },
	{ "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF },
	{ "WINCH", SIGWINCH },
	{ "IO", SIGIO },
	{ "POLL", SIGIO },
	{ "PWR", SIGPWR },
	{ "SYS", SIGSYS },
};

/* The kernel's own signals are 1 to 31. */
enum { LAST_STANDARD = 31 };

static bool
signal_exists(int signal)
{
	return (signal >= 1 && signal <= LAST_STANDARD) ||
	       (signal >= SIGRTMIN && signal <= SIGRTMAX);
}

/* Reads the whole of "text" as a small number; -1 if it is none. */
static int
read_number(const char *text)
{
	int number = 0;

	if (*text == '\0')
		return -1;
	for (; *text >= '0' && *text <= '9'; text++) {
		number = number * 10 + (*text - '0');
		if (number > 1000)
			return -1;
	}
	return *text == '\0' ? number : -1;
}

/* "RTMIN", "RTMIN+1", "RTMAX-2"; -1 if it is none of them. */
static int
read_real_time(const char *name)
{
	bool from_min = strncasecmp(name, "RTMIN", 5) == 0;
	int base, offset;

	if (!from_min && strncasecmp(name, "RTMAX", 5) != 0)
		return -1;
	base = from_min ? SIGRTMIN : SIGRTMAX;
	name += 5;
	if (*name == '\0')
		return base;
	if (*name != (from_min ? '+' : '-'))
		return -1;
	offset = read_number(name + 1);
	if (offset == -1 || offset > SIGRTMAX - SIGRTMIN)
		return -1;
	return from_min ? base + offset : base - offset;
}

static int
read_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(names[i].name, name) == 0)
			return names[i].signal;
	return read_real_time(name);
}

int
signame_parse(const char *text, int *signal, struct err *err)
{
	const char *name = text;
	int number = read_number(text);

	if (number == -1) {
		if (strncasecmp(name, "SIG", 3) == 0)
			name += 3;
		number = read_name(name);
	}
	if (number == -1)
		return err_set(err,
		    "'%.60s' is no signal; want a name as "
		    "TERM, INT, USR1, RTMIN+1, or a number",
		    text);
	if (!signal_exists(number))
		return err_set(err,
		    "there is no signal %.60s; want 1 to %d or "
		    "%d to %d",
		    text, LAST_STANDARD, SIGRTMIN, SIGRTMAX);
	*signal = number;
	return 0;
}

void
signame_format(int signal, char text[SIGNAME_TEXT])
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].signal == signal) {
			(void)snprintf(text, SIGNAME_TEXT, "SIG%s",
			    names[i].name);
			return;
		}
	if (signal == SIGRTMIN)
		(void)snprintf(text, SIGNAME_TEXT, "SIGRTMIN");
	else if (signal == SIGRTMAX)
		(void)snprintf(text, SIGNAME_TEXT, "SIGRTMAX");
	else if (signal_exists(signal))
		(void)snprintf(text, SIGNAME_TEXT, "SIGRTMIN+%d",
		    signal - SIGRTMIN);
	else
		(void)snprintf(text, SIGNAME_TEXT, "signal %d", signal);
}
