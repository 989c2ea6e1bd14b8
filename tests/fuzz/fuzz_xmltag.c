/* SPDX-License-Identifier: MIT */
/*
 * text/xmltag: what is found is no longer than the document, has no NUL and
 * is followed by one; what is not found leaves no trace.
 */
#include "config.h"

#include "text/xmltag.h"

#include "fuzz.h"

static void
look(const char *xml, size_t len, const char *name, size_t max)
{
	struct buf out = BUF_INIT(max);

	MUST(buf_string(&out, "before") == 0);
	if (xmltag_find(xml, len, name, &out) == -1) {
		MUST(strcmp(out.data, "before") == 0);
	} else {
		MUST(strlen(out.data) == out.len && out.len <= max);
		MUST(out.len <= len + 6 && memcmp(out.data, "before", 6) == 0);
	}
	buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);

	look(copy, size, "Code", 4096);
	look(copy, size, "AccessKeyId", 12);
	free(copy);
	return 0;
}
