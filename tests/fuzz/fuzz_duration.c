/* SPDX-License-Identifier: MIT */
/*
 * text/duration and the other small things that options take: a duration that
 * was read is written and read again as itself; nothing is out of its range.
 */
#include "config.h"

#include "text/duration.h"

#include <signal.h>
#include <stdbool.h>

#include "fuzz.h"

#include "text/exitlist.h"
#include "text/percent.h"
#include "text/signame.h"
#include "text/size.h"

static void
check_duration(const char *text)
{
	char written[DURATION_TEXT];
	int64_t ms = -1, again = -1;

	if (duration_parse(text, &ms, NULL) == -1) {
		MUST(ms == -1);
		return;
	}
	MUST(ms >= 0 && ms <= DURATION_MAX);
	duration_format(ms, written);
	MUST(duration_parse(written, &again, NULL) == 0 && again == ms);
}

static void
check_signal(const char *text)
{
	char written[SIGNAME_TEXT];
	int signal, again;

	if (signame_parse(text, &signal, NULL) == -1)
		return;
	MUST(signal >= 1 && signal <= SIGRTMAX);
	signame_format(signal, written);
	MUST(signame_parse(written, &again, NULL) == 0 && again == signal);
}

static void
check_size(const char *text)
{
	char written[SIZE_TEXT];
	size_t size, again;

	if (size_parse(text, 1000000, &size, NULL) == -1)
		return;
	MUST(size <= 1000000);
	size_format(size, written);
	MUST(size_parse(written, 1000000, &again, NULL) == 0 && again == size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	bool list[EXITLIST_SIZE];
	double percent;

	check_duration(text);
	check_signal(text);
	check_size(text);
	(void)exitlist_parse(text, list, NULL);
	if (percent_find(text, size, &percent) == 0)
		MUST(percent >= 0 && percent <= 100);
	free(text);
	return 0;
}
