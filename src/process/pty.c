/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/pty.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { COLUMNS = 80, LINES = 24, MOST = 9999 };

static bool
own_size(struct winsize *size)
{
	static const int own[] = { STDERR_FILENO, STDOUT_FILENO, STDIN_FILENO };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (ioctl(own[i], TIOCGWINSZ, size) == 0 && size->ws_col > 0)
			return true;
	return false;
}

static unsigned short
size_of(const char *variable, unsigned short otherwise)
{
	const char *value = getenv(variable);
	const char *problem = NULL;
	long long size;

	if (value == NULL)
		return otherwise;
	size = strtonum(value, 1, MOST, &problem);
	return problem == NULL ? (unsigned short)size : otherwise;
}

static void
set_size(int master)
{
	struct winsize size = { 0 };

	if (!own_size(&size)) {
		size.ws_col = size_of("COLUMNS", COLUMNS);
		size.ws_row = size_of("LINES", LINES);
	}
	(void)ioctl(master, TIOCSWINSZ, &size);
}

static int
make_raw(int slave)
{
	struct termios modes;

	if (tcgetattr(slave, &modes) == -1)
		return -1;
	modes.c_oflag &= ~(tcflag_t)OPOST;
	modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	return tcsetattr(slave, TCSANOW, &modes);
}

int
pty_open(struct pty *pty, struct err *err)
{
	pty->slave = -1;
	pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty->master != -1 && unlockpt(pty->master) == 0)
		pty->slave = ioctl(pty->master, TIOCGPTPEER,
		    O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty->slave != -1 && make_raw(pty->slave) == 0) {
		set_size(pty->master);
		return 0;
	}
	(void)err_errno(err,
	    "cannot make a pseudo-terminal for the command (is /dev/pts "
	    "mounted, and kernel.pty.max large enough?)");
	if (pty->slave != -1)
		(void)close(pty->slave);
	if (pty->master != -1)
		(void)close(pty->master);
	return -1;
}

void
pty_resize(int master)
{
	struct winsize size;

	if (own_size(&size))
		(void)ioctl(master, TIOCSWINSZ, &size);
}
