/* SPDX-License-Identifier: MIT */
/*
 * The leases of all guards of this process, in a file in memory that the
 * guards map (guard/lease.h).
 *
 * A guard has its place from leases_take() until leases_give_back(), which is
 * when it has ended.  Where there is no such file, or no place left in it,
 * leases_take() says -1, and every lease has to be said to the guard.
 */
#ifndef PROCESS_LEASES_H
#define PROCESS_LEASES_H

#include <stdbool.h>
#include <stdint.h>

/* The file, for guards to map; valid once a place was taken. */
int leases_descriptor(void);

/* A place that has no lease yet; -1: there is none. */
int leases_take(void);

/* -1 is ignored. */
void leases_give_back(int place);

/* Where in the file it is. */
long leases_offset(int place);

/* Writes a lease for the guard to see; false: it ends earlier than the last,
 * or there is no place: the guard has to be told. */
bool leases_renew(int place, int64_t stop_at, int64_t kill_at);

/* Gives the file back, once no guard is left that has a place.  Taking a place
 * begins anew. */
void leases_close(void);

#endif
