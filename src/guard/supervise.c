/* SPDX-License-Identifier: MIT */
#include "guard/supervise.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/channel.h"
#include "guard/command.h"
#include "guard/kernel.h"

/* A tree that outlives so many rounds of SIGKILL is stopped first. */
enum { ROUNDS_BEFORE_FREEZE = 5 };

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void abandon(struct supervise *s);

/* Tells tend.  If it cannot be told, it is gone. */
static void
tell(struct supervise *s, struct guard_message *message, int type)
{
	if (s->channel == -1)
		return;
	message->type = (uint16_t)type;
	if (channel_send(s->channel, message) == -1)
		abandon(s);
}

static void
tell_plain(struct supervise *s, int type)
{
	struct guard_message message;

	memset(&message, 0, sizeof(message));
	tell(s, &message, type);
}

static void
tell_exec_failed(struct supervise *s, int error)
{
	struct guard_message message;

	memset(&message, 0, sizeof(message));
	message.error = error;
	tell(s, &message, GUARD_EXEC_FAILED);
	s->over = true;
}

/* Reaps the child that could not become the command. */
static void
reap_failed(struct supervise *s)
{
	siginfo_t info;

	(void)kill(s->tree.leader, SIGKILL);
	(void)waitid(P_PID, (id_t)s->tree.leader, &info, WEXITED);
}

void
supervise_start(struct supervise *s, const struct guard_message *start,
    int channel, const struct guard_lease *lease, const struct user *user,
    char **argv)
{
	const struct command command = {
		.argv = argv,
		.user = user,
		.channel = channel,
		.foreground = (start->flags & GUARD_FOREGROUND) != 0,
		.session = (start->flags & GUARD_SESSION) != 0,
		.no_new_privs = (start->flags & GUARD_NO_NEW_PRIVS) != 0,
		.mask = start->mask,
		.ignored = start->ignored,
	};
	pid_t leader;

	memset(s, 0, sizeof(*s));
	s->channel = channel;
	s->scope_leader = (start->flags & GUARD_SCOPE_LEADER) != 0;
	s->terminal = (start->flags & (GUARD_TERMINAL | GUARD_FOREGROUND)) != 0;
	s->session = command.session;
	s->stop_signal = start->signal;
	s->lease = lease;
	s->lease_stop = start->stop_at;
	s->lease_kill = start->kill_at;
	s->grace_end = SUPERVISE_NEVER;
	s->result = -1;
	leader = command_start(&command, &s->result);
	if (leader == -1)
		tell_exec_failed(s, errno);
	else
		tree_init(&s->tree, leader);
}

/*
 * Tells what became of the exec, if that is known by now.  Whether the
 * command is, or was, running.
 */
static bool
look_at_exec(struct supervise *s)
{
	struct guard_message message;
	int error = 0;
	ssize_t n;

	if (s->result == -1)
		return !s->over;
	do
		n = read(s->result, &error, sizeof(error));
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN)
		return false;
	(void)close(s->result);
	s->result = -1;
	if (n == (ssize_t)sizeof(error)) {
		reap_failed(s);
		tell_exec_failed(s, error);
		return false;
	}
	memset(&message, 0, sizeof(message));
	message.pid = s->tree.leader;
	tell(s, &message, GUARD_STARTED);
	return true;
}

static void
tell_exited(struct supervise *s, const siginfo_t *info)
{
	struct guard_message message;

	memset(&message, 0, sizeof(message));
	message.status = -1;
	if (info->si_code == CLD_EXITED)
		message.status = info->si_status;
	else
		message.signal = info->si_status;
	if (info->si_code == CLD_DUMPED)
		message.flags |= GUARD_CORE;
	if (s->after_stop)
		message.flags |= GUARD_AFTER_STOP;
	message.killed = s->killed;
	if (s->killing && message.signal == SIGKILL)
		message.killed++;
	tell(s, &message, GUARD_EXITED);
}

/* Notes and tells the leader's end, and leaves it unreaped. */
static void
look_at_leader(struct supervise *s)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	if (!look_at_exec(s) || s->exited ||
	    waitid(P_PID, (id_t)s->tree.leader, &info,
		WEXITED | WNOHANG | WNOWAIT) == -1 ||
	    info.si_pid == 0)
		return;
	s->exited = true;
	/* The end of session or terminal shall not hang up those left. */
	if (s->session)
		command_take_terminal();
	tell_exited(s, &info);
	/* Without a /proc to see by who else is there, its zombie would
	 * hide the others from waitid(). */
	if (!s->tree.native)
		tree_reap_leader(&s->tree, &s->killed);
}

/* Tells of a ^Z; a stop that was asked for is none. */
static void
look_for_suspension(struct supervise *s)
{
	siginfo_t info;

	if (!s->terminal || s->exited)
		return;
	memset(&info, 0, sizeof(info));
	if (waitid(P_PID, (id_t)s->tree.leader, &info, WSTOPPED | WNOHANG) ==
		-1 ||
	    info.si_pid == 0)
		return;
	if (!s->suspended && !s->killing)
		tell_plain(s, GUARD_SUSPENDED);
}

static void
tell_empty(struct supervise *s)
{
	struct guard_message message;
	struct rusage usage;

	memset(&message, 0, sizeof(message));
	memset(&usage, 0, sizeof(usage));
	(void)getrusage(RUSAGE_CHILDREN, &usage);
	message.killed = s->killed;
	message.user_us =
	    (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec;
	message.system_us =
	    (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
	message.max_rss_kib = usage.ru_maxrss;
	tell(s, &message, GUARD_EMPTY);
	s->over = true;
}

void
supervise_children(struct supervise *s)
{
	int others = 0;

	if (!look_at_exec(s))
		return;
	look_at_leader(s);
	look_for_suspension(s);
	s->progress = tree_reap_others(&s->tree, &others) != 0;
	if (s->killing)
		s->killed += others;
	/* The leader is the last to be reaped: until then its number, which
	 * is that of its process group, belongs to nobody else. */
	if (!s->exited || (s->tree.held && !tree_is_leader_alone(&s->tree)))
		return;
	others = 0;
	tree_reap_leader(&s->tree, &others);
	if (s->killing)
		s->killed += others;
	if (tree_is_empty())
		tell_empty(s);
}

/*
 * The first rung: the stop signal, and then SIGCONT, for what is stopped
 * could not act on it.
 */
static void
begin_stop(struct supervise *s)
{
	if (s->stopping || s->killing)
		return;
	s->stopping = true;
	look_at_leader(s);
	s->after_stop = !s->exited;
	if (s->scope_leader && !s->exited) {
		(void)kill(s->tree.leader, s->stop_signal);
		(void)kill(s->tree.leader, SIGCONT);
	} else {
		tree_signal(&s->tree, s->stop_signal, SIGCONT);
	}
}

/* The second rung; supervise_time() goes on with it. */
static void
begin_kill(struct supervise *s)
{
	if (s->killing)
		return;
	look_at_leader(s);
	s->killing = true;
	if (!s->exited)
		s->after_stop = true;
}

static void
kill_round(struct supervise *s)
{
	if (s->rounds < ROUNDS_BEFORE_FREEZE) {
		s->rounds++;
		tree_kill(&s->tree);
	} else {
		tree_kill_frozen(&s->tree);
	}
	if (!s->told)
		tell_plain(s, GUARD_KILLING);
	s->told = true;
}

/* tend is gone, or talks nonsense. */
static void
abandon(struct supervise *s)
{
	if (s->channel != -1)
		(void)close(s->channel);
	s->channel = -1;
	begin_kill(s);
}

/* See guard/lease.h for the order. */
static void
look_at_lease(struct supervise *s)
{
	if (s->lease == NULL)
		return;
	s->lease_stop = s->lease->stop_at;
	s->lease_kill = s->lease->kill_at;
}

void
supervise_time(struct supervise *s, int64_t now)
{
	if (s->over)
		return;
	look_at_lease(s);
	if (!s->stopping && !s->killing &&
	    now >= earlier(s->lease_stop, s->lease_kill)) {
		s->grace_end = s->lease_kill;
		begin_stop(s);
		tell_plain(s, GUARD_STOPPING);
	}
	if (now >= earlier(s->grace_end, s->lease_kill))
		begin_kill(s);
	if (s->killing)
		kill_round(s);
}

int64_t
supervise_deadline(const struct supervise *s)
{
	int64_t due = earlier(s->lease_kill, s->grace_end);

	if (s->killing || s->over)
		return SUPERVISE_NEVER;
	return s->stopping ? due : earlier(due, s->lease_stop);
}

static void
forward(struct supervise *s, int signal)
{
	if (!s->tree.held)
		return;
	if (kill(-s->tree.leader, signal) == -1)
		(void)kill(s->tree.leader, signal);
}

static void
suspend(struct supervise *s, bool suspend_it)
{
	s->suspended = suspend_it;
	tree_signal(&s->tree, suspend_it ? SIGSTOP : SIGCONT, 0);
}

static void
take_message(struct supervise *s, const struct guard_message *message)
{
	switch (message->type) {
	case GUARD_LEASE:
		s->lease_stop = message->stop_at;
		s->lease_kill = message->kill_at;
		break;
	case GUARD_STOP:
		s->grace_end = earlier(s->grace_end, message->kill_at);
		begin_stop(s);
		break;
	case GUARD_KILL:
		begin_kill(s);
		break;
	case GUARD_FORWARD:
		forward(s, message->signal);
		break;
	case GUARD_SUSPEND:
		suspend(s, true);
		break;
	case GUARD_RESUME:
		suspend(s, false);
		break;
	case GUARD_RELEASE:
		s->over = true;
		break;
	default:
		abandon(s);
		break;
	}
}

void
supervise_hear(struct supervise *s)
{
	struct guard_message message;

	while (s->channel != -1 && !s->over) {
		switch (channel_receive(s->channel, &message)) {
		case CHANNEL_NOTHING:
			return;
		case CHANNEL_MESSAGE:
			take_message(s, &message);
			break;
		case CHANNEL_CLOSED:
			abandon(s);
			return;
		}
	}
}
