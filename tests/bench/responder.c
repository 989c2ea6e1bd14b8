/* SPDX-License-Identifier: MIT */
/*
 * A service that costs next to nothing: it answers every call at once, as
 * SWF would answer a task that goes well, so that what is measured is the
 * client.  Every poll brings a task.
 *
 *	[DELAY=MS] responder PORT-FILE [CALLS PID-FILE]...
 *
 * With DELAY each answer takes so long.  Between SIGUSR1 and SIGUSR2 polls are
 * not answered.
 * Writes its port, then serves until it is killed.  When the number of calls
 * reaches CALLS it prints that number and the nanoseconds of CPU time that
 * the processes in PID-FILE have used, one sum for each process.
 */
#include "config.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	REQUEST_MAX = 65536,
	EVENTS = 64,
	CONNECTIONS = 8192,
	TOKEN = 576, /* as long as the real service's */
	NS_PER_MS = 1000 * 1000,
	NS_PER_S = 1000 * NS_PER_MS
};

struct connection {
	char data[REQUEST_MAX + 1];
	size_t len;
	unsigned long number; /* of all that there were */
};

/* An answer that is not due yet. */
struct late {
	int64_t due; /* ns */
	int fd;
	unsigned long number;
	const char *text;
};

struct milestones {
	char **words; /* CALLS PID-FILE ... */
	int left;     /* of the pairs */
};

static struct connection *connections[CONNECTIONS];
static unsigned long connection_count;
static struct late late[CONNECTIONS]; /* a ring: the delay is the same */
static unsigned long late_first;
static unsigned long late_end;
static struct late held[CONNECTIONS]; /* polls */
static unsigned long held_count;
static volatile sig_atomic_t holding;
static int64_t delay; /* ns */
static unsigned long calls;

static const char heartbeat[] = "HTTP/1.1 200 OK\r\n"
				"Content-Type: application/json\r\n"
				"Content-Length: 25\r\n\r\n"
				"{\"cancelRequested\":false}";
static char task[4096]; /* what a poll is answered */
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

static int64_t
now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void
make_task(void)
{
	char token[TOKEN + 1];
	char body[2048];

	memset(token, 'A', TOKEN);
	token[TOKEN] = '\0';
	(void)snprintf(body, sizeof(body),
	    "{\"taskToken\":\"%s\",\"activityId\":\"step\","
	    "\"activityType\":{\"name\":\"step\",\"version\":\"1\"},"
	    "\"startedEventId\":6,\"workflowExecution\":{"
	    "\"workflowId\":\"flow\",\"runId\":\"run\"}}",
	    token);
	(void)snprintf(task, sizeof(task),
	    "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    strlen(body), body);
}

static const char *
answer_to(const char *request)
{
	if (strcasestr(request, ".RecordActivityTaskHeartbeat") != NULL)
		return heartbeat;
	if (strcasestr(request, ".PollForActivityTask") != NULL)
		return task;
	return nothing;
}

static void
on_signal(int signal)
{
	holding = signal == SIGUSR1;
}

/* Returns 0, or -1 if there is nobody to answer any more. */
static int
send_answer(int fd, const char *text)
{
	struct late one = {
		.due = delay == 0 ? 0 : now_ns() + delay,
		.fd = fd,
		.number = connections[fd]->number,
		.text = text,
	};

	if (holding && text == task && held_count < CONNECTIONS)
		held[held_count++] = one;
	else if (delay == 0)
		return write(fd, text, strlen(text)) == -1 ? -1 : 0;
	else
		late[late_end++ % CONNECTIONS] = one;
	return 0;
}

static void
send_one(const struct late *one)
{
	if (connections[one->fd] != NULL &&
	    connections[one->fd]->number == one->number &&
	    write(one->fd, one->text, strlen(one->text)) == -1)
		perror("late answer");
}

static void
send_held(void)
{
	while (!holding && held_count > 0)
		send_one(&held[--held_count]);
}

/*
 * Sends what is due.  Returns how long the next one has to wait, or NULL:
 * there is none.  Milliseconds, which epoll_wait() has, would make each of
 * them late by one.
 */
static const struct timespec *
send_late(struct timespec *wait)
{
	int64_t now = now_ns();

	for (; late_first != late_end; late_first++) {
		const struct late *one = &late[late_first % CONNECTIONS];

		if (one->due > now) {
			wait->tv_sec = (one->due - now) / NS_PER_S;
			wait->tv_nsec = (one->due - now) % NS_PER_S;
			return wait;
		}
		send_one(one);
	}
	return NULL;
}

static int
answer(int fd, struct connection *connection, struct milestones *milestones)
{
	size_t len;

	for (len = whole(connection); len != 0; len = whole(connection)) {
		count_call(milestones);
		if (send_answer(fd, answer_to(connection->data)) == -1)
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
	if (connections[fd] != NULL)
		connections[fd]->number = ++connection_count;
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
	    listen(fd, 4096) == -1 ||
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
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t before;
	struct timespec wait;
	int listener;
	int epoll;
	int n;

	if (argc < 2 || argc % 2 != 0) {
		(void)fprintf(stderr,
		    "usage: responder PORT-FILE [CALLS PID-FILE]...\n");
		return 2;
	}
	if (getenv("DELAY") != NULL)
		delay = strtol(getenv("DELAY"), NULL, 10) * NS_PER_MS;
	(void)prctl(PR_SET_TIMERSLACK, 1);
	(void)signal(SIGPIPE, SIG_IGN);
	/* Only while it waits. */
	(void)sigaddset(&action.sa_mask, SIGUSR1);
	(void)sigaddset(&action.sa_mask, SIGUSR2);
	(void)sigprocmask(SIG_BLOCK, &action.sa_mask, &before);
	(void)sigaction(SIGUSR1, &action, NULL);
	(void)sigaction(SIGUSR2, &action, NULL);
	make_task();
	milestones.words = argv + 2;
	listener = listen_anywhere(argv[1]);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	events[0] =
	    (struct epoll_event){ .events = EPOLLIN, .data.fd = listener };
	if (epoll == -1 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]) == -1)
		die("epoll");
	for (;;) {
		send_held();
		n = epoll_pwait2(epoll, events, EVENTS, send_late(&wait),
		    &before);
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
