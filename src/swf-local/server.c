/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/server.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instant.h"
#include "base/listener.h"
#include "base/log.h"
#include "swf-local/exchange.h"
#include "swf-local/persist.h"

enum {
	CONNECTION_MEMORY = 16 << 10, /* headers with long session tokens */
	SPARE_DESCRIPTORS = 32,
	EVENTS_AT_ONCE = 64,
	CLOCK_STEP = 100 /* ms by which wall time may be off before it is set */
};

void
server_init(struct server *server, uint64_t seed)
{
	*server = (struct server){
		.listener = -1,
		.epoll = -1,
		.timer = -1,
		.signals = -1,
		.input = -1,
	};
	service_init(&server->service, &exchange_host, seed);
	random_seed(&server->random, ~seed);
	rules_init(&server->rules);
	calls_init(&server->calls);
	TAILQ_INIT(&server->exchanges);
	streams_init(&server->streams, &exchange_stream_host, &server->service,
	    &server->rules);
}

void
server_settle(struct server *server)
{
	struct service *service = &server->service;
	int64_t now = clock_boot();
	int64_t offset = clock_wall() - now;

	/* Wall time follows boot time, so that events are never out of order
	 * by rounding; a clock that was set is followed. */
	if (offset - service->wall_offset > CLOCK_STEP ||
	    service->wall_offset - offset > CLOCK_STEP) {
		service->wall_offset = offset;
		/* Deadlines are kept as wall time, and did not move. */
		persist_rewrite(service);
	}
	service_settle(service, now);
}

/* Before anything is listened to: what is in the file may be due. */
static int
open_state(struct server *server, const char *path, struct err *err)
{
	int64_t now = clock_boot();

	if (path == NULL)
		return 0;
	server->service.wall_offset = clock_wall() - now;
	return persist_open(&server->service, path, now, err);
}

/* ---- opening ------------------------------------------------------------- */

/* Every held poll is a descriptor. */
static rlim_t
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return 1024;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur;
}

static int
open_listener(struct server *server, const struct server_options *options,
    struct err *err)
{
	struct listener_place place = { .port = options->port };

	(void)strlcpy(place.host, options->address, sizeof(place.host));
	server->listener = listener_open(&place, err);
	if (server->listener == -1)
		return -1;
	server->port = place.port;
	return 0;
}

/*
 * A client that has closed in the middle of a request is seen only if the end
 * came apart from the bytes before it: the daemon does not look twice.  So a
 * request has to go on until it is whole; exchange_access() says when it is.
 * After a connection was closed, the daemon goes on listening, if it could
 * not, when it runs.
 */
static void
connection_changed(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct server *server = arg;

	(void)context;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		server->rerun = 1;
	else
		(void)MHD_set_connection_option(connection,
		    MHD_CONNECTION_OPTION_TIMEOUT, server->request_idle);
}

static int
start_daemon(struct server *server, struct err *err)
{
	rlim_t limit = raise_descriptor_limit();
	unsigned connections = 1000000;

	if (limit < connections)
		connections = (unsigned)limit;
	connections -= connections > 2 * SPARE_DESCRIPTORS ? SPARE_DESCRIPTORS
							   : connections / 2;
	server->daemon =
	    MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
		NULL, exchange_access, server, MHD_OPTION_LISTEN_SOCKET,
		server->listener, MHD_OPTION_CONNECTION_LIMIT, connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_IDLE,
		MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, connection_changed, server,
		MHD_OPTION_END);
	if (server->daemon == NULL)
		return err_set(err, "cannot start the HTTP server");
	server->listener = -1;
	return 0;
}

static int
watch(struct server *server, int fd, void *tag, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = tag };

	if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		return err_errno(err, "epoll");
	return 0;
}

static int
open_loop(struct server *server, struct err *err)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->timer = clock_timer_open();
	server->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (server->epoll == -1 || server->timer == -1 || server->signals == -1)
		return err_errno(err, "cannot open the loop's descriptors");
	if (watch(server, info->epoll_fd, &server->daemon, err) == -1 ||
	    watch(server, server->timer, &server->timer, err) == -1)
		return -1;
	return watch(server, server->signals, &server->signals, err);
}

/* A file is always at its end or about to be, and epoll takes none. */
static int
watch_input(struct server *server, struct err *err)
{
	if (watch(server, STDIN_FILENO, &server->input, NULL) == -1)
		return err_set(err, "--exit-with-stdin wants a pipe, a socket "
				    "or a terminal as standard input");
	server->input = STDIN_FILENO;
	return 0;
}

int
server_open(struct server *server, const struct server_options *options,
    struct err *err)
{
	server->service.hold = options->hold;
	server->request_idle =
	    (unsigned)((options->request_timeout + 999) / 1000);
	server->service.time_scale = options->time_scale;
	if (open_state(server, options->state, err) == -1 ||
	    open_listener(server, options, err) == -1 ||
	    start_daemon(server, err) == -1)
		return -1;
	if (open_loop(server, err) == -1)
		return -1;
	return options->exit_with_stdin ? watch_input(server, err) : 0;
}

/* ---- running ------------------------------------------------------------- */

/*
 * How long epoll may wait for the daemon's sake: ms, -1 for ever.  The daemon
 * does not say that a connection was resumed or closed while it ran.
 */
static int
daemon_timeout(struct server *server)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (server->rerun)
		return 0;
	if (MHD_get_timeout(server->daemon, &ms) == MHD_NO)
		return -1;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void
arm_timer(struct server *server)
{
	if (clock_timer_arm(server->timer,
		instant_min(timers_next(&server->service.timers),
		    server->streams.next)) == -1)
		log_error("cannot set the timer: %s", strerror(errno));
}

/* What comes in is of no interest, only that it ends. */
static bool
input_ended(const struct server *server)
{
	char some[512];
	ssize_t n = read(server->input, some, sizeof(some));

	return n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN);
}

/* Returns whether the service is to end. */
static int
handle(struct server *server, const struct epoll_event *events, int count)
{
	int end = 0;

	for (int i = 0; i < count; i++) {
		void *tag = events[i].data.ptr;

		if (tag == &server->signals)
			end = 1;
		else if (tag == &server->input)
			end |= input_ended(server);
		else if (tag != &server->daemon && tag != &server->timer)
			exchange_hung_up(tag);
	}
	return end;
}

int
server_run(struct server *server, struct err *err)
{
	struct epoll_event events[EVENTS_AT_ONCE];

	for (;;) {
		int count;

		streams_run(&server->streams, clock_boot());
		arm_timer(server);
		count = epoll_wait(server->epoll, events, EVENTS_AT_ONCE,
		    daemon_timeout(server));
		if (count == -1 && errno != EINTR)
			return err_errno(err, "epoll");
		if (handle(server, events, count) == 1)
			return 0;
		server_settle(server);
		server->rerun = 0;
		if (MHD_run(server->daemon) == MHD_NO)
			return err_set(err, "the HTTP server failed");
	}
}

static void
close_one(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

void
server_close(struct server *server)
{
	if (server->daemon != NULL) {
		exchange_abandon_all(server);
		MHD_stop_daemon(server->daemon);
	}
	server->daemon = NULL;
	close_one(&server->listener);
	close_one(&server->epoll);
	close_one(&server->timer);
	close_one(&server->signals);
	calls_clear(&server->calls);
	rules_clear(&server->rules);
	keys_clear(&server->keys);
	service_clear(&server->service);
}
