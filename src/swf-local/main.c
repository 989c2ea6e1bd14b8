/* SPDX-License-Identifier: MIT */
/*
 * swf-local: a local service that speaks Amazon SWF's wire protocol.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "swf-local/server.h"
#include "text/duration.h"

enum {
	EXIT_MISUSE = 125,
	DEFAULT_PORT = 8087,
	DEFAULT_HOLD = 60000,
	DEFAULT_REQUEST_TIMEOUT = 20000,
	TIME_SCALE_MAX = 1000000
};

static const char usage_text[] =
    "usage: swf-local [OPTION]...\n"
    "A local service that speaks Amazon SWF's wire protocol.\n"
    "\n"
    "  --port N         listen on this port, 0 for any free one (8087)\n"
    "  --listen ADDR    listen on this address (127.0.0.1)\n"
    "  --port-file F    write the port to F once it listens; - is stdout\n"
    "  --exit-with-stdin\n"
    "                   end when standard input ends\n"
    "  --hold DUR       how long a poll waits for a task (60s)\n"
    "  --request-timeout DUR\n"
    "                   how long a client may be silent in a request (20s)\n"
    "  --state FILE     keep everything in FILE over a restart (in memory)\n"
    "  --time-scale N   run SWF's clocks N times as fast (1)\n"
    "  --verify-signatures FILE\n"
    "                   take only requests signed with a key of FILE,\n"
    "                   which is like ~/.aws/credentials\n"
    "  --fault SPEC     make calls fail, as\n"
    "                   OPERATION:KIND[=VALUE][,KEY=VALUE]...; repeatable\n"
    "  --log-level L    error, warning, info, debug (info: a line per call)\n"
    "  --help, --version\n"
    "\n"
    "example: swf-local --hold 2s "
    "--fault 'RecordActivityTaskHeartbeat:throttle,count=3'\n"
    "then:    aws --endpoint-url http://127.0.0.1:8087 swf "
    "register-domain ...\n"
    "and see: http://127.0.0.1:8087/ in a browser\n";

struct options {
	struct server_options server;
	const char *port_file;
};

enum {
	OPT_PORT = 256,
	OPT_LISTEN,
	OPT_PORT_FILE,
	OPT_EXIT_WITH_STDIN,
	OPT_HOLD,
	OPT_REQUEST_TIMEOUT,
	OPT_STATE,
	OPT_TIME_SCALE,
	OPT_VERIFY,
	OPT_FAULT,
	OPT_LOG_LEVEL,
	OPT_HELP,
	OPT_VERSION
};

static const struct option long_options[] = {
	{ "port", required_argument, NULL, OPT_PORT },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "port-file", required_argument, NULL, OPT_PORT_FILE },
	{ "exit-with-stdin", no_argument, NULL, OPT_EXIT_WITH_STDIN },
	{ "hold", required_argument, NULL, OPT_HOLD },
	{ "request-timeout", required_argument, NULL, OPT_REQUEST_TIMEOUT },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "time-scale", required_argument, NULL, OPT_TIME_SCALE },
	{ "verify-signatures", required_argument, NULL, OPT_VERIFY },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static void
misuse(const char *what)
{
	log_error("%s", what);
	exit(EXIT_MISUSE);
}

static int64_t
parse_duration(const char *option, const char *text)
{
	int64_t duration;
	struct err err;

	if (duration_parse(text, &duration, &err) == 0)
		return duration;
	log_error("%s: %s", option, err.text);
	exit(EXIT_MISUSE);
}

static int
parse_port(const char *text)
{
	char *end;
	long port = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || port > 65535)
		misuse("--port wants a number from 0 to 65535");
	return (int)port;
}

static int64_t
parse_time_scale(const char *text)
{
	const char *wrong;
	int64_t scale = strtonum(text, 1, TIME_SCALE_MAX, &wrong);

	/* strtonum() takes blanks and signs before the number. */
	if (wrong != NULL || strspn(text, "0123456789") != strlen(text))
		misuse("--time-scale wants a whole number from 1 to 1000000");
	return scale;
}

static int64_t
parse_request_timeout(const char *text)
{
	int64_t timeout = parse_duration("--request-timeout", text);

	if (timeout < 1000 || timeout > SERVER_IDLE * 1000)
		misuse("--request-timeout wants 1s to 300s");
	return timeout;
}

static void
set_option(int which, const char *value, struct options *options,
    struct server *server)
{
	struct err err;
	enum log_level level;

	switch (which) {
	case OPT_PORT:
		options->server.port = parse_port(value);
		break;
	case OPT_LISTEN:
		options->server.address = value;
		break;
	case OPT_PORT_FILE:
		options->port_file = value;
		break;
	case OPT_EXIT_WITH_STDIN:
		options->server.exit_with_stdin = true;
		break;
	case OPT_HOLD:
		options->server.hold = parse_duration("--hold", value);
		break;
	case OPT_REQUEST_TIMEOUT:
		options->server.request_timeout = parse_request_timeout(value);
		break;
	case OPT_STATE:
		options->server.state = value;
		break;
	case OPT_TIME_SCALE:
		options->server.time_scale = parse_time_scale(value);
		break;
	case OPT_VERIFY:
		keys_clear(&server->keys);
		if (keys_read(&server->keys, value, &err) == -1)
			misuse(err.text);
		break;
	case OPT_FAULT:
		if (rules_add_text(&server->rules, value, &err) == -1)
			misuse(err.text);
		break;
	case OPT_LOG_LEVEL:
		if (log_level_parse(value, &level) == -1)
			misuse("--log-level wants error, warning, info or "
			       "debug");
		log_set_level(level);
		break;
	case OPT_HELP:
		(void)fputs(usage_text, stdout);
		exit(fflush(stdout) == 0 ? 0 : EXIT_MISUSE);
	case OPT_VERSION:
		(void)printf("swf-local %s\n", PACKAGE_VERSION);
		exit(fflush(stdout) == 0 ? 0 : EXIT_MISUSE);
	}
}

/* getopt_long gave up: says why, in our words. */
static void
complain(int found, const char *word)
{
	const char *why = "unknown or ambiguous option";

	if (found == ':')
		why = "no value after";
	else if (optopt != 0 && strncmp(word, "--", 2) == 0)
		why = "no value belongs to";
	log_error("%s %.*s; see swf-local --help", why, (int)strcspn(word, "="),
	    word);
	exit(EXIT_MISUSE);
}

static void
parse_options(int argc, char **argv, struct options *options,
    struct server *server)
{
	int which;

	*options =
	    (struct options){ .server = { .address = "127.0.0.1",
				  .port = DEFAULT_PORT,
				  .hold = DEFAULT_HOLD,
				  .request_timeout = DEFAULT_REQUEST_TIMEOUT,
				  .time_scale = 1 } };
	opterr = 0;
	for (;;) {
		/* ":": tell a missing value apart. */
		which = getopt_long(argc, argv, "+:", long_options, NULL);
		if (which == -1)
			break;
		if (which == '?' || which == ':')
			complain(which, argv[optind - (optind > 1)]);
		set_option(which, optarg, options, server);
	}
	if (optind < argc)
		misuse(
		    "takes no arguments, only options; see swf-local --help");
}

/* Whoever sees the file sees the whole port. */
static int
write_port_file(const char *path, int port, struct err *err)
{
	char *temporary = mem_format("%s.%ld", path, (long)getpid());
	int fd =
	    open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int result = -1;

	if (fd == -1 || dprintf(fd, "%d\n", port) < 0 ||
	    rename(temporary, path) == -1) {
		(void)err_errno(err, "cannot write %s", path);
		(void)unlink(temporary);
	} else {
		result = 0;
	}
	if (fd != -1)
		(void)close(fd);
	free(temporary);
	return result;
}

static int
write_port(const char *path, int port, struct err *err)
{
	if (strcmp(path, "-") != 0)
		return write_port_file(path, port, err);
	if (printf("%d\n", port) < 0 || fflush(stdout) != 0)
		return err_errno(err, "cannot write to stdout");
	return 0;
}

/* Held until the loop reads them: none of them may end us half-way. */
static void
block_signals(void)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGPIPE);
	(void)sigaddset(&signals, SIGXFSZ); /* write(2) says so too */
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
}

static uint64_t
seed(void)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
		log_error("getrandom: %s", strerror(errno));
		exit(EXIT_MISUSE);
	}
	return number;
}

static int
serve(struct server *server, const struct options *options, struct err *err)
{
	if (server_open(server, &options->server, err) == -1)
		return -1;
	if (options->port_file != NULL &&
	    write_port(options->port_file, server->port, err) == -1)
		return -1;
	log_info("listening on %s port %d", options->server.address,
	    server->port);
	return server_run(server, err);
}

int
main(int argc, char **argv)
{
	static struct server server;
	struct options options;
	struct err err;
	int result;

	log_init("swf-local");
	server_init(&server, seed());
	parse_options(argc, argv, &options, &server);
	block_signals();
	result = serve(&server, &options, &err);
	if (result == -1)
		log_error("%s", err.text);
	server_close(&server);
	return result == -1 ? EXIT_MISUSE : 0;
}
