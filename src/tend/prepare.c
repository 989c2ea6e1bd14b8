/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/prepare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/swf_answers.h"
#include "aws/swf_requests.h"
#include "aws/wire.h"
#include "base/instant.h"
#include "base/log.h"
#include "tend/fault.h"

enum {
	/* ms; nothing is waited for yet, so a service that cannot be reached
	 * is an error before long. */
	CALL_TIMEOUT = 10 * 1000,
	PATIENCE = 60 * 1000,
	/* Lists of executions are late by some seconds. */
	SEARCHES = 4,
	SEARCH_PAUSE = 1500
};

/* A decision task that was lost comes again after so many seconds. */
#define DECISION_TIMEOUT "15"
/* Days that closed executions are kept, in a domain made here. */
#define RETENTION "7"

enum step {
	REGISTER_ACTIVITY_TYPE,
	REGISTER_WORKFLOW_TYPE,
	REGISTER_DOMAIN,
	START,
	FIND_STARTED,
	FIND_OPEN,
	FIND_CLOSED
};

static const enum swf_operation operations[] = {
	[REGISTER_ACTIVITY_TYPE] = SWF_REGISTER_ACTIVITY_TYPE,
	[REGISTER_WORKFLOW_TYPE] = SWF_REGISTER_WORKFLOW_TYPE,
	[REGISTER_DOMAIN] = SWF_REGISTER_DOMAIN,
	[START] = SWF_START_EXECUTION,
	[FIND_STARTED] = SWF_LIST_OPEN_EXECUTIONS,
	[FIND_OPEN] = SWF_LIST_OPEN_EXECUTIONS,
	[FIND_CLOSED] = SWF_LIST_CLOSED_EXECUTIONS,
};

static const struct swf_type workflow_type = { ORDER_WORKFLOW_NAME,
	ORDER_WORKFLOW_VERSION };

static void
end(struct prepare *prepare, enum prepare_end how)
{
	prepare->end = how;
	prepare->setup.done(prepare->setup.arg);
}

static void
refuse(struct prepare *prepare, const struct swf_answer *answer)
{
	fault_text(operations[prepare->step], answer, &prepare->problem);
	end(prepare, PREPARE_FAILED);
}

/* A domain or a type, which may not be registered. */
static void
refuse_missing(struct prepare *prepare, const struct swf_answer *answer)
{
	struct err problem;

	fault_text(operations[prepare->step], answer, &problem);
	(void)err_set(&prepare->problem,
	    "%s: register it, or leave --no-register out", problem.text);
	end(prepare, PREPARE_FAILED);
}

/* ---- requests ---- */

static void
start_request(const struct prepare *prepare, struct buf *request)
{
	char seconds[ORDER_SECONDS_TEXT];
	char terms[ORDER_TERMS_TEXT];
	struct swf_start start = {
		.domain = prepare->setup.domain,
		.workflow_id = prepare->setup.workflow_id,
		.type = workflow_type,
		.task_list = prepare->setup.decision_list,
		.input = prepare->setup.order->input,
		.execution_timeout = seconds,
		.decision_timeout = DECISION_TIMEOUT,
		.child_policy = "TERMINATE",
	};

	order_seconds(prepare->setup.time_limit, seconds);
	order_terms(prepare->setup.order, terms);
	order_tags(prepare->setup.order, terms, &start);
	swf_request_start(request, &start);
}

/* With defaults, so that it can be scheduled without further ado. */
static void
activity_type_request(const struct prepare *prepare, struct buf *request)
{
	static const struct swf_timeouts none = { "NONE", "NONE", "NONE",
		"NONE" };
	const struct swf_type type = { prepare->setup.order->name,
		prepare->setup.order->version };

	swf_request_register_activity(request, prepare->setup.domain, &type,
	    ORDER_TASK_LIST, &none);
}

static void
make_request(const struct prepare *prepare, enum step step, struct buf *request)
{
	const char *domain = prepare->setup.domain;

	switch (step) {
	case REGISTER_ACTIVITY_TYPE:
		activity_type_request(prepare, request);
		break;
	case REGISTER_WORKFLOW_TYPE:
		swf_request_register_type(request, domain, &workflow_type);
		break;
	case REGISTER_DOMAIN:
		swf_request_register_domain(request, domain, RETENTION);
		break;
	case START:
		start_request(prepare, request);
		break;
	case FIND_STARTED:
	case FIND_OPEN:
	case FIND_CLOSED:
		swf_request_list(request, domain, prepare->setup.workflow_id,
		    1);
		break;
	}
}

static void on_answer(void *arg, const struct swf_answer *answer);

static void
go(struct prepare *prepare, enum step step)
{
	const struct ask_kind kind = { operations[step], CALL_TIMEOUT,
		PATIENCE };
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);

	prepare->step = (int)step;
	if (step == START)
		prepare->may_be_started = true;
	make_request(prepare, step, &request);
	ask_start(&prepare->ask, prepare->setup.asker, &kind, &request,
	    on_answer, prepare);
}

/* ---- registering ---- */

static bool
has_code(const struct swf_answer *answer, const char *code)
{
	return strcmp(answer->code, code) == 0;
}

/* Of a domain or of a type: it is there now, or was there already. */
static bool
is_registered(const struct swf_answer *answer)
{
	return answer->class == SWF_OK ||
	       has_code(answer, "TypeAlreadyExistsFault") ||
	       has_code(answer, "DomainAlreadyExistsFault");
}

static void
on_activity_type(struct prepare *prepare, const struct swf_answer *answer)
{
	const struct order *order = prepare->setup.order;

	if (is_registered(answer)) {
		if (answer->class == SWF_OK)
			log_info("activity type %s:%s was missing and is "
				 "registered",
			    order->name, order->version);
		go(prepare, START);
	} else if (answer->class == SWF_GONE && !prepare->has_domain) {
		go(prepare, REGISTER_DOMAIN);
	} else if (fault_is_denial(answer) && !prepare->has_domain) {
		fault_text(SWF_REGISTER_ACTIVITY_TYPE, answer,
		    &prepare->denied);
		go(prepare, START);
	} else {
		refuse(prepare, answer);
	}
}

static void
on_workflow_type(struct prepare *prepare, const struct swf_answer *answer)
{
	if (is_registered(answer)) {
		prepare->has_workflow_type = true;
		go(prepare, START);
	} else if (answer->class == SWF_GONE && !prepare->has_domain) {
		go(prepare, REGISTER_DOMAIN);
	} else {
		refuse(prepare, answer);
	}
}

static void
on_domain(struct prepare *prepare, const struct swf_answer *answer)
{
	if (!is_registered(answer)) {
		refuse(prepare, answer);
		return;
	}
	if (answer->class == SWF_OK)
		log_info("domain %s was missing and is registered",
		    prepare->setup.domain);
	prepare->has_domain = true;
	go(prepare, REGISTER_ACTIVITY_TYPE);
}

/* ---- starting ---- */

static void
on_started(struct prepare *prepare, const struct swf_answer *answer)
{
	prepare->run_id =
	    swf_run_id_parse(answer->body, answer->body_len, NULL);
	log_info("workflow %s started in domain %s", prepare->setup.workflow_id,
	    prepare->setup.domain);
	end(prepare, PREPARE_READY);
}

/*
 * The one that is open.  It may not be listed yet, or the list be denied:
 * then its decision task tells the run.
 */
static void
on_started_list(struct prepare *prepare, const struct swf_answer *answer)
{
	struct swf_execution found = { 0 };

	if (answer->class == SWF_OK)
		(void)swf_execution_parse_first(&found, answer->body,
		    answer->body_len, NULL);
	prepare->run_id = found.run_id;
	found.run_id = NULL;
	swf_execution_clear(&found);
	log_info("workflow %s is open in domain %s; an attempt to start it was "
		 "not answered",
	    prepare->setup.workflow_id, prepare->setup.domain);
	end(prepare, PREPARE_READY);
}

static void
on_start(struct prepare *prepare, const struct swf_answer *answer)
{
	bool exists = has_code(answer, "WorkflowExecutionAlreadyStartedFault");

	if (answer->class == SWF_OK) {
		on_started(prepare, answer);
		return;
	}
	/* After an attempt without an answer it may have been that attempt. */
	if (exists && prepare->ask.unsure) {
		prepare->doubtful = true;
		go(prepare, FIND_STARTED);
		return;
	}
	prepare->may_be_started = prepare->ask.unsure;
	if (exists) {
		(void)err_set(&prepare->problem,
		    "workflow %s is open already; --attach takes it up",
		    prepare->setup.workflow_id);
		end(prepare, PREPARE_FAILED);
	} else if (answer->class == SWF_GONE && prepare->setup.no_register) {
		refuse_missing(prepare, answer);
	} else if (answer->class == SWF_GONE && !prepare->has_workflow_type) {
		go(prepare, REGISTER_WORKFLOW_TYPE);
	} else {
		refuse(prepare, answer);
	}
}

/* ---- finding ---- */

static void
on_search_timer(void *arg)
{
	go(arg, FIND_OPEN);
}

/* Neither open nor closed: perhaps not yet. */
static void
search_again(struct prepare *prepare)
{
	struct loop *loop = prepare->setup.asker->loop;

	if (++prepare->searches < SEARCHES) {
		loop_timer_set(loop, &prepare->search_timer,
		    instant_add(loop_now(loop), SEARCH_PAUSE));
		return;
	}
	(void)err_set(&prepare->problem,
	    "--attach: there is no workflow %s in domain %s, neither open nor "
	    "closed",
	    prepare->setup.workflow_id, prepare->setup.domain);
	end(prepare, PREPARE_FAILED);
}

static void
on_list(struct prepare *prepare, const struct swf_answer *answer)
{
	struct swf_execution found;

	if (answer->class != SWF_OK) {
		refuse(prepare, answer);
		return;
	}
	if (swf_execution_parse_first(&found, answer->body, answer->body_len,
		&prepare->problem) == -1) {
		end(prepare, PREPARE_FAILED);
	} else if (found.run_id != NULL) {
		prepare->run_id = found.run_id;
		found.run_id = NULL;
		end(prepare, PREPARE_READY);
	} else if (prepare->step == FIND_OPEN) {
		go(prepare, FIND_CLOSED);
	} else {
		search_again(prepare);
	}
	swf_execution_clear(&found);
}

/* ---- life ---- */

static void
on_answer(void *arg, const struct swf_answer *answer)
{
	struct prepare *prepare = arg;

	switch ((enum step)prepare->step) {
	case REGISTER_ACTIVITY_TYPE:
		on_activity_type(prepare, answer);
		break;
	case REGISTER_WORKFLOW_TYPE:
		on_workflow_type(prepare, answer);
		break;
	case REGISTER_DOMAIN:
		on_domain(prepare, answer);
		break;
	case START:
		on_start(prepare, answer);
		break;
	case FIND_STARTED:
		on_started_list(prepare, answer);
		break;
	case FIND_OPEN:
	case FIND_CLOSED:
		on_list(prepare, answer);
		break;
	}
}

void
prepare_start(struct prepare *prepare, const struct prepare_setup *setup)
{
	*prepare = (struct prepare){ .setup = *setup };
	prepare->search_timer.call = on_search_timer;
	prepare->search_timer.arg = prepare;
	if (setup->order == NULL)
		go(prepare, FIND_OPEN);
	else if (setup->no_register)
		go(prepare, START);
	else
		go(prepare, REGISTER_ACTIVITY_TYPE);
}

void
prepare_stop(struct prepare *prepare)
{
	ask_stop(&prepare->ask);
	if (prepare->setup.asker != NULL)
		loop_timer_set(prepare->setup.asker->loop,
		    &prepare->search_timer, INSTANT_NEVER);
}

void
prepare_clear(struct prepare *prepare)
{
	prepare_stop(prepare);
	free(prepare->run_id);
	prepare->run_id = NULL;
}
