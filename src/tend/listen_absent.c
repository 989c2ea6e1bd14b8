/* SPDX-License-Identifier: MIT */
/* For a build without libmicrohttpd (configure --disable-listen). */
#include "config.h"

#include "tend/listen.h"

#include <stddef.h>

/* There is none. */
struct listen *
listen_new(const struct listen_setup *setup, struct err *err)
{
	(void)setup;
	(void)err_set(err, "--listen: this tend was built without it "
			   "(configure --disable-listen); leave it out");
	return NULL;
}

/* Of nothing. */
void
listen_free(struct listen *listen)
{
	(void)listen;
}
