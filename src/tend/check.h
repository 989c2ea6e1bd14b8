/* SPDX-License-Identifier: MIT */
/*
 * "tend check": says which region, endpoint, credentials, CA and proxy would
 * be used and who said so, and calls the service once, with a request that
 * changes nothing: DescribeDomain; with --task-list CountPendingActivityTasks;
 * without a domain ListDomains.
 *
 * What is found out goes to standard output (tend/check_report.h).  Where
 * there are no credentials the service is asked all the same, unsigned: that
 * tells whether it can be reached, and what time it is there.
 */
#ifndef TEND_CHECK_H
#define TEND_CHECK_H

struct inherited;

/* Returns the exit status: 0 only if work could start. */
int check_main(int argc, char **argv, struct inherited *inherited);

#endif
