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

enum channel_read
channel_receive(int channel, struct guard_message *message)
{
	ssize_t n;

	/* ECONNRESET is said once when tend has closed its end without
	 * reading all; what it sent before comes after. */
	do
		n = recv(channel, message, sizeof(*message),
		    MSG_DONTWAIT | MSG_TRUNC);
	while (n == -1 && (errno == EINTR || errno == ECONNRESET));
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
