/* SPDX-License-Identifier: MIT */
/*
 * What each operation takes, as the service's API model (2012-01-25) has it:
 * members, which of them are required, lengths, values.
 */
#ifndef SWF_LOCAL_SHAPES_H
#define SWF_LOCAL_SHAPES_H

#include "swf-local/validate.h"

extern const struct shape shape_register_domain;
extern const struct shape shape_register_workflow_type;
extern const struct shape shape_register_activity_type;
extern const struct shape shape_describe_domain;
extern const struct shape shape_list_domains;
extern const struct shape shape_activity_type;
extern const struct shape shape_workflow_type;
extern const struct shape shape_list_types;
extern const struct shape shape_tag_resource;
extern const struct shape shape_untag_resource;
extern const struct shape shape_list_tags;
extern const struct shape shape_start_execution;
extern const struct shape shape_request_cancel_execution;
extern const struct shape shape_terminate_execution;
extern const struct shape shape_signal_execution;
extern const struct shape shape_describe_execution;
extern const struct shape shape_get_history;
extern const struct shape shape_list_open;
extern const struct shape shape_list_closed;
extern const struct shape shape_count_open;
extern const struct shape shape_count_closed;
extern const struct shape shape_count_pending;
extern const struct shape shape_poll_decision;
extern const struct shape shape_respond_decision;
extern const struct shape shape_poll_activity;
extern const struct shape shape_heartbeat;
extern const struct shape shape_respond_completed;
extern const struct shape shape_respond_failed;
extern const struct shape shape_respond_canceled;

#endif
