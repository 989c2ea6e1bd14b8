/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/listen.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"

enum { BODY_MAX = 64 * 1024 };

struct listen {
	struct listen_setup setup;
	struct MHD_Daemon *daemon;
	struct loop_watch *watch;
	struct loop_timer timer;
	bool rerun; /* the daemon has to run again at once */
};

/* ---- a request ---- */

static enum MHD_Result
queue(struct MHD_Connection *connection, struct listen_answer *answer)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(answer->body.len, answer->body.data,
		MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (response == NULL) {
		buf_clear(&answer->body);
		return MHD_NO;
	}
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
	    answer->type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
	    "no-store");
	/* The next scrape is far away: by then it would be timed out. */
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION,
	    "close");
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
		    "GET, HEAD");
	result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *data, size_t *len,
    void **context)
{
	struct listen *listen = arg;
	struct listen_answer answer = { .status = MHD_HTTP_OK };

	(void)version;
	(void)data;
	(void)len;
	(void)context;
	buf_init(&answer.body, BODY_MAX);
	if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
	    strcmp(method, MHD_HTTP_METHOD_HEAD) == 0) {
		listen->setup.answer(listen->setup.arg, path,
		    MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
			MHD_HTTP_HEADER_ACCEPT),
		    &answer);
	} else {
		answer.status = MHD_HTTP_METHOD_NOT_ALLOWED;
		answer.type = "text/plain";
		(void)buf_string(&answer.body, "only GET and HEAD\n");
	}
	return queue(connection, &answer);
}

/* ---- in the loop ---- */

/* The daemon goes on listening after one, if it could not, when it runs. */
static void
on_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct listen *listen = arg;

	(void)connection;
	(void)context;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		listen->rerun = true;
}

/* When the daemon wants to run whatever happens. */
static void
arm(struct listen *listen)
{
	int64_t now = loop_now(listen->setup.loop);
	MHD_UNSIGNED_LONG_LONG ms;
	int64_t at = INSTANT_NEVER;

	/* It says 0 for the whole of the last millisecond. */
	if (listen->rerun)
		at = now;
	else if (MHD_get_timeout(listen->daemon, &ms) == MHD_YES)
		at = instant_add(now,
		    ms > INT32_MAX ? INT32_MAX : instant_max((int64_t)ms, 1));
	loop_timer_set(listen->setup.loop, &listen->timer, at);
}

static void
on_ready(void *arg)
{
	struct listen *listen = arg;

	listen->rerun = false;
	(void)MHD_run(listen->daemon);
	arm(listen);
}

/* ---- life ---- */

/* The socket is the daemon's from here on. */
static int
start_daemon(struct listen *listen, int listener, struct err *err)
{
	listen->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL,
	    on_request, listen, MHD_OPTION_LISTEN_SOCKET, listener,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned int)LISTEN_CONNECTIONS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LISTEN_MEMORY,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)LISTEN_IDLE,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, listen,
	    MHD_OPTION_END);
	if (listen->daemon != NULL)
		return 0;
	(void)close(listener);
	return err_set(err, "cannot start the HTTP server of --listen");
}

static int
watch_daemon(struct listen *listen, struct err *err)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(listen->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	listen->timer.call = on_ready;
	listen->timer.arg = listen;
	listen->watch = loop_watch(listen->setup.loop, info->epoll_fd, on_ready,
	    listen, err);
	return listen->watch == NULL ? -1 : 0;
}

/* It can. */
int
listen_check(struct err *err)
{
	(void)err;
	return 0;
}

/* See the header. */
struct listen *
listen_new(const struct listen_setup *setup, struct err *err)
{
	struct listen *listen = mem_new(1, sizeof(*listen));
	char text[LISTENER_TEXT];
	struct err problem;
	int listener;

	listen->setup = *setup;
	listener = listener_open(&listen->setup.place, &problem);
	if (listener == -1) {
		(void)err_set(err, "--listen: %s", problem.text);
		goto fail;
	}
	if (start_daemon(listen, listener, err) == -1 ||
	    watch_daemon(listen, err) == -1)
		goto fail;
	listener_format(&listen->setup.place, text);
	log_info("listening on %s", text);
	return listen;
fail:
	listen_free(listen);
	return NULL;
}

/* Connections are closed as they are. */
void
listen_free(struct listen *listen)
{
	if (listen == NULL)
		return;
	loop_unwatch(listen->watch);
	loop_timer_set(listen->setup.loop, &listen->timer, INSTANT_NEVER);
	if (listen->daemon != NULL)
		MHD_stop_daemon(listen->daemon);
	free(listen);
}
