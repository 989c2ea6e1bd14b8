/* SPDX-License-Identifier: MIT */
/*
 * Memory that is there, or the program is not.
 *
 * A supervisor that goes on without the memory it asked for cannot keep any
 * promise.  When there is none left, these functions write one line to
 * stderr and end the process with status 125; the guards then see their
 * socket close and stop what they guard.  Free with free().
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* "count" zeroed elements of "size" bytes; never NULL. */
void *mem_new(size_t count, size_t size) __attribute__((malloc));

/* Resizes to "count" elements of "size" bytes; never NULL. */
void *mem_resize(void *old, size_t count, size_t size);

/* A copy of a string; never NULL. */
char *mem_string(const char *string) __attribute__((malloc));

/* A copy of "length" bytes with a NUL after them; never NULL. */
char *mem_copy(const void *data, size_t length) __attribute__((malloc));

/* Overwrites "length" bytes and frees them; NULL is fine. */
void mem_cleanse(void *data, size_t length);

/* A new string made as by printf; never NULL. */
char *mem_format(const char *format, ...)
    __attribute__((malloc, format(printf, 1, 2)));

#endif
