/* SPDX-License-Identifier: MIT */
/*
 * The guard's end of the channel: whole messages, checked.
 */
#ifndef GUARD_CHANNEL_H
#define GUARD_CHANNEL_H

#include "guard/message.h"

enum channel_read {
	CHANNEL_NOTHING, /* no message now */
	CHANNEL_MESSAGE,
	CHANNEL_CLOSED /* tend has gone, or what was read is no message */
};

/* Reads a message without waiting. */
enum channel_read channel_receive(int channel, struct guard_message *message);

/*
 * Sends a message without waiting, its magic and version filled in.  Returns
 * 0, or -1 if the other end is gone.  A message for which there is no room
 * is dropped: only SUSPENDED is ever said more than once, and the room is
 * for a hundred.
 */
int channel_send(int channel, struct guard_message *message);

#endif
