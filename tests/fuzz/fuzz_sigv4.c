/* SPDX-License-Identifier: MIT */
/*
 * Any path, query, header lines and body into aws/sigv4, separated by LF: no
 * byte is read or written where it should not be, the path stays absolute,
 * and the same input has the same signature.
 */
#include "config.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_path(const char *canonical)
{
	const char *path = strchr(canonical, '\n') + 1;
	size_t len = strcspn(path, "\n");

	assert(*path == '/');
	for (size_t i = 1; i < len; i++)
		assert(path[i] != '/' || path[i - 1] != '/');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_copy(data, size);
	char *rest = text;
	const char *headers[10] = { NULL };
	struct sigv4_request request = { .method = "GET", .headers = headers };
	const struct sigv4_key key = { "AKID", "secret", NULL, "us-east-1",
		"swf" };
	struct sigv4_signature one;
	struct sigv4_signature two;

	request.path = strsep(&rest, "\n");
	request.query = strsep(&rest, "\n");
	for (size_t i = 0; i < 9 && rest != NULL; i++)
		headers[i] = strsep(&rest, "\n");
	request.body = data;
	request.body_len = size;
	sigv4_sign(&one, &request, &key, INT64_C(1440938160000));
	sigv4_sign(&two, &request, &key, INT64_C(1440938160000));
	assert(strcmp(one.authorization, two.authorization) == 0);
	check_path(one.canonical_request);
	sigv4_signature_clear(&one);
	sigv4_signature_clear(&two);
	free(text);
	return 0;
}
