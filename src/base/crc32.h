/* SPDX-License-Identifier: MIT */
/*
 * The CRC-32 of IEEE 802.3, as zip and Ethernet have it: finds bytes that are
 * not what was written.  It proves nothing against somebody who wants to
 * deceive.
 */
#ifndef BASE_CRC32_H
#define BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Of "len" bytes that follow what "before" is the CRC of; 0: nothing. */
uint32_t crc32_add(uint32_t before, const void *data, size_t len);

#endif
