/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/operations.h"

#include <stdlib.h>
#include <string.h>

#include "swf-local/activities.h"
#include "swf-local/decisions.h"
#include "swf-local/domains.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/history.h"
#include "swf-local/lists.h"
#include "swf-local/persist.h"
#include "swf-local/shapes.h"
#include "swf-local/signals.h"
#include "swf-local/tags.h"
#include "swf-local/types.h"
#include "swf-local/visibility.h"

/* The seeds of the fuzzer know them by their place: new ones go to the end. */
const struct operation operations[] = {
	{ "RegisterDomain", &shape_register_domain, domain_register },
	{ "RegisterWorkflowType", &shape_register_workflow_type,
	    type_register_workflow },
	{ "RegisterActivityType", &shape_register_activity_type,
	    type_register_activity },
	{ "StartWorkflowExecution", &shape_start_execution, execution_start },
	{ "DescribeWorkflowExecution", &shape_describe_execution,
	    execution_describe },
	{ "GetWorkflowExecutionHistory", &shape_get_history, history_get },
	{ "RequestCancelWorkflowExecution", &shape_request_cancel_execution,
	    cancel_execution },
	{ "TerminateWorkflowExecution", &shape_terminate_execution,
	    execution_terminate },
	{ "PollForDecisionTask", &shape_poll_decision, decision_poll },
	{ "RespondDecisionTaskCompleted", &shape_respond_decision,
	    decision_respond },
	{ "PollForActivityTask", &shape_poll_activity, activity_poll },
	{ "RecordActivityTaskHeartbeat", &shape_heartbeat, activity_heartbeat },
	{ "RespondActivityTaskCompleted", &shape_respond_completed,
	    activity_respond_completed },
	{ "RespondActivityTaskFailed", &shape_respond_failed,
	    activity_respond_failed },
	{ "RespondActivityTaskCanceled", &shape_respond_canceled,
	    activity_respond_canceled },
	{ "DescribeDomain", &shape_describe_domain, domain_describe },
	{ "ListDomains", &shape_list_domains, domain_list },
	{ "DeprecateDomain", &shape_describe_domain, domain_deprecate },
	{ "UndeprecateDomain", &shape_describe_domain, domain_undeprecate },
	{ "DescribeActivityType", &shape_activity_type,
	    type_describe_activity },
	{ "ListActivityTypes", &shape_list_types, type_list_activities },
	{ "DeprecateActivityType", &shape_activity_type,
	    type_deprecate_activity },
	{ "UndeprecateActivityType", &shape_activity_type,
	    type_undeprecate_activity },
	{ "DescribeWorkflowType", &shape_workflow_type,
	    type_describe_workflow },
	{ "ListWorkflowTypes", &shape_list_types, type_list_workflows },
	{ "DeprecateWorkflowType", &shape_workflow_type,
	    type_deprecate_workflow },
	{ "UndeprecateWorkflowType", &shape_workflow_type,
	    type_undeprecate_workflow },
	{ "TagResource", &shape_tag_resource, tags_add },
	{ "UntagResource", &shape_untag_resource, tags_remove },
	{ "ListTagsForResource", &shape_list_tags, tags_list },
	{ "ListOpenWorkflowExecutions", &shape_list_open,
	    visibility_list_open },
	{ "ListClosedWorkflowExecutions", &shape_list_closed,
	    visibility_list_closed },
	{ "CountOpenWorkflowExecutions", &shape_count_open,
	    visibility_count_open },
	{ "CountClosedWorkflowExecutions", &shape_count_closed,
	    visibility_count_closed },
	{ "CountPendingActivityTasks", &shape_count_pending,
	    list_count_activities },
	{ "CountPendingDecisionTasks", &shape_count_pending,
	    list_count_decisions },
	{ "SignalWorkflowExecution", &shape_signal_execution,
	    signal_execution },
};
const size_t operation_count = sizeof(operations) / sizeof(operations[0]);

enum { MESSAGE_MAX = 8 << 20 };

const struct operation *
operation_find(const char *name)
{
	for (size_t i = 0; i < operation_count; i++)
		if (strcmp(operations[i].name, name) == 0)
			return &operations[i];
	return NULL;
}

/* A poll has waited long enough: an empty answer. */
static void
poll_ended(void *arg, int64_t at)
{
	struct call *call = arg;
	struct service *service = call->service;
	struct buf *out = &call->out.body;
	enum task_kind kind = call->list->kind;

	(void)at;
	list_remove_poll(service, call);
	emit_object(out, NULL);
	if (kind == TASK_DECISION)
		emit_integer(out, "previousStartedEventId", 0);
	emit_integer(out, "startedEventId", 0);
	emit_object_end(out);
	service->host->answered(call, 0);
}

void
call_init(struct call *call, struct service *service,
    const struct operation *operation, const cJSON *in)
{
	*call = (struct call){
		.service = service, .operation = operation, .in = in
	};
	answer_init(&call->out);
	deadline_init(&call->hold, poll_ended, call);
}

void
call_clear(struct call *call)
{
	if (call->list != NULL)
		list_remove_poll(call->service, call);
	free(call->workflow_id);
	free(call->run_id);
	free(call->activity_id);
	call->workflow_id = call->run_id = call->activity_id = NULL;
	answer_clear(&call->out);
}

int
call_do(struct call *call)
{
	struct buf message = BUF_INIT(MESSAGE_MAX);

	if (persist_behind(call->service)) {
		answer_fault(&call->out, FAULT_INTERNAL, " ");
		return 1;
	}
	switch (validate(call->operation->shape, call->in, &message)) {
	case WRONG_TYPE:
		answer_fault(&call->out, FAULT_SERIALIZATION,
		    "The request is not a JSON object with members of the "
		    "right types");
		break;
	case INVALID:
		answer_fault(&call->out, FAULT_VALIDATION, "%s", message.data);
		break;
	case VALID:
		call->operation->handler(call->service, call);
		service_dispatch(call->service);
		persist_flush(call->service);
		break;
	}
	buf_clear(&message);
	return call->list == NULL;
}
