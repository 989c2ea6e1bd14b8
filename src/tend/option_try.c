/* SPDX-License-Identifier: MIT */
/*
 * The options of "tend try", for tend/option_table.h.
 */
#include "config.h"

#include <string.h>

#include "aws/wire.h"
#include "base/instant.h"
#include "tend/option_table.h"
#include "text/duration.h"
#include "text/utf8.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* ms: SWF is a few steps away, and a person looks on. */
enum { DEFAULT_HEARTBEAT_TIMEOUT = 10000 };

static int
set_lose_after(struct options *options, const char *value, struct err *err)
{
	int64_t *field = &options->try.lose_after;

	if (duration_parse(value, field, err) == -1)
		return -1;
	if (*field == 0 || *field % 1000 != 0)
		return err_set(err,
		    "'%s': SWF's timeouts are whole seconds, at least 1s",
		    value);
	return 0;
}

static int
set_input_text(struct options *options, const char *value, struct err *err)
{
	size_t len = strlen(value);

	if (!utf8_valid(value, len))
		return err_set(err, "it is no valid UTF-8");
	if (utf8_units(value, len) > SWF_INPUT_MAX)
		return err_set(err, "it has %zu characters; SWF takes %d",
		    utf8_units(value, len), SWF_INPUT_MAX);
	options->try.input_text = value;
	return 0;
}

static const struct option_spec try_rows[] = {
	{ .help = "What happens to the task:" },
	{ .name = "cancel-after",
	    .argument = "DUR",
	    .help = "its cancellation is requested that long after the start",
	    .kind = KIND_DURATION,
	    OPTION_AT(try.cancel_after) },
	{ .name = "lose-after",
	    .argument = "DUR",
	    .help = "it times out then, and is somebody else's; whole seconds",
	    .kind = KIND_CUSTOM,
	    .set = set_lose_after },
	{ .name = "input-text",
	    .argument = "TEXT",
	    .help = "its input",
	    .kind = KIND_CUSTOM,
	    .set = set_input_text },
};

const struct option_group option_try_group = {
	try_rows,
	ARRAY_SIZE(try_rows),
	OPTIONS_TRY,
};

void
option_try_defaults(struct options *options)
{
	options->heartbeat_timeout = DEFAULT_HEARTBEAT_TIMEOUT;
	options->try.cancel_after = INSTANT_NEVER;
	options->try.lose_after = INSTANT_NEVER;
}
