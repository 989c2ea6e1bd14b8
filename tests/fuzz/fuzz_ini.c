/* SPDX-License-Identifier: MIT */
/*
 * text/ini: items come in the order of their lines, sections before what is
 * in them, keys in lower case; an error is one line that names one.
 */
#include "config.h"

#include "text/ini.h"

#include <stdbool.h>

#include "fuzz.h"

struct seen {
	size_t line;
	bool section;
};

static void
visit(void *arg, const struct ini_item *item)
{
	struct seen *seen = arg;

	MUST(item->kind != NULL && item->section != NULL);
	MUST(item->section[0] != '\0');
	MUST(item->line >= seen->line && item->line > 0);
	seen->line = item->line;
	if (item->key == NULL) {
		MUST(item->sub == NULL && item->value == NULL);
		seen->section = true;
		return;
	}
	MUST(seen->section && item->value != NULL);
	for (const char *c = item->key; *c != '\0'; c++)
		MUST(*c < 'A' || *c > 'Z');
	MUST(item->sub == NULL || item->sub[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { 0, false };
	struct err err = { "" };
	char *copy = fuzz_copy(data, size);
	int result = ini_parse(copy, size, visit, &seen, &err);

	MUST(result == 0 || strncmp(err.text, "line ", 5) == 0);
	MUST(result != 0 || err.text[0] == '\0');
	MUST(strchr(err.text, '\n') == NULL);
	free(copy);
	return 0;
}
