/* SPDX-License-Identifier: MIT */
/*
 * A service that costs next to nothing: it answers every call at once, as
 * SWF would answer a task that goes well, so that what is measured is the
 * client.
 *
 *	responder PORT-FILE [CALLS PID-FILE]...
 *
 * Writes its port, then serves until it is killed.  When the number of calls
 * reaches CALLS it prints that number and the nanoseconds of CPU time that
 * the processes in PID-FILE have used, one sum for each process.
 */
#include "config.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 65536, EVENTS = 64, CONNECTIONS = 1024 };

struct connection {
	char data[REQUEST_MAX + 1];
	size_t len;
};

struct milestones {
	char **words; /* CALLS PID-FILE ... */
	int left;     /* of the pairs */
};

static struct connection *connections[CONNECTIONS];
static unsigned long calls;

static const char heartbeat[] = "HTTP/1.1 200 OK\r\n"
				"Content-Type: application/json\r\n"
				"Content-Length: 25\r\n\r\n"
				"{\"cancelRequested\":false}";
static const char nothing[] = "HTTP/1.1 200 OK\r\n"
			      "Content-Length: 0\r\n\r\n";

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* Nanoseconds on a CPU of all threads of a process. */
static unsigned long long
cpu_of(long pid)
{
	unsigned long long sum = 0;
	unsigned long long one;
	struct dirent *entry;
	char path[300];
	DIR *tasks;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	tasks = opendir(path);
	if (tasks == NULL)
		return 0;
	for (entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
		(void)snprintf(path, sizeof(path),
		    "/proc/%ld/task/%s/schedstat", pid, entry->d_name);
		file = fopen(path, "re");
		if (file == NULL)
			continue;
		if (fscanf(file, "%llu", &one) == 1)
			sum += one;
		(void)fclose(file);
	}
	(void)closedir(tasks);
	return sum;
}

static void
report(const char *pid_file)
{
	FILE *file = fopen(pid_file, "re");
	long pid;

	if (file == NULL)
		die(pid_file);
	printf("%lu", calls);
	while (fscanf(file, "%ld", &pid) == 1)
		printf(" %llu", cpu_of(pid));
	printf("\n");
	(void)fflush(stdout);
	(void)fclose(file);
}

static void
count_call(struct milestones *milestones)
{
	calls++;
	if (milestones->left == 0 ||
	    calls != strtoul(milestones->words[0], NULL, 10))
		return;
	report(milestones->words[1]);
	milestones->words += 2;
	milestones->left--;
}

/* The length of the first whole request; 0 if it is not all there. */
static size_t
whole(const struct connection *connection)
{
	static const char name[] = "\r\nContent-Length:";
	const char *end = strstr(connection->data, "\r\n\r\n");
	const char *length;
	size_t len;

	if (end == NULL)
		return 0;
	len = (size_t)(end - connection->data) + 4;
	length = strcasestr(connection->data, name);
	if (length != NULL && length < end)
		len += strtoul(length + sizeof(name) - 1, NULL, 10);
	return len <= connection->len ? len : 0;
}

static int
answer(int fd, struct connection *connection, struct milestones *milestones)
{
	size_t len;

	for (len = whole(connection); len != 0; len = whole(connection)) {
		int beat = strcasestr(connection->data,
			       ".RecordActivityTaskHeartbeat") != NULL;
		const char *text = beat ? heartbeat : nothing;

		count_call(milestones);
		if (write(fd, text, strlen(text)) == -1)
			return -1;
		memmove(connection->data, connection->data + len,
		    connection->len - len + 1);
		connection->len -= len;
	}
	return 0;
}

static void
serve(int fd, struct milestones *milestones)
{
	struct connection *connection = connections[fd];
	ssize_t n = read(fd, connection->data + connection->len,
	    REQUEST_MAX - connection->len);

	if (n > 0) {
		connection->len += (size_t)n;
		connection->data[connection->len] = '\0';
		if (answer(fd, connection, milestones) == 0)
			return;
	}
	(void)close(fd);
	free(connection);
	connections[fd] = NULL;
}

static void
greet(int epoll, int listener)
{
	struct epoll_event event = { .events = EPOLLIN };
	int on = 1;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return;
	if (fd >= CONNECTIONS) {
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	connections[fd] = calloc(1, sizeof(struct connection));
	event.data.fd = fd;
	if (connections[fd] == NULL ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		die("connection");
}

/* Listens on a free loopback port and writes its number to "port_file". */
static int
listen_anywhere(const char *port_file)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[4096];
	FILE *file;

	if (fd == -1 || bind(fd, (struct sockaddr *)&address, len) == -1 ||
	    listen(fd, 128) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) == -1)
		die("listen");
	/* Whoever sees the file sees the number in it. */
	(void)snprintf(path, sizeof(path), "%s.new", port_file);
	file = fopen(path, "we");
	if (file == NULL)
		die(path);
	(void)fprintf(file, "%d\n", ntohs(address.sin_port));
	if (fclose(file) != 0 || rename(path, port_file) == -1)
		die(port_file);
	return fd;
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	struct milestones milestones = { .left = (argc - 2) / 2 };
	int listener;
	int epoll;
	int n;

	if (argc < 2 || argc % 2 != 0) {
		(void)fprintf(stderr,
		    "usage: responder PORT-FILE [CALLS PID-FILE]...\n");
		return 2;
	}
	milestones.words = argv + 2;
	listener = listen_anywhere(argv[1]);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	events[0] =
	    (struct epoll_event){ .events = EPOLLIN, .data.fd = listener };
	if (epoll == -1 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]) == -1)
		die("epoll");
	for (;;) {
		n = epoll_wait(epoll, events, EVENTS, -1);
		if (n == -1 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listener)
				greet(epoll, listener);
			else
				serve(events[i].data.fd, &milestones);
		}
	}
}
