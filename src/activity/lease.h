/* SPDX-License-Identifier: MIT */
/*
 * The lease: how long a task is ours after a heartbeat was accepted.
 *
 * SWF hands a task to somebody else when its heartbeat timeout T has passed
 * since the last heartbeat that it took.  The service's clock for it starts
 * at or after the moment the request was sent, so everything here is counted
 * from the send time of the last accepted heartbeat, which is never too late.
 * All lengths are milliseconds; T is INSTANT_NEVER when there is none.
 */
#ifndef ACTIVITY_LEASE_H
#define ACTIVITY_LEASE_H

#include <stdint.h>

/* The shortest T that tend enforces; a shorter one only sets the schedule. */
enum { LEASE_SHORTEST = 3000 };

/* What is kept between the tree's death and T: T/20 in 100 ms to 2 s. */
int64_t lease_margin(int64_t timeout);

/* When the tree must be dead. */
int64_t lease_kill_at(int64_t accepted_at, int64_t timeout);

/* When the stop signal goes: kill_at less the grace, at most T/6 of it. */
int64_t lease_stop_at(int64_t accepted_at, int64_t timeout, int64_t grace);

/* The default interval: the smaller of 30 s and T/3. */
int64_t lease_interval(int64_t timeout);

/*
 * The longest interval at which one attempt without an answer, and the retry
 * after it, still fit in before the stop signal would go.
 */
int64_t lease_interval_most(int64_t timeout, int64_t grace);

/* How long one attempt of a call may take: min(5 s, T/4). */
int64_t lease_attempt(int64_t timeout);

/* The delay after a failed heartbeat: first min(1 s, T/20), doubling to
 * min(5 s, T/6). */
int64_t lease_retry_first(int64_t timeout);
int64_t lease_retry_most(int64_t timeout);

#endif
