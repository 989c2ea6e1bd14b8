/* SPDX-License-Identifier: MIT */
/*
 * The service that a subcommand talks to: from the service options to a
 * client that can be used.
 *
 *  1. service_open(): settings, HTTP and client.  Calls may be started; those
 *     that have to be signed with credentials that are not there yet wait;
 *  2. service_start(), once there is a loop: credentials are asked for and
 *     kept fresh.  Those that stand somewhere are there from the beginning;
 *  3. service_stop() before the loop goes, and service_close().
 */
#ifndef TEND_SERVICE_H
#define TEND_SERVICE_H

#include "aws/settings.h"
#include "base/err.h"
#include "tend/loop.h"
#include "tend/world.h"

struct http;
struct inherited;
struct keeper;
struct options;
struct swf_client;

struct service {
	struct aws_settings settings;
	struct http *http;
	struct keeper *keeper; /* NULL: requests are not signed */
	struct swf_client *client;
	struct world world;
	struct loop_timer keeper_timer;
};

/*
 * Returns 0, or -1 with "err" saying what is wrong and what is right;
 * service_close() in any case, of a struct that was zeroed before.
 */
int service_open(struct service *service, const struct options *options,
    struct err *err);

void service_start(struct service *service, struct loop *loop,
    const struct inherited *inherited);

/*
 * Before there are keys in this process: keeps them out of core dumps, and
 * its memory from everybody but root.  service_open() does it.
 */
void service_keep_secrets(void);

/* Gives up asking for credentials.  One that was not opened is fine. */
void service_stop(struct service *service);

/* Forgets all calls.  What else uses "http" (a loop) must be gone. */
void service_close(struct service *service);

#endif
