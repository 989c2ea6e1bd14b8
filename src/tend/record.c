/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "text/json.h"
#include "text/signame.h"

enum { LONGEST_LINE = 65536 };

static const char *const outcome_words[] = {
	[ACTIVITY_KIND_NONE] = "none",
	[ACTIVITY_KIND_COMPLETED] = "completed",
	[ACTIVITY_KIND_FAILED] = "failed",
	[ACTIVITY_KIND_CANCELED] = "canceled",
};

static const char *const cause_words[] = {
	[ACTIVITY_CAUSE_NONE] = "unknown",
	[ACTIVITY_CAUSE_EXIT] = "exit",
	[ACTIVITY_CAUSE_SIGNAL] = "signal",
	[ACTIVITY_CAUSE_CANCEL] = "cancel",
	[ACTIVITY_CAUSE_STOPPED] = "stopped",
	[ACTIVITY_CAUSE_STALLED] = "stalled",
	[ACTIVITY_CAUSE_TIME_LIMIT] = "time-limit",
	[ACTIVITY_CAUSE_CLOSING] = "start-to-close",
	[ACTIVITY_CAUSE_GONE] = "gone",
	[ACTIVITY_CAUSE_LEASE_LOST] = "lease-lost",
	[ACTIVITY_CAUSE_EXEC_FAILED] = "exec-failed",
	[ACTIVITY_CAUSE_GUARD_LOST] = "guard-lost",
	[ACTIVITY_CAUSE_UNKILLABLE] = "unkillable",
	[ACTIVITY_CAUSE_UNREACHABLE] = "unreachable",
	[ACTIVITY_CAUSE_REFUSED] = "refused",
};

static const char *const delivery_words[] = {
	[ACTIVITY_DELIVERY_NONE] = "no",
	[ACTIVITY_DELIVERY_TAKEN] = "yes",
	[ACTIVITY_DELIVERY_ASSUMED] = "assumed",
	[ACTIVITY_DELIVERY_REFUSED] = "refused",
	[ACTIVITY_DELIVERY_GONE] = "gone",
	[ACTIVITY_DELIVERY_UNKNOWN] = "unknown",
};

/*
 * Opening a FIFO waits for its reader.  Later one that reads no more would
 * hold up all heartbeats; what was opened here is shared with nobody.
 */
int
record_file_open(struct record_file *file, const struct options *options,
    struct err *err)
{
	*file = (struct record_file){ -1, options->outcome_file };
	if (file->path == NULL)
		return 0;
	file->fd = open(file->path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	if (file->fd == -1)
		return err_errno(err, "--outcome: cannot write %s", file->path);
	(void)fcntl(file->fd, F_SETFL, O_APPEND | O_NONBLOCK);
	return 0;
}

void
record_file_close(struct record_file *file)
{
	if (file->fd != -1)
		(void)close(file->fd);
	file->fd = -1;
}

void
record_init(struct record *record, const struct record_file *file,
    const struct swf_task *task)
{
	*record = (struct record){
		.file = file,
		.task = task,
		.started_at = -1,
		.exited_at = -1,
		.user_us = -1,
	};
}

void
record_started(struct record *record, int pid)
{
	record->pid = pid;
	record->started_at = clock_wall();
}

void
record_exited(struct record *record)
{
	record->exited_at = clock_wall();
}

void
record_usage(struct record *record, const struct guard_message *empty)
{
	record->user_us = empty->user_us;
	record->system_us = empty->system_us;
	record->max_rss_kib = empty->max_rss_kib;
}

static void
add_text(struct buf *line, const char *name, const char *value)
{
	(void)buf_format(line, ",\"%s\":", name);
	(void)json_string_or_null(line, value);
}

static void
add_time(struct buf *line, const char *name, int64_t wall_ms)
{
	char text[CLOCK_TEXT];

	if (wall_ms >= 0)
		clock_format(wall_ms, text);
	add_text(line, name, wall_ms < 0 ? NULL : text);
}

static void
add_exit(struct buf *line, const struct activity_exit *exit)
{
	char name[SIGNAME_TEXT];
	int signal = exit->known ? exit->signal : 0;

	if (exit->known && exit->status >= 0)
		(void)buf_format(line, ",\"exitStatus\":%d", exit->status);
	else
		(void)buf_string(line, ",\"exitStatus\":null");
	if (signal != 0)
		signame_format(signal, name);
	add_text(line, "signal", signal != 0 ? name : NULL);
	(void)buf_format(line, ",\"coreDumped\":%s",
	    exit->core ? "true" : "false");
	(void)buf_format(line, ",\"killed\":%s",
	    exit->forced ? "true" : "false");
}

static void
add_times(struct buf *line, const struct record *record)
{
	add_time(line, "started", record->started_at);
	add_time(line, "exited", record->exited_at);
	add_time(line, "ended", clock_wall());
	if (record->user_us < 0)
		return;
	(void)buf_format(line,
	    ",\"userSeconds\":%.6f,\"systemSeconds\":%.6f,"
	    "\"maxRssKiB\":%lld",
	    (double)record->user_us / 1e6, (double)record->system_us / 1e6,
	    (long long)record->max_rss_kib);
}

static void
add_task(struct buf *line, const struct swf_task *task)
{
	add_text(line, "activityId", task->activity_id);
	add_text(line, "workflowId", task->workflow_id);
	add_text(line, "runId", task->run_id);
}

void
record_write(struct record *record, const struct activity_outcome *outcome,
    enum activity_kind told, const char *reason, int exit_status)
{
	struct buf line = BUF_INIT(LONGEST_LINE);

	if (record->file->fd == -1)
		return;
	(void)buf_format(&line, "{\"outcome\":\"%s\",\"cause\":\"%s\"",
	    outcome_words[told], cause_words[outcome->cause]);
	add_text(&line, "reason", reason);
	add_text(&line, "delivered", delivery_words[outcome->delivery]);
	add_exit(&line, &outcome->exit);
	(void)buf_format(&line, ",\"tendExitStatus\":%d", exit_status);
	if (record->pid != 0)
		(void)buf_format(&line, ",\"pid\":%d", record->pid);
	add_times(&line, record);
	add_task(&line, record->task);
	(void)buf_string(&line, "}\n");
	if (write(record->file->fd, line.data, line.len) != (ssize_t)line.len)
		log_error("--outcome: cannot write %s: %s", record->file->path,
		    strerror(errno));
	buf_clear(&line);
}
