/* SPDX-License-Identifier: MIT */
/* base/listener: words that are addresses, and sockets that listen there. */
#include "config.h"

#include "base/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static void
test_good(void **state)
{
	static const struct {
		const char *text;
		const char *host;
		int port;
	} rows[] = {
		{ "127.0.0.1:9464", "127.0.0.1", 9464 },
		{ "0.0.0.0:0", "0.0.0.0", 0 },
		{ "[::1]:65535", "::1", 65535 },
		{ "[::]:1", "::", 1 },
		{ "[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80 },
		{ ":9464", "", 9464 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct listener_place place;
		char text[LISTENER_TEXT];

		assert_int_equal(listener_parse(rows[i].text, &place, NULL), 0);
		assert_string_equal(place.host, rows[i].host);
		assert_int_equal(place.port, rows[i].port);
		assert_int_equal(place.all, rows[i].host[0] == '\0');
		listener_format(&place, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void
test_bad(void **state)
{
	static const char *const texts[] = { "", ":", "9464", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
		"127.0.0.1:x", "127.0.0.1: 1", "127.0.0.1:1 ", "127.1:80",
		"localhost:80", "256.0.0.1:80", "::1:80", "::1", "[::1]",
		"[::1:80", "::1]:80", "[]:80", "[:80", "]:80", "[127.0.0.1]:80",
		"[::1%lo]:80", "*:80", "http://127.0.0.1:80",
		"[1111:2222:3333:4444:5555:6666:7777:8888:9999:0000]:80",
		"127.0.0.1:99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct listener_place place;
		struct err err;

		if (listener_parse(texts[i], &place, &err) == 0)
			fail_msg("%s is no address and port", texts[i]);
		assert_non_null(strstr(err.text, "want one like 127.0.0.1:"));
	}
}

/* Whether somebody is heard there. */
static int
connects(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result = connect(fd, (struct sockaddr *)&address, sizeof(address));

	(void)close(fd);
	return result;
}

static void
test_opened(void **state)
{
	static const char *const texts[] = { "127.0.0.1:0", "0.0.0.0:0", ":0" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct listener_place place, again;
		struct err err;
		int fd;

		assert_int_equal(listener_parse(texts[i], &place, NULL), 0);
		fd = listener_open(&place, &err);
		assert_int_not_equal(fd, -1);
		assert_true(place.port > 0);
		assert_int_equal(connects(place.port), 0);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		again = place;
		assert_int_equal(listener_open(&again, &err), -1);
		assert_non_null(strstr(err.text, "cannot listen on "));
		assert_non_null(strstr(err.text, "Address already in use"));
		(void)close(fd);
		assert_int_equal(connects(place.port), -1);
	}
}

static void
test_not_ours(void **state)
{
	struct listener_place place = { .host = "192.0.2.1" };
	struct err err;

	(void)state;
	assert_int_equal(listener_open(&place, &err), -1);
	assert_non_null(strstr(err.text, "cannot listen on 192.0.2.1 port 0"));
	place = (struct listener_place){ .host = "" };
	assert_int_equal(listener_open(&place, &err), -1);
	assert_string_equal(err.text,
	    "\"\" is no address, want one like 127.0.0.1 or ::1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_opened),
		cmocka_unit_test(test_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
