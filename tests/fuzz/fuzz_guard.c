/* SPDX-License-Identifier: MIT */
/*
 * What tend and tend-guard tell each other: any datagram, into either end.
 * What is taken for a message has the magic, the version and a type that the
 * other side may say; all that tend says is taken; anything else ends the
 * conversation.  And the guard's first argument, which is read and written.
 */
#include "config.h"

#include "guard/channel.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "fuzz.h"
#include "guard/kernel.h"
#include "guard/place.h"
#include "process/guard.h"

extern char **environ;

/* ---- the guard's end ---- */

static bool
guard_may_hear(const struct guard_message *message)
{
	if (message->magic != GUARD_MAGIC ||
	    message->version != GUARD_VERSION || message->type < GUARD_START ||
	    message->type > GUARD_RELEASE)
		return false;
	return (message->type != GUARD_START &&
		   message->type != GUARD_FORWARD) ||
	       (message->signal >= 1 && message->signal <= KERNEL_SIGNALS);
}

static void
check_guard(const int ends[2], const uint8_t *data, size_t size)
{
	struct guard_message message, sent;
	enum channel_read read;

	MUST(channel_receive(ends[1], &message) == CHANNEL_NOTHING);
	MUST(send(ends[0], data, size, 0) == (ssize_t)size);
	read = channel_receive(ends[1], &message);
	if (size == sizeof(sent))
		memcpy(&sent, data, size);
	MUST((read == CHANNEL_MESSAGE) ==
	     (size == sizeof(sent) && guard_may_hear(&sent)));
	MUST(read == CHANNEL_MESSAGE || read == CHANNEL_CLOSED);
	if (read == CHANNEL_MESSAGE)
		MUST(memcmp(&message, &sent, sizeof(sent)) == 0);
}

/* ---- tend's end ---- */

/* A guard that never says anything; its channel is ours from then on. */
static struct guard *
get_guard(void)
{
	static const char *const argv[] = { "true", NULL };
	static struct guard *guard;
	const struct guard_spec spec = { .path = "/bin/true",
		.argv = (char *const *)(uintptr_t)argv,
		.envp = environ };

	if (guard == NULL)
		guard = guard_spawn(&spec, NULL);
	MUST(guard != NULL);
	return guard;
}

static void
check_tend(const int ends[2], const uint8_t *data, size_t size)
{
	struct guard *guard = get_guard();
	struct guard_message message, sent;
	enum guard_read read;

	MUST(dup2(ends[0], guard_descriptor(guard)) != -1);
	MUST(guard_read(guard, &message) == GUARD_READ_NOTHING);
	MUST(send(ends[1], data, size, 0) == (ssize_t)size);
	read = guard_read(guard, &message);
	if (size == sizeof(sent))
		memcpy(&sent, data, size);
	MUST((read == GUARD_READ_MESSAGE) ==
	     (size == sizeof(sent) && sent.magic == GUARD_MAGIC &&
		 sent.version == GUARD_VERSION && sent.type >= GUARD_STARTED &&
		 sent.type <= GUARD_EMPTY));
	MUST(read == GUARD_READ_MESSAGE || read == GUARD_READ_LOST);
}

/* The input as what tend has to say. */
static void
check_said(const int ends[2], const uint8_t *data, size_t size)
{
	struct guard *guard = get_guard();
	struct guard_message message, wish;
	const struct guard_start start = { .stop_signal =
					       1 + data[0] % KERNEL_SIGNALS };

	if (size < sizeof(wish))
		return;
	memcpy(&wish, data, sizeof(wish));
	MUST(dup2(ends[0], guard_descriptor(guard)) != -1);
	MUST(guard_start(guard, &start) == 0);
	MUST(channel_receive(ends[1], &message) == CHANNEL_MESSAGE);
	MUST(message.type == GUARD_START);
	MUST(guard_stop(guard, wish.kill_at) == 0);
	MUST(channel_receive(ends[1], &message) == CHANNEL_MESSAGE);
	MUST(message.type == GUARD_STOP && message.kill_at == wish.kill_at);
	MUST(guard_lease(guard, wish.stop_at, wish.kill_at) == 0);
	if (channel_receive(ends[1], &message) == CHANNEL_MESSAGE)
		MUST(message.stop_at == wish.stop_at &&
		     message.kill_at == wish.kill_at);
	MUST(guard_forward(guard, start.stop_signal) == 0);
	MUST(channel_receive(ends[1], &message) == CHANNEL_MESSAGE);
	MUST(message.signal == start.stop_signal);
}

/* ---- the argument ---- */

static void
check_argument(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct user user = { .given = false }, other = { .given = false };
	struct buf written = BUF_INIT(1 << 24);
	struct place place, again;
	size_t count;

	if (place_parse(&place, &user, text) == 0) {
		MUST(place.channel >= 0 && place.file >= -1);
		MUST(place.offset >= 0);
		MUST(user.given == (strchr(text, ':') != NULL));
		(void)buf_format(&written, "%d", place.channel);
		if (place.file != -1)
			(void)buf_format(&written, ",%d,%d", place.file,
			    place.offset);
		if (user.given)
			(void)buf_format(&written, ":%u", user.user);
		count = user.given ? user.group_count : 0;
		MUST(count > 0 || !user.given);
		for (size_t i = 0; i < count; i++)
			(void)buf_format(&written, "%c%u", i == 0 ? ':' : ',',
			    user.groups[i]);
		MUST(place_parse(&again, &other, written.data) == 0);
		MUST(again.channel == place.channel);
		MUST(again.file == place.file);
		MUST(again.offset == place.offset);
		MUST(other.given == user.given);
		MUST(!other.given ||
		     (other.user == user.user && other.group_count == count));
	}
	buf_clear(&written);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int ends[2];
	int kind;

	/* An empty datagram is one that is not sent. */
	if (size < 2 || size > 16384)
		return 0;
	kind = data[0] % 4;
	data++;
	size--;
	if (kind == 3) {
		check_argument(data, size);
		return 0;
	}
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	if (kind == 0)
		check_guard(ends, data, size);
	else if (kind == 1)
		check_tend(ends, data, size);
	else
		check_said(ends, data, size);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return 0;
}
