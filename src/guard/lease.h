/* SPDX-License-Identifier: MIT */
/*
 * The newest lease of each guard, in memory that tend writes and its guards
 * read.  To renew a lease costs no system call and wakes up nobody: a guard
 * looks here before it acts on the lease that it knows.  Only one that ends
 * earlier than the last is said as well (guard/message.h).
 *
 * tend writes kill_at first and the guard reads it last: of a lease that is
 * being written it sees the old one, or one that lasts longer.
 */
#ifndef GUARD_LEASE_H
#define GUARD_LEASE_H

#include <stdatomic.h>
#include <stdint.h>

/* Instants as in guard/message.h. */
struct guard_lease {
	_Atomic int64_t stop_at;
	_Atomic int64_t kill_at;
};

#endif
