/* SPDX-License-Identifier: MIT */
/* For a build without libmicrohttpd (configure --disable-listen). */
#include "config.h"

#include "tend/listen.h"

#include <stddef.h>

/* It cannot. */
int
listen_check(struct err *err)
{
	return err_set(err, "--listen: this tend was built without it "
			    "(configure --disable-listen); leave it out");
}

/* There is none. */
struct listen *
listen_new(const struct listen_setup *setup, struct err *err)
{
	(void)setup;
	(void)listen_check(err);
	return NULL;
}

/* Of nothing. */
void
listen_free(struct listen *listen)
{
	(void)listen;
}
