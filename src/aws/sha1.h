/* SPDX-License-Identifier: MIT */
/*
 * SHA-1, by which the AWS CLI names the files of its cache.  It proves
 * nothing here.
 */
#ifndef AWS_SHA1_H
#define AWS_SHA1_H

#include <stddef.h>

/* Room for the digits and their end. */
enum { SHA1_TEXT = 41 };

/* Writes the hash of "len" bytes as 40 hexadecimal digits. */
void sha1_hex(const void *data, size_t len, char text[SHA1_TEXT]);

#endif
