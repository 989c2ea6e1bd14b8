/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static char *
copy(const char *text)
{
	return text == NULL ? NULL : mem_string(text);
}

/* Copies all of it. */
void
credentials_set(struct credentials *credentials, const char *id,
    const char *secret, const char *token, const char *source,
    int64_t expires_at)
{
	credentials->access_key_id = copy(id);
	credentials->secret_access_key = copy(secret);
	credentials->session_token = copy(token);
	credentials->source = copy(source);
	credentials->expires_at = expires_at;
}

/* A copy of its own. */
void
credentials_copy(struct credentials *to, const struct credentials *from)
{
	credentials_set(to, from->access_key_id, from->secret_access_key,
	    from->session_token, from->source, from->expires_at);
}

/* Of tokens and the like as well. */
void
credentials_cleanse(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* Cleared credentials can be cleared again. */
void
credentials_clear(struct credentials *credentials)
{
	credentials_cleanse(credentials->access_key_id);
	credentials_cleanse(credentials->secret_access_key);
	credentials_cleanse(credentials->session_token);
	free(credentials->source);
	*credentials = (struct credentials){ 0 };
}
