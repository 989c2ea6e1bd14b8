/* SPDX-License-Identifier: MIT */
#include "guard/channel.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "guard/kernel.h"

/* Whether tend may say this. */
static bool
is_valid(const struct guard_message *message)
{
	if (message->magic != GUARD_MAGIC || message->version != GUARD_VERSION)
		return false;
	if (message->type == GUARD_START || message->type == GUARD_FORWARD)
		return message->signal >= 1 &&
		       message->signal <= KERNEL_SIGNALS;
	return message->type > GUARD_START && message->type <= GUARD_RELEASE;
}

/* ECONNRESET is said once, before what had been sent before. */
static ssize_t
receive(int channel, struct guard_message *message)
{
	ssize_t n;

	do
		n = recv(channel, message, sizeof(*message),
		    MSG_DONTWAIT | MSG_TRUNC);
	while (n == -1 && (errno == EINTR || errno == ECONNRESET));
	return n;
}

enum channel_read
channel_receive(int channel, struct guard_message *message)
{
	ssize_t n = receive(channel, message);

	/* The kernel looks for a message first and for the end second: if
	 * both came in between, the last message is still there. */
	if (n == 0)
		n = receive(channel, message);
	if (n == -1 && errno == EAGAIN)
		return CHANNEL_NOTHING;
	if (n != (ssize_t)sizeof(*message) || !is_valid(message))
		return CHANNEL_CLOSED;
	return CHANNEL_MESSAGE;
}

int
channel_send(int channel, struct guard_message *message)
{
	ssize_t n;

	message->magic = GUARD_MAGIC;
	message->version = GUARD_VERSION;
	do
		n = send(channel, message, sizeof(*message),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 && errno != EAGAIN ? -1 : 0;
}
