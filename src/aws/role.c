/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/role.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/address.h"
#include "aws/profile.h"
#include "aws/provider.h"
#include "base/clock.h"
#include "base/mem.h"

enum { ARN_MAX = 2048, NAME_MIN = 2, NAME_MAX_LENGTH = 64 };

static int
check_arn(const char *arn, const char *place, struct err *err)
{
	size_t len = strlen(arn);
	size_t i = 0;

	while (i < len && arn[i] > ' ' && arn[i] <= '~')
		i++;
	if (i == len && len <= ARN_MAX && strncmp(arn, "arn:", 4) == 0)
		return 0;
	return err_set(err,
	    "%s: '%.100s' is not the ARN of a role: it must be like "
	    "arn:aws:iam::123456789012:role/NAME",
	    place, arn);
}

static int
check_name(const char *name, const char *place, struct err *err)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "_+=,.@-";
	size_t len = strlen(name);

	if (len >= NAME_MIN && len <= NAME_MAX_LENGTH &&
	    strspn(name, set) == len)
		return 0;
	return err_set(err,
	    "%s: '%.80s' is not a session name: it must have %d to %d "
	    "letters, digits or _+=,.@-",
	    place, name, NAME_MIN, NAME_MAX_LENGTH);
}

/* What CloudTrail shows; it stays the same for as long as tend runs. */
static char *
default_name(void)
{
	return mem_format("tend-%ld-%lld", (long)getpid(),
	    (long long)(clock_wall() / 1000));
}

/* See the header. */
int
role_find(struct role *role, const struct provider_input *input,
    const struct role_wish *wish, struct err *err)
{
	const struct address_wish address = { .service = ENDPOINT_STS,
		.region = input->region,
		.region_source = "the region of the service",
		.allow_plain = input->allow_plain };

	*role = (struct role){ .arn = mem_string(wish->arn) };
	if (check_arn(wish->arn, wish->arn_place, err) == -1 ||
	    (wish->session_name != NULL &&
		check_name(wish->session_name, wish->session_place, err) == -1))
		return -1;
	role->session_name = wish->session_name == NULL
				 ? default_name()
				 : mem_string(wish->session_name);
	return address_find(&role->endpoint, &address, input->profiles, err);
}

/* Can be cleared again. */
void
role_clear(struct role *role)
{
	free(role->arn);
	free(role->session_name);
	*role = (struct role){ 0 };
}
