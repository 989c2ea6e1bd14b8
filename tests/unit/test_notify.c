/* SPDX-License-Identifier: MIT */
/*
 * process/notify, with a real socket at the other end.
 */
#include "config.h"

#include "process/notify.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/instant.h"
#include "base/log.h"

static char directory[] = "/tmp/tend-notify-XXXXXX";
static char path[sizeof(directory) + sizeof("/socket")];

/* A manager's socket; an abstract one has the name "tend-notify.PID". */
static int
manager(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(len < sizeof(address.sun_path));
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	assert_true(fd != -1);
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un,
					     sun_path) +
					 len + (name[0] == '/' ? 1 : 0))),
	    0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void
hears(int fd, const char *lines)
{
	char got[512];
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, lines);
}

static void
talk(const char *name)
{
	int fd = manager(name);
	struct notify notify;

	notify_open(&notify);
	assert_true(notify.fd != -1);
	notify_send(&notify, "READY=1\nSTATUS=2 of 8 slots in use");
	notify_send(&notify, "STOPPING=1");
	hears(fd, "READY=1\nSTATUS=2 of 8 slots in use");
	hears(fd, "STOPPING=1");
	notify_close(&notify);
	notify_send(&notify, "WATCHDOG=1");
	assert_int_equal(recv(fd, &(char){ 0 }, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	(void)close(fd);
}

static void
test_path(void **state)
{
	(void)state;
	talk(path);
	assert_int_equal(unlink(path), 0);
}

static void
test_abstract(void **state)
{
	char name[64];

	(void)state;
	(void)snprintf(name, sizeof(name), "@tend-notify.%d", (int)getpid());
	talk(name);
}

/* No manager, or none that can be reached: nothing happens. */
static void
test_nobody(void **state)
{
	static const char *const names[] = { NULL, "", "relative", "@",
		"/nonexistent/socket" };
	struct notify notify;
	char too_long[200];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i] != NULL)
			(void)setenv("NOTIFY_SOCKET", names[i], 1);
		notify_open(&notify);
		assert_int_equal(notify.fd, -1);
		notify_send(&notify, "READY=1");
		assert_true(notify_interval(&notify) == INSTANT_NEVER);
		notify_close(&notify);
	}
	memset(too_long, 'x', sizeof(too_long));
	too_long[0] = '/';
	too_long[sizeof(too_long) - 1] = '\0';
	(void)setenv("NOTIFY_SOCKET", too_long, 1);
	notify_open(&notify);
	assert_int_equal(notify.fd, -1);
}

/* A manager that does not read is not waited for. */
static void
test_full(void **state)
{
	int fd = manager(path);
	struct notify notify;

	(void)state;
	notify_open(&notify);
	for (int i = 0; i < 10000; i++)
		notify_send(&notify, "WATCHDOG=1");
	hears(fd, "WATCHDOG=1");
	(void)close(fd);
	notify_send(&notify, "WATCHDOG=1");
	notify_close(&notify);
	assert_int_equal(unlink(path), 0);
}

static int64_t
interval(const char *usec, const char *pid)
{
	struct notify notify;

	if (usec != NULL)
		(void)setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		(void)setenv("WATCHDOG_PID", pid, 1);
	(void)setenv("NOTIFY_SOCKET", path, 1);
	notify_open(&notify);
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	assert_null(getenv("NOTIFY_SOCKET"));
	notify_close(&notify);
	notify.fd = 0;
	return notify_interval(&notify);
}

static void
test_watchdog(void **state)
{
	int fd = manager(path);
	char own[16];

	(void)state;
	(void)snprintf(own, sizeof(own), "%d", (int)getpid());
	assert_int_equal(interval("30000000", own), 15000);
	assert_int_equal(interval("30000000", NULL), 15000);
	assert_int_equal(interval("1", own), 1);
	assert_true(interval("30000000", "1") == INSTANT_NEVER);
	assert_true(interval(NULL, own) == INSTANT_NEVER);
	assert_true(interval("soon", NULL) == INSTANT_NEVER);
	assert_true(interval("0", NULL) == INSTANT_NEVER);
	(void)close(fd);
	assert_int_equal(unlink(path), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_abstract),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_watchdog),
	};
	int failed;

	log_set_level(LOG_ERROR);
	(void)unsetenv("NOTIFY_SOCKET");
	if (mkdtemp(directory) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/socket", directory);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(directory);
	return failed;
}
