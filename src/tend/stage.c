/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "aws/endpoint.h"
#include "aws/swf.h"
#include "aws/swf_answers.h"
#include "aws/swf_requests.h"
#include "base/buf.h"
#include "base/instant.h"
#include "base/mem.h"
#include "process/companion.h"
#include "tend/loop.h"

/* What everything is called in there. */
#define WORKFLOW_ID   "try"
#define ACTIVITY_ID   "command"
#define DECISION_LIST "decisions"
#define ACTIVITY_LIST "commands"
#define IDENTITY      "tend try"

enum {
	REQUEST_MAX = 1024 * 1024,
	CALL_TIMEOUT = 30 * 1000, /* ms; nothing here waits for anybody */
	SECONDS_TEXT = 24,
	EVENTS_MAX = 1000
};

static const struct swf_type workflow_type = { "try", "1" };
static const struct swf_type activity_type = { "command", "1" };

/* One call, and what becomes of its answer. */
struct act {
	enum swf_operation operation;
	void (*request)(const struct stage *, struct buf *out);
	int (*answered)(struct stage *, const struct swf_answer *answer,
	    struct err *err); /* NULL: there is nothing in it */
};

struct stage {
	struct stage_setup setup;
	struct companion *companion;
	struct loop_watch *watch;
	bool ended; /* the companion has */
	struct endpoint endpoint;
	struct swf_client *client;
	struct swf_call *call; /* in flight, or NULL */
	const struct act *act; /* the call's; NULL: nothing is being done */
	const struct act *end;
	stage_done *done;
	void *arg;
	char *run_id;
	struct swf_decision_task decision;
	struct swf_task task;
	struct swf_history history;
};

/* ---- the calls ---- */

/* "60" or "NONE". */
static void
format_seconds(int64_t length, char text[SECONDS_TEXT])
{
	if (length == INSTANT_NEVER)
		(void)snprintf(text, SECONDS_TEXT, "NONE");
	else
		(void)snprintf(text, SECONDS_TEXT, "%lld",
		    (long long)(length / 1000));
}

static void
request_domain(const struct stage *stage, struct buf *out)
{
	(void)stage;
	swf_request_register_domain(out, STAGE_DOMAIN, "NONE");
}

static void
request_workflow_type(const struct stage *stage, struct buf *out)
{
	(void)stage;
	swf_request_register_type(out, STAGE_DOMAIN, &workflow_type);
}

static void
request_activity_type(const struct stage *stage, struct buf *out)
{
	(void)stage;
	swf_request_register_type(out, STAGE_DOMAIN, &activity_type);
}

static void
request_start(const struct stage *stage, struct buf *out)
{
	const struct swf_start start = {
		.domain = STAGE_DOMAIN,
		.workflow_id = WORKFLOW_ID,
		.type = workflow_type,
		.task_list = DECISION_LIST,
		.execution_timeout = "31536000",
		.decision_timeout = "NONE",
		.child_policy = "TERMINATE",
	};

	(void)stage;
	swf_request_start(out, &start);
}

static int
read_start(struct stage *stage, const struct swf_answer *answer,
    struct err *err)
{
	free(stage->run_id);
	stage->run_id = swf_run_id_parse(answer->body, answer->body_len, err);
	return stage->run_id == NULL ? -1 : 0;
}

static void
request_poll_decision(const struct stage *stage, struct buf *out)
{
	(void)stage;
	swf_request_poll_decision(out, STAGE_DOMAIN, DECISION_LIST, IDENTITY,
	    1);
}

static int
read_decision(struct stage *stage, const struct swf_answer *answer,
    struct err *err)
{
	swf_decision_task_clear(&stage->decision);
	if (swf_decision_task_parse(&stage->decision, answer->body,
		answer->body_len, err) == -1)
		return -1;
	if (stage->decision.token == NULL)
		return err_set(err, "there is no decision task");
	return 0;
}

static void
request_schedule(const struct stage *stage, struct buf *out)
{
	char heartbeat[SECONDS_TEXT], start_to_close[SECONDS_TEXT];
	const struct swf_decision decision = {
		.kind = SWF_SCHEDULE_ACTIVITY,
		.activity_id = ACTIVITY_ID,
		.type = activity_type,
		.task_list = ACTIVITY_LIST,
		.input = stage->setup.input,
		.timeouts = {
			.schedule_to_start = "NONE",
			.schedule_to_close = "NONE",
			.start_to_close = start_to_close,
			.heartbeat = heartbeat,
		},
	};

	format_seconds(stage->setup.heartbeat_timeout, heartbeat);
	format_seconds(stage->setup.start_to_close, start_to_close);
	swf_request_decide(out, stage->decision.token, &decision, 1);
}

static void
request_poll_activity(const struct stage *stage, struct buf *out)
{
	(void)stage;
	swf_request_poll_activity(out, STAGE_DOMAIN, ACTIVITY_LIST, IDENTITY);
}

static int
read_task(struct stage *stage, const struct swf_answer *answer, struct err *err)
{
	swf_task_clear(&stage->task);
	return swf_task_parse(&stage->task, answer->body, answer->body_len,
	    err);
}

static void
request_cancel(const struct stage *stage, struct buf *out)
{
	swf_request_cancel(out, STAGE_DOMAIN, WORKFLOW_ID, stage->run_id);
}

static void
request_pass_cancel(const struct stage *stage, struct buf *out)
{
	const struct swf_decision decision = {
		.kind = SWF_REQUEST_CANCEL_ACTIVITY,
		.activity_id = ACTIVITY_ID,
	};

	swf_request_decide(out, stage->decision.token, &decision, 1);
}

static void
request_history(const struct stage *stage, struct buf *out)
{
	swf_request_history(out, STAGE_DOMAIN, WORKFLOW_ID, stage->run_id,
	    EVENTS_MAX, false, NULL);
}

static int
read_history(struct stage *stage, const struct swf_answer *answer,
    struct err *err)
{
	swf_history_clear(&stage->history);
	return swf_history_parse(&stage->history, answer->body,
	    answer->body_len, err);
}

/* ---- one after the other ---- */

static const struct act setting[] = {
	{ SWF_REGISTER_DOMAIN, request_domain, NULL },
	{ SWF_REGISTER_WORKFLOW_TYPE, request_workflow_type, NULL },
	{ SWF_REGISTER_ACTIVITY_TYPE, request_activity_type, NULL },
	{ SWF_START_EXECUTION, request_start, read_start },
	{ SWF_POLL_DECISION, request_poll_decision, read_decision },
	{ SWF_RESPOND_DECISION, request_schedule, NULL },
	{ SWF_POLL_ACTIVITY, request_poll_activity, read_task },
};

static const struct act canceling[] = {
	{ SWF_REQUEST_CANCEL_EXECUTION, request_cancel, NULL },
	{ SWF_POLL_DECISION, request_poll_decision, read_decision },
	{ SWF_RESPOND_DECISION, request_pass_cancel, NULL },
};

static const struct act telling[] = {
	{ SWF_GET_HISTORY, request_history, read_history },
};

static void
finish(struct stage *stage, const struct err *problem)
{
	stage->act = NULL;
	stage->done(stage->arg, problem);
}

static void do_act(struct stage *stage);

static void
on_answer(void *arg, const struct swf_answer *answer)
{
	struct stage *stage = arg;
	const struct act *act = stage->act;
	struct err problem, text;

	stage->call = NULL;
	if (answer->class != SWF_OK)
		(void)err_set(&text, "%s%s%s", answer->code,
		    answer->code[0] != '\0' ? ": " : "", answer->message);
	else if (act->answered == NULL ||
		 act->answered(stage, answer, &text) == 0) {
		stage->act++;
		do_act(stage);
		return;
	}
	(void)err_set(&problem, "%s: %s", swf_operation_name(act->operation),
	    text.text);
	finish(stage, &problem);
}

static void
do_act(struct stage *stage)
{
	struct buf request = BUF_INIT(REQUEST_MAX);
	struct err problem;

	if (stage->act == stage->end) {
		finish(stage, NULL);
		return;
	}
	stage->act->request(stage, &request);
	stage->call = swf_send(stage->client, stage->act->operation, &request,
	    CALL_TIMEOUT, on_answer, stage, &problem);
	if (stage->call == NULL)
		finish(stage, &problem);
}

/* Begins; what is being done already is forgotten. */
static void
begin(struct stage *stage, const struct act *first, const struct act *end,
    stage_done *done, void *arg)
{
	struct err problem;

	swf_cancel(stage->call);
	stage->call = NULL;
	stage->act = first;
	stage->end = end;
	stage->done = done;
	stage->arg = arg;
	if (stage->ended) {
		(void)err_set(&problem, "swf-local has ended");
		finish(stage, &problem);
	} else if (stage->client != NULL) {
		do_act(stage);
	}
}

#define BEGIN(stage, acts, done, arg) \
	begin(stage, acts, (acts) + sizeof(acts) / sizeof((acts)[0]), done, arg)

void
stage_set(struct stage *stage, stage_done *done, void *arg)
{
	BEGIN(stage, setting, done, arg);
}

void
stage_cancel(struct stage *stage, stage_done *done, void *arg)
{
	BEGIN(stage, canceling, done, arg);
}

void
stage_tell(struct stage *stage, stage_done *done, void *arg)
{
	BEGIN(stage, telling, done, arg);
}

/* ---- the service ---- */

static int
open_client(struct stage *stage, int port, struct err *err)
{
	char url[64];
	const struct endpoint_wish wish = {
		.url = url,
		.url_source = "swf-local",
	};
	const struct swf_client_config config = {
		.http = stage->setup.http,
		.endpoint = &stage->endpoint,
	};

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
	if (endpoint_make(&stage->endpoint, &wish, err) == -1)
		return -1;
	stage->client = swf_client_new(&config);
	return 0;
}

static void
on_ready(struct stage *stage, int port)
{
	struct err problem;

	if (stage->client != NULL)
		return;
	if (open_client(stage, port, &problem) == 0)
		do_act(stage);
	else
		finish(stage, &problem);
}

static void
on_ended(struct stage *stage)
{
	struct err problem;

	loop_watch_on(stage->watch, false);
	stage->ended = true;
	if (stage->act != NULL) {
		swf_cancel(stage->call);
		stage->call = NULL;
		(void)err_set(&problem, "swf-local has ended");
		finish(stage, &problem);
	}
	stage->setup.lost(stage->setup.arg);
}

static void
on_companion(void *arg)
{
	struct stage *stage = arg;
	int port;

	switch (companion_read(stage->companion, &port)) {
	case COMPANION_STARTING:
		break;
	case COMPANION_READY:
		on_ready(stage, port);
		break;
	case COMPANION_ENDED:
		on_ended(stage);
		break;
	}
}

struct stage *
stage_new(const struct stage_setup *setup, struct err *err)
{
	struct stage *stage;
	char *path = companion_find(err);

	if (path == NULL)
		return NULL;
	stage = mem_new(1, sizeof(*stage));
	stage->setup = *setup;
	stage->companion = companion_start(path, setup->inherited, err);
	free(path);
	if (stage->companion != NULL)
		stage->watch = loop_watch(setup->loop,
		    companion_descriptor(stage->companion), on_companion, stage,
		    err);
	if (stage->watch != NULL)
		return stage;
	stage_free(stage);
	return NULL;
}

const char *
stage_url(const struct stage *stage)
{
	return stage->endpoint.url;
}

struct swf_client *
stage_client(const struct stage *stage)
{
	return stage->client;
}

const struct swf_task *
stage_task(const struct stage *stage)
{
	return &stage->task;
}

const struct swf_history *
stage_history(const struct stage *stage)
{
	return &stage->history;
}

void
stage_free(struct stage *stage)
{
	if (stage == NULL)
		return;
	swf_client_free(stage->client);
	loop_unwatch(stage->watch);
	companion_stop(stage->companion);
	swf_decision_task_clear(&stage->decision);
	swf_task_clear(&stage->task);
	swf_history_clear(&stage->history);
	free(stage->run_id);
	free(stage);
}
