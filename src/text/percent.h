/* SPDX-License-Identifier: MIT */
/*
 * How far the work is, if a line of text says so.
 */
#ifndef TEXT_PERCENT_H
#define TEXT_PERCENT_H

#include <stddef.h>

/*
 * Finds a share of the work from 0 to 100 in a line: if it is a JSON object,
 * its member "percent"; else the first "42%" or "42.5 %"; else the first
 * "7/20" that is no part of a date or a path and is at most one.  Returns 0,
 * or -1 if there is none.
 */
int percent_find(const char *text, size_t len, double *percent);

#endif
