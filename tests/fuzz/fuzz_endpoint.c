/* SPDX-License-Identifier: MIT */
/*
 * Any text as an endpoint and as a region: what is taken makes a URL and a
 * Host header without anything that could end a header line.
 */
#include "config.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/endpoint.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct endpoint_wish *wish)
{
	struct endpoint endpoint;
	struct err err;

	if (endpoint_make(&endpoint, wish, &err) == -1) {
		assert(*err.text != '\0');
		return;
	}
	for (const char *p = endpoint.url; *p != '\0'; p++)
		assert(*p > ' ' && *p < 0x7f && *p != '@');
	assert(strstr(endpoint.url, endpoint.host) != NULL);
	assert(endpoint.url[strlen(endpoint.url) - 1] == '/');
	assert(strchr(endpoint.host, '/') == NULL);
	assert(endpoint.tls || endpoint.loopback || wish->allow_plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_copy(data, size);
	struct endpoint_wish wish = { .region = "us-east-1",
		.region_source = "--region",
		.url = text,
		.url_source = "--endpoint-url" };

	check(&wish);
	wish.allow_plain = true;
	check(&wish);
	wish.region = text;
	wish.url = NULL;
	check(&wish);
	wish.dualstack = true;
	check(&wish);
	free(text);
	return 0;
}
