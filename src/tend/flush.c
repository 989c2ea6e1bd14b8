/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/flush.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "process/inherited.h"
#include "process/signals.h"
#include "tend/loop.h"
#include "tend/options.h"
#include "tend/recovery.h"
#include "tend/service.h"
#include "tend/spooling.h"

enum {
	EXIT_NOTHING_LEFT = 0,
	EXIT_SOMETHING_LEFT = 1,
	/* The signal that makes an exit status of 128+n. */
	SIGNALLED = 128
};

struct flush {
	struct inherited *inherited;
	struct options options;
	struct service service;
	struct loop *loop;
	struct spooling spooling;
	struct recovery *recovery;
	int signals; /* signalfd */
	struct loop_watch *signal_watch;
	int status;
};

static void
on_done(void *arg, size_t left)
{
	struct flush *flush = arg;

	if (left > 0)
		log_error("something is left in the spool %s",
		    flush->options.spool);
	flush->status = left > 0 ? EXIT_SOMETHING_LEFT : EXIT_NOTHING_LEFT;
	loop_stop(flush->loop);
}

/* What has not been delivered stays where it is: there is nothing to do. */
static void
on_signals(void *arg)
{
	struct flush *flush = arg;
	struct signal_info info;

	while (signals_next(flush->signals, &info)) {
		if (inherited_ignores(flush->inherited, info.signal))
			continue;
		flush->status = SIGNALLED + info.signal;
		loop_stop(flush->loop);
	}
}

static int
check(const struct options *options, struct err *err)
{
	if (options->word_count > 0)
		return err_set(err,
		    "'%s' is one word too many: there are only options; see "
		    "'tend flush --help'",
		    options->words[0]);
	if (options->spool == NULL)
		return err_set(err, "no spool: give --spool DIR");
	return 0;
}

static int
watch_signals(struct flush *flush, struct err *err)
{
	static const int kept[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	signals_keep(flush->inherited, kept, sizeof(kept) / sizeof(kept[0]));
	flush->signals = signals_open();
	if (flush->signals == -1)
		return err_errno(err, "cannot receive signals");
	flush->signal_watch =
	    loop_watch(flush->loop, flush->signals, on_signals, flush, err);
	return flush->signal_watch == NULL ? -1 : 0;
}

static int
open_all(struct flush *flush, struct err *err)
{
	const struct options *options = &flush->options;

	if (check(options, err) == -1 ||
	    service_open(&flush->service, options, err) == -1)
		return -1;
	flush->loop = loop_new(flush->service.http, err);
	if (flush->loop == NULL || watch_signals(flush, err) == -1)
		return -1;
	service_start(&flush->service, flush->loop, flush->inherited);
	return spooling_open(&flush->spooling, flush->loop, options,
	    &flush->service.settings.endpoint, false, err);
}

static void
run(struct flush *flush)
{
	const struct recovery_setup setup = {
		.loop = flush->loop,
		.client = flush->service.client,
		.spooling = &flush->spooling,
		.tidy = true,
		.until = instant_add(loop_now(flush->loop),
		    flush->options.report_timeout),
		.done = on_done,
		.arg = flush,
	};

	flush->recovery = recovery_new(&setup);
	loop_run(flush->loop);
}

static void
close_all(struct flush *flush)
{
	recovery_free(flush->recovery);
	spooling_close(&flush->spooling);
	loop_unwatch(flush->signal_watch);
	if (flush->signals != -1)
		(void)close(flush->signals);
	service_stop(&flush->service);
	loop_free(flush->loop);
	service_close(&flush->service);
}

int
flush_main(int argc, char **argv, struct inherited *inherited)
{
	struct flush flush = {
		.inherited = inherited,
		.signals = -1,
		.status = TEND_EXIT_ERROR,
	};
	struct err err;

	if (options_read(&flush.options, OPTIONS_FLUSH, argc, argv, &err) ==
	    -1) {
		log_error("%s", err.text);
		return TEND_EXIT_ERROR;
	}
	if (flush.options.help) {
		return options_help(stdout, OPTIONS_FLUSH) == 0
			   ? 0
			   : TEND_EXIT_ERROR;
	}
	log_set_level(flush.options.log_level);
	log_set_format(flush.options.log_format);
	if (open_all(&flush, &err) == -1)
		log_error("%s", err.text);
	else
		run(&flush);
	close_all(&flush);
	return flush.status;
}
