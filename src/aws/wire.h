/* SPDX-License-Identifier: MIT */
/*
 * SWF's wire names and limits, shared by the client and by swf-local.
 * Source: the service's API model, version 2012-01-25; limits are characters.
 */
#ifndef AWS_WIRE_H
#define AWS_WIRE_H

#define SWF_SERVICE       "swf"
#define SWF_TARGET_PREFIX "SimpleWorkflowService."
#define SWF_CONTENT_TYPE  "application/x-amz-json-1.0"

enum swf_limit {
	SWF_TOKEN_MAX = 1024,
	SWF_HEARTBEAT_DETAILS_MAX = 2048,
	SWF_RESULT_MAX = 32768,
	SWF_REASON_MAX = 256,
	SWF_DETAILS_MAX = 32768,
	SWF_INPUT_MAX = 32768,
	SWF_IDENTITY_MAX = 256,
	SWF_NAME_MAX = 256,
	SWF_VERSION_MAX = 64,
	SWF_RUN_ID_MAX = 64,
	SWF_TAGS_MAX = 5,
	SWF_TAG_MAX = 256,
	SWF_DURATION_MAX = 8,
	SWF_PAGE_MAX = 1000
};

/* Bytes: the service takes no more. */
enum { SWF_REQUEST_MAX = 1024 * 1024 };

#endif
