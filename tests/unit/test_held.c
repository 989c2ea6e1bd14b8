/* SPDX-License-Identifier: MIT */
/*
 * aws/swf: polls, which the service holds for a minute, on a clock that the
 * test puts forward.  It is libcurl's: what is in flight is timed by it.
 */
#include "config.h"

#include "aws/swf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/endpoint.h"
#include "aws/http.h"
#include "aws/swf_requests.h"
#include "aws/wire.h"
#include "base/buf.h"
#include "base/clock.h"
#include "loopback.h"

/* A byte every 10 ms: that takes more than a second. */
#define EMPTY                                                        \
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"                   \
	"X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n" \
	"\r\n{}"

enum { SECOND = 1000, PATIENCE = 10 * SECOND };

static int64_t ahead; /* s, of CLOCK_MONOTONIC */

/* For libcurl, and for all else in this program, instead of libc's. */
int
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
clock_gettime(clockid_t which, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, which, now);

	if (which == CLOCK_MONOTONIC || which == CLOCK_MONOTONIC_RAW)
		now->tv_sec += ahead;
	return result;
}

/* One server, one client, one poll. */
struct rig {
	struct loopback *server;
	struct http *http;
	struct swf_client *client;
	int answers;
	struct swf_answer answer;
};

static void
on_answer(void *arg, const struct swf_answer *answer)
{
	struct rig *rig = arg;

	rig->answers++;
	rig->answer = *answer;
}

/* For so long, or until there is an answer. */
static void
run(struct rig *rig, int64_t length)
{
	int64_t end = clock_boot() + length;

	while (rig->answers == 0 && clock_boot() < end) {
		http_perform(rig->http);
		http_wait(rig->http, -1, 10);
	}
}

static void
rig_start(struct rig *rig, const struct loopback_step *step)
{
	const struct http_config http = { .user_agent = "tend/test",
		.allow_plain = true };
	struct endpoint endpoint = { .region = "eu-west-1" };
	struct swf_client_config config = { .endpoint = &endpoint };
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);

	*rig = (struct rig){ .server = loopback_start(step, 1),
		.http = http_new(&http, NULL) };
	assert_non_null(rig->http);
	(void)strlcpy(endpoint.url, loopback_url(rig->server),
	    sizeof(endpoint.url));
	(void)strlcpy(endpoint.host, loopback_host(rig->server),
	    sizeof(endpoint.host));
	config.http = rig->http;
	rig->client = swf_client_new(&config);
	swf_request_poll_activity(&request, "domain", "list", "me");
	assert_non_null(swf_send(rig->client, SWF_POLL_ACTIVITY, &request,
	    SWF_POLL_TIMEOUT, on_answer, rig, NULL));
	for (int64_t end = clock_boot() + PATIENCE;
	     loopback_count(rig->server) == 0 && clock_boot() < end;) {
		http_perform(rig->http);
		http_wait(rig->http, -1, 10);
	}
	assert_int_equal(loopback_count(rig->server), 1);
}

static void
rig_stop(struct rig *rig)
{
	/* Nothing was sent again by whoever sends it. */
	assert_int_equal(loopback_count(rig->server), 1);
	swf_client_free(rig->client);
	http_free(rig->http);
	loopback_stop(rig->server);
}

/* It is no error, and no request is sent twice. */
static void
test_empty_after_a_minute(void **state)
{
	static const struct loopback_step slow = { LOOPBACK_SLOW, EMPTY };
	struct rig rig;

	(void)state;
	rig_start(&rig, &slow);
	for (int i = 0; i < 6; i++) {
		ahead += 10;
		run(&rig, 1);
		assert_int_equal(rig.answers, 0);
	}
	run(&rig, PATIENCE);
	assert_int_equal(rig.answers, 1);
	assert_int_equal(rig.answer.class, SWF_OK);
	rig_stop(&rig);
}

/* The service's minute and ten seconds are waited for, and not for ever. */
static void
test_no_answer_after_a_minute(void **state)
{
	static const struct loopback_step hang = { LOOPBACK_HANG, NULL };
	struct rig rig;

	(void)state;
	rig_start(&rig, &hang);
	for (int i = 0; i < 7; i++) {
		ahead += 10;
		run(&rig, 20);
		assert_int_equal(rig.answers, 0);
	}
	ahead += 20;
	run(&rig, PATIENCE);
	assert_int_equal(rig.answers, 1);
	assert_int_equal(rig.answer.class, SWF_AMBIGUOUS);
	assert_non_null(strstr(rig.answer.message, "no answer within"));
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_after_a_minute),
		cmocka_unit_test(test_no_answer_after_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
