/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/texts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/wire.h"
#include "base/instant.h"
#include "base/log.h"
#include "process/oom.h"
#include "tend/streams.h"
#include "text/duration.h"
#include "text/json.h"
#include "text/signame.h"
#include "text/utf8.h"

enum {
	/* The largest text that can be within a limit of SWF's. */
	LARGEST_TEXT = SWF_DETAILS_MAX * UTF8_BYTES_PER_UNIT,
	HOST_NAME = 256
};

void
texts_init(struct texts *texts, const struct options *options,
    char *const *argv, const char *label)
{
	*texts = (struct texts){
		.options = options,
		.argv = argv,
		.label = label,
	};
	texts->heartbeat_timeout = options->heartbeat_timeout;
	texts->start_to_close = INSTANT_NEVER;
	texts->oom_before = -1;
	buf_init(&texts->details, LARGEST_TEXT);
	/* Repairing may make it up to three times as long. */
	buf_init(&texts->result, (size_t)LARGEST_TEXT * 3);
	buf_init(&texts->reason, LARGEST_TEXT);
	buf_init(&texts->failure, (size_t)LARGEST_TEXT * 3);
}

void
texts_clear(struct texts *texts)
{
	buf_clear(&texts->details);
	buf_clear(&texts->result);
	buf_clear(&texts->reason);
	buf_clear(&texts->failure);
}

void
texts_started(struct texts *texts, int pid, int64_t now)
{
	texts->pid = pid;
	texts->started_at = now;
	texts->oom_before = oom_kills();
}

void
texts_stop_signal(struct texts *texts, int signal)
{
	if (texts->stop_signal == 0)
		texts->stop_signal = signal;
}

/* ---- heartbeat details ---- */

static void
add_percent(struct buf *out, const struct streams *streams)
{
	double percent;

	if (streams_percent(streams, &percent) == 0)
		(void)buf_format(out, ",\"percent\":%.6g", percent);
}

/* The object of --details json, with "units" left for the progress in it. */
static void
format_json(struct texts *texts, const struct streams *streams, int64_t now,
    size_t units)
{
	struct buf progress = BUF_INIT(LARGEST_TEXT);
	struct buf *out = &texts->details;
	char host[HOST_NAME] = "";

	buf_reset(out);
	(void)buf_string(out, "{\"progress\":");
	if (streams_progress(streams, units, &progress) == -1)
		(void)buf_string(out, "null");
	else
		(void)json_string(out, progress.data, progress.len);
	add_percent(out, streams);
	if (texts->pid != 0)
		(void)buf_format(out, ",\"elapsed\":%.3f",
		    (double)(now - texts->started_at) / 1000);
	(void)buf_format(out, ",\"lines\":%llu,\"host\":",
	    (unsigned long long)streams_lines(streams));
	if (gethostname(host, sizeof(host) - 1) == -1)
		host[0] = '\0';
	(void)json_string(out, host, strlen(host));
	if (texts->pid != 0)
		(void)buf_format(out, ",\"pid\":%d", texts->pid);
	(void)buf_string(out, "}");
	buf_clear(&progress);
}

/*
 * Escaping makes text longer, and an object that is cut is none: the
 * progress in it gets shorter until the whole fits.
 */
static void
make_json(struct texts *texts, const struct streams *streams, int64_t now)
{
	size_t units = SWF_HEARTBEAT_DETAILS_MAX - 512;

	for (;;) {
		format_json(texts, streams, now, units);
		if (units == 0 ||
		    utf8_units(texts->details.data, texts->details.len) <=
			SWF_HEARTBEAT_DETAILS_MAX)
			return;
		units /= 2;
	}
}

const char *
texts_details(struct texts *texts, const struct streams *streams, int64_t now)
{
	buf_reset(&texts->details);
	if (texts->options->details_json)
		make_json(texts, streams, now);
	else if (streams_progress(streams, SWF_HEARTBEAT_DETAILS_MAX,
		     &texts->details) == -1)
		return NULL;
	return texts->details.data;
}

/* ---- the reason ---- */

static void
add_signal(struct buf *out, const char *before, int signal)
{
	char name[SIGNAME_TEXT];

	signame_format(signal, name);
	(void)buf_format(out, "%s%s", before, name);
}

static void
add_death(const struct texts *texts, struct buf *out,
    const struct activity_exit *exit)
{
	add_signal(out, "killed by ", exit->signal);
	if (exit->core)
		(void)buf_string(out, " (core dumped)");
	if (exit->signal == SIGKILL && texts->oom_before >= 0 &&
	    oom_kills() > texts->oom_before)
		(void)buf_string(out, " (the kernel ended a process of this "
				      "cgroup for want of memory)");
}

static void
add_length(struct buf *out, const char *before, int64_t length,
    const char *after)
{
	char text[DURATION_TEXT];

	duration_format(length, text);
	(void)buf_format(out, "%s%s%s", before, text, after);
}

/* A name that is too long for SWF is cut, so that the error is not. */
static void
add_exec_error(const struct texts *texts, struct buf *out, int error)
{
	struct buf name = BUF_INIT(LARGEST_TEXT);
	const char *text = strerror(error);
	const char *command = texts->argv[0];
	size_t units =
	    SWF_REASON_MAX - strlen("cannot execute : ") - strlen(text);

	if (strlen(command) > LARGEST_TEXT / UTF8_BYTES_PER_UNIT)
		command += strlen(command) - LARGEST_TEXT / UTF8_BYTES_PER_UNIT;
	(void)buf_string(out, "cannot execute ");
	if (utf8_repair(&name, command, strlen(command)) == 0 && name.len > 0)
		(void)utf8_cut(out, name.data, name.len, units, UTF8_TAIL);
	(void)buf_format(out, ": %s", text);
	buf_clear(&name);
}

static void
add_cause(const struct texts *texts, struct buf *out,
    const struct activity_outcome *outcome)
{
	switch (outcome->cause) {
	case ACTIVITY_CAUSE_EXIT:
		(void)buf_format(out, "exit status %d", outcome->exit.status);
		return;
	case ACTIVITY_CAUSE_SIGNAL:
		add_death(texts, out, &outcome->exit);
		return;
	case ACTIVITY_CAUSE_CANCEL:
		(void)buf_string(out, "cancel requested");
		return;
	case ACTIVITY_CAUSE_STOPPED:
		add_signal(out, "stopped: tend received ",
		    outcome->stop_signal);
		return;
	case ACTIVITY_CAUSE_STALLED:
		add_length(out, "no progress for ",
		    texts->options->stall_timeout, "");
		return;
	case ACTIVITY_CAUSE_TIME_LIMIT:
		add_length(out, "time limit of ", texts->options->time_limit,
		    " exceeded");
		return;
	case ACTIVITY_CAUSE_CLOSING:
		add_length(out, "start-to-close timeout of ",
		    texts->start_to_close, " is about to end");
		return;
	case ACTIVITY_CAUSE_GONE:
		(void)buf_string(out, "SWF has closed the task");
		return;
	case ACTIVITY_CAUSE_LEASE_LOST:
		add_length(out, "no heartbeat accepted within the timeout of ",
		    texts->heartbeat_timeout, "");
		return;
	case ACTIVITY_CAUSE_EXEC_FAILED:
		add_exec_error(texts, out, outcome->error);
		return;
	case ACTIVITY_CAUSE_GUARD_LOST:
		(void)buf_string(out, "guard lost: tend-guard was killed");
		return;
	case ACTIVITY_CAUSE_UNKILLABLE:
		(void)buf_string(out, "still alive 30s after SIGKILL");
		return;
	case ACTIVITY_CAUSE_UNREACHABLE:
		(void)buf_string(out, "the service cannot be reached");
		return;
	case ACTIVITY_CAUSE_REFUSED:
		(void)buf_string(out, "the first heartbeat was refused");
		return;
	case ACTIVITY_CAUSE_NONE:
		(void)buf_string(out, "unknown");
		return;
	}
}

/* Makes "out" hold valid text of at most "units" units. */
static void
trim(struct buf *out, size_t units)
{
	struct buf repaired = BUF_INIT((size_t)LARGEST_TEXT * 3);

	if (utf8_repair(&repaired, out->data, out->len) == 0) {
		buf_reset(out);
		(void)utf8_cut(out, repaired.data, repaired.len, units,
		    UTF8_HEAD);
	}
	buf_clear(&repaired);
}

/* The command has done its part, and its result cannot be told. */
static bool
result_refused(const struct texts *texts,
    const struct activity_outcome *outcome)
{
	return texts_kind(texts, outcome) != outcome->kind;
}

const char *
texts_cause(struct texts *texts, const struct activity_outcome *outcome)
{
	buf_reset(&texts->reason);
	if (result_refused(texts, outcome))
		(void)buf_string(&texts->reason, texts->refusal.text);
	else
		add_cause(texts, &texts->reason, outcome);
	trim(&texts->reason, SWF_REASON_MAX);
	return texts->reason.data;
}

/* ---- failure details ---- */

static void
make_failure(struct texts *texts, const struct streams *streams, int64_t now)
{
	struct buf tail = BUF_INIT((size_t)LARGEST_TEXT * 3);
	struct buf *out = &texts->failure;
	const char *details = texts_details(texts, streams, now);
	size_t used;

	buf_reset(out);
	if (details != NULL)
		(void)buf_string(out, details);
	if (streams_stderr(streams, &tail) == 0 && tail.len > 0) {
		(void)buf_string(out,
		    details != NULL ? "\n\nstderr:\n" : "stderr:\n");
		used = utf8_units(out->data, out->len);
		(void)utf8_cut(out, tail.data, tail.len, SWF_DETAILS_MAX - used,
		    UTF8_TAIL);
	}
	buf_clear(&tail);
}

/* ---- the result ---- */

/* The result does not fit: the report becomes a failure that says so. */
static void
refuse_result(struct texts *texts, const struct err *problem)
{
	texts->refusal = *problem;
	texts->report.kind = ACTIVITY_KIND_FAILED;
	texts->report.result = NULL;
}

static void
refuse_size(struct texts *texts, unsigned long long size, const char *unit)
{
	struct err problem;

	(void)err_set(&problem,
	    "result of %llu %s is over SWF's limit of %d "
	    "characters",
	    size, unit, SWF_RESULT_MAX);
	refuse_result(texts, &problem);
}

/* Takes "raw" as the result if it fits. */
static void
take_whole(struct texts *texts, const struct buf *raw, uint64_t bytes)
{
	size_t units;

	buf_reset(&texts->result);
	if (bytes > raw->len ||
	    utf8_repair(&texts->result, raw->data, raw->len) == -1) {
		refuse_size(texts, bytes, "bytes");
		return;
	}
	units = raw->len == 0
		    ? 0
		    : utf8_units(texts->result.data, texts->result.len);
	if (units > SWF_RESULT_MAX)
		refuse_size(texts, units, "characters");
	else
		texts->report.result = raw->len == 0 ? "" : texts->result.data;
}

/* The path is the command's to make what it likes: only a file is read. */
static int
open_result(const char *path, struct stat *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd == -1)
		return -1;
	if (fstat(fd, status) == 0 && S_ISREG(status->st_mode))
		return fd;
	(void)close(fd);
	errno = EINVAL;
	return -1;
}

/* "errno" says why. */
static void
refuse_unreadable(struct texts *texts)
{
	struct err problem;

	(void)err_errno(&problem, "the result file cannot be read");
	refuse_result(texts, &problem);
}

static void
read_file(struct texts *texts, int fd, const struct stat *status)
{
	struct buf raw = BUF_INIT(LARGEST_TEXT);
	ssize_t n = pread(fd, buf_reserve(&raw, LARGEST_TEXT), LARGEST_TEXT, 0);

	if (n == -1) {
		refuse_unreadable(texts);
	} else {
		buf_commit(&raw, (size_t)n);
		take_whole(texts, &raw, (uint64_t)status->st_size);
	}
	buf_clear(&raw);
}

static void
take_file(struct texts *texts)
{
	struct stat status;
	int fd = open_result(texts->result_file, &status);

	/* It wrote none: completed without a result. */
	if (fd == -1 && errno == ENOENT)
		return;
	if (fd == -1) {
		refuse_unreadable(texts);
		return;
	}
	if (status.st_size > 0 || texts->options->run_as == NULL)
		read_file(texts, fd, &status);
	(void)close(fd);
}

static void
take_result(struct texts *texts, const struct streams *streams)
{
	switch (texts->options->result) {
	case RESULT_LAST_LINE:
		buf_reset(&texts->result);
		if (streams_last_line(streams, SWF_RESULT_MAX,
			&texts->result) == 0)
			texts->report.result = texts->result.data;
		return;
	case RESULT_STDOUT:
		take_whole(texts, streams_stdout(streams),
		    streams_stdout_size(streams));
		return;
	case RESULT_FILE:
		take_file(texts);
		return;
	case RESULT_NONE:
		return;
	}
}

/* ---- the report ---- */

const struct texts_report *
texts_report(struct texts *texts, const struct streams *streams,
    const struct activity_outcome *outcome, bool minimal, int64_t now)
{
	struct texts_report *report = &texts->report;

	*report = (struct texts_report){ .kind = outcome->kind };
	if (minimal) {
		if (report->kind == ACTIVITY_KIND_FAILED)
			report->reason = texts_cause(texts, outcome);
		return report;
	}
	if (report->kind == ACTIVITY_KIND_COMPLETED)
		take_result(texts, streams);
	else if (report->kind != ACTIVITY_KIND_FAILED)
		report->details = texts_details(texts, streams, now);
	if (report->kind == ACTIVITY_KIND_FAILED) {
		report->reason = texts_cause(texts, outcome);
		make_failure(texts, streams, now);
		report->details =
		    texts->failure.len == 0 ? NULL : texts->failure.data;
	}
	return report;
}

/* ---- for people ---- */

static const char *
delivery_text(enum activity_delivery delivery)
{
	switch (delivery) {
	case ACTIVITY_DELIVERY_TAKEN:
		return "";
	case ACTIVITY_DELIVERY_ASSUMED:
		return "; SWF did not confirm it, but the task is closed: "
		       "assumed delivered";
	case ACTIVITY_DELIVERY_REFUSED:
		return "; SWF refused the report";
	case ACTIVITY_DELIVERY_GONE:
		return "; SWF had closed the task before";
	case ACTIVITY_DELIVERY_UNKNOWN:
		return "; SWF did not confirm it in time, and may have it "
		       "or not";
	case ACTIVITY_DELIVERY_NONE:
		break;
	}
	return "; SWF could not be told";
}

enum activity_kind
texts_kind(const struct texts *texts, const struct activity_outcome *outcome)
{
	if (outcome->kind == ACTIVITY_KIND_COMPLETED &&
	    texts->report.kind == ACTIVITY_KIND_FAILED)
		return ACTIVITY_KIND_FAILED;
	return outcome->kind;
}

void
texts_log_outcome(struct texts *texts, const struct activity_outcome *outcome)
{
	static const char *const verbs[] = {
		[ACTIVITY_KIND_NONE] = "nothing reported",
		[ACTIVITY_KIND_COMPLETED] = "completed",
		[ACTIVITY_KIND_FAILED] = "failed",
		[ACTIVITY_KIND_CANCELED] = "canceled",
	};
	enum activity_kind kind = texts_kind(texts, outcome);
	const char *after =
	    kind == ACTIVITY_KIND_NONE ? "" : delivery_text(outcome->delivery);

	if (kind == ACTIVITY_KIND_NONE || result_refused(texts, outcome) ||
	    (*after != '\0' && outcome->delivery != ACTIVITY_DELIVERY_ASSUMED))
		log_error("%s%s: %s%s", texts->label, verbs[kind],
		    texts_cause(texts, outcome), after);
	else
		log_info("%s%s: %s%s", texts->label, verbs[kind],
		    texts_cause(texts, outcome), after);
}
