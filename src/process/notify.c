/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"

/* A manager that has not heard for half of its time is still patient. */
enum { WATCHDOG_PART = 2 };

/* The length of the address, or 0 if "name" is none. */
static socklen_t
make_address(struct sockaddr_un *address, const char *name)
{
	size_t len = strlen(name);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(address->sun_path))
		return 0;
	memcpy(address->sun_path, name, len);
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	/* An abstract name ends where the address does; a path has its NUL. */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
			   (name[0] == '/' ? 1 : 0));
}

static int
connect_to(const char *name)
{
	struct sockaddr_un address;
	socklen_t len = make_address(&address, name);
	int fd;

	if (len == 0) {
		log_warning("NOTIFY_SOCKET: '%s' is neither a path nor an "
			    "abstract socket's @name",
		    name);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 &&
	    connect(fd, (struct sockaddr *)(void *)&address, len) == 0)
		return fd;
	log_warning("NOTIFY_SOCKET: cannot use %s: %s", name, strerror(errno));
	if (fd != -1)
		(void)close(fd);
	return -1;
}

static int64_t
read_number(const char *name)
{
	const char *value = getenv(name);
	const char *problem;
	int64_t number;

	if (value == NULL)
		return 0;
	number = strtonum(value, 1, INT64_MAX, &problem);
	if (problem != NULL)
		log_warning("%s: '%s' is no number that it can be", name,
		    value);
	return number;
}

/* What there is for this process. */
static int64_t
read_watchdog(void)
{
	int64_t usec = read_number("WATCHDOG_USEC");
	int64_t pid = read_number("WATCHDOG_PID");

	if (usec == 0 || (pid != 0 && pid != getpid()))
		return INSTANT_NEVER;
	return instant_max(usec / 1000, WATCHDOG_PART);
}

/* See the header. */
void
notify_open(struct notify *notify)
{
	const char *name = getenv("NOTIFY_SOCKET");

	notify->watchdog_ms = read_watchdog();
	notify->fd = name == NULL || *name == '\0' ? -1 : connect_to(name);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

/* One datagram. */
void
notify_send(const struct notify *notify, const char *lines)
{
	bool sent;

	if (notify->fd == -1)
		return;
	do
		sent =
		    send(notify->fd, lines, strlen(lines), MSG_NOSIGNAL) != -1;
	while (!sent && errno == EINTR);
	if (!sent)
		log_debug("the service manager was not told: %s",
		    strerror(errno));
}

/* Half of what the manager waits for. */
int64_t
notify_interval(const struct notify *notify)
{
	if (notify->fd == -1 || notify->watchdog_ms == INSTANT_NEVER)
		return INSTANT_NEVER;
	return notify->watchdog_ms / WATCHDOG_PART;
}

/* Nobody is told any more. */
void
notify_close(struct notify *notify)
{
	if (notify->fd != -1)
		(void)close(notify->fd);
	notify->fd = -1;
}
