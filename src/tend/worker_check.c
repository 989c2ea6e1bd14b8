/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/worker_check.h"

#include <string.h>

#include "aws/wire.h"
#include "process/inherited.h"
#include "process/spool.h"
#include "tend/listen.h"
#include "tend/options.h"
#include "tend/registration.h"
#include "tend/streams.h"
#include "text/utf8.h"

enum {
	/* Descriptors of a slot: guard, output, calls (a terminal has one
	 * more); and of all else. */
	FILES_EACH = 6,
	FILES_OTHER = 64
};

static int
check_name(const char *option, const char *name, size_t most, struct err *err)
{
	size_t len;

	if (name == NULL)
		return err_set(err, "no %s: give --%s", option, option);
	len = strlen(name);
	if (!utf8_valid(name, len) || utf8_units(name, len) > most)
		return err_set(err,
		    "--%s: at most %zu characters of UTF-8 are "
		    "possible",
		    option, most);
	return 0;
}

static int
check_output(struct options *options, struct err *err)
{
	if (options->output == OUTPUT_DEFAULT)
		options->output =
		    options->slots == 1 ? OUTPUT_RAW : OUTPUT_PREFIX;
	if (options->output == OUTPUT_RAW && options->slots > 1)
		return err_set(err,
		    "--output: raw mixes what the commands of "
		    "%zu slots print: take prefix, json or none",
		    options->slots);
	return streams_check(options, err);
}

int
worker_check(struct options *options, const char *identity, struct err *err)
{
	if (options->word_count == 0 && options->activities.count == 0)
		return err_set(err,
		    "no command: give --activity, or tend worker "
		    "[OPTION]... [--] COMMAND [ARG]...; see 'tend worker "
		    "--help'");
	if (check_name("domain", options->domain, SWF_NAME_MAX, err) == -1 ||
	    check_name("task-list", options->task_list, SWF_NAME_MAX, err) ==
		-1 ||
	    check_name("identity", identity, SWF_IDENTITY_MAX, err) == -1)
		return -1;
	if (registration_check(options, err) == -1 ||
	    (options->listening && listen_check(err) == -1))
		return -1;
	return check_output(options, err);
}

int
worker_check_files(const struct options *options, struct inherited *inherited,
    struct err *err)
{
	unsigned long long each = FILES_EACH + (options->pty ? 1 : 0);
	unsigned long long need = each * options->slots + options->max_polls +
				  FILES_OTHER +
				  (options->listening ? LISTEN_FILES : 0);
	unsigned long long have = inherited_raise_files(inherited);

	if (options->spool != NULL)
		need += SPOOL_SCAN_FILES;
	if (have >= need)
		return 0;
	return err_set(err,
	    "--slots: %zu slots need %llu descriptors, and the "
	    "limit is %llu: raise it (ulimit -Hn), or take fewer slots",
	    options->slots, need, have);
}
