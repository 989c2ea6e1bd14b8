/* SPDX-License-Identifier: MIT */
/*
 * The service that a subcommand talks to: from the service options to a
 * client that can be used.
 */
#ifndef TEND_SERVICE_H
#define TEND_SERVICE_H

#include "aws/settings.h"
#include "base/err.h"

struct http;
struct keeper;
struct options;
struct swf_client;

struct service {
	struct aws_settings settings;
	struct http *http;
	struct keeper *keeper; /* NULL: requests are not signed */
	struct swf_client *client;
};

/*
 * Returns 0, or -1 with "err" saying what is wrong and what is right;
 * service_close() in any case, of a struct that was zeroed before.
 */
int service_open(struct service *service, const struct options *options,
    struct err *err);

/* Forgets all calls.  What else uses "http" (a loop) must be gone. */
void service_close(struct service *service);

#endif
