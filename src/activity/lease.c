/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "activity/lease.h"

#include "base/instant.h"

enum {
	MARGIN_LEAST = 100,
	MARGIN_MOST = 2000,
	INTERVAL_MOST = 30000,
	ATTEMPT_MOST = 5000,
	RETRY_FIRST_MOST = 1000,
	RETRY_MOST = 5000,
	/* Below it a schedule made of T would be a busy loop. */
	SCHEDULE_SHORTEST = 1000
};

/* T/part, at most "most". */
static int64_t
share(int64_t timeout, int64_t part, int64_t most)
{
	return instant_min(instant_max(timeout, SCHEDULE_SHORTEST) / part,
	    most);
}

int64_t
lease_margin(int64_t timeout)
{
	return instant_max(instant_min(timeout / 20, MARGIN_MOST),
	    MARGIN_LEAST);
}

int64_t
lease_kill_at(int64_t accepted_at, int64_t timeout)
{
	if (timeout == INSTANT_NEVER)
		return INSTANT_NEVER;
	return instant_add(accepted_at, timeout - lease_margin(timeout));
}

int64_t
lease_stop_at(int64_t accepted_at, int64_t timeout, int64_t grace)
{
	int64_t kill_at = lease_kill_at(accepted_at, timeout);

	if (kill_at == INSTANT_NEVER)
		return INSTANT_NEVER;
	return kill_at - instant_min(grace, timeout / 6);
}

int64_t
lease_interval(int64_t timeout)
{
	return share(timeout, 3, INTERVAL_MOST);
}

int64_t
lease_interval_most(int64_t timeout, int64_t grace)
{
	int64_t attempt = lease_attempt(timeout);

	if (timeout == INSTANT_NEVER)
		return INSTANT_NEVER;
	return lease_stop_at(0, timeout, grace) - attempt -
	       lease_retry_first(timeout) - attempt / 2;
}

int64_t
lease_attempt(int64_t timeout)
{
	return share(timeout, 4, ATTEMPT_MOST);
}

int64_t
lease_retry_first(int64_t timeout)
{
	return share(timeout, 20, RETRY_FIRST_MOST);
}

int64_t
lease_retry_most(int64_t timeout)
{
	return share(timeout, 6, RETRY_MOST);
}
