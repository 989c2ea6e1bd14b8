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

/*
 * For whoever wants to see what there is: settings, as far as they are good,
 * and HTTP, but no keeper and no client.  -1 only if there can be no HTTP.
 */
int service_look(struct service *service, const struct options *options,
    struct aws_problems *problems, struct err *err);

void service_start(struct service *service, struct loop *loop,
    const struct inherited *inherited);

/* Gives up asking for credentials.  One that was not opened is fine. */
void service_stop(struct service *service);

/* Forgets all calls.  What else uses "http" (a loop) must be gone. */
void service_close(struct service *service);

#endif
