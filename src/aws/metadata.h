/* SPDX-License-Identifier: MIT */
/*
 * What the two providers that ask a metadata service share: the container's
 * (credentials_container.c) and the instance's (credentials_imds.c).
 */
#ifndef AWS_METADATA_H
#define AWS_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/credentials_json.h"
#include "aws/endpoint.h"
#include "base/err.h"

struct http_answer;

struct metadata_url {
	char origin[ENDPOINT_URL]; /* "http://127.0.0.1:8080", no "/" */
	char host[ENDPOINT_HOST];  /* "127.0.0.1"; no brackets either */
	const char *rest;          /* of the text: "/v1/credentials?x", or "" */
	bool tls;
	bool loopback;
};

/*
 * Takes a URL of http:// or https:// apart, host and port checked strictly,
 * so that libcurl sees the host that was looked at here.  Returns 0, or -1 if
 * it is none, or has a user, a fragment, a blank or the like.
 */
int metadata_url_parse(struct metadata_url *parsed, const char *url);

/* The members that both services' documents have. */
extern const struct credentials_form metadata_form;

/*
 * Says what became of a request: its transport's problem, or the status and,
 * of a refusal that is text, how it begins: "HTTP status 404: not found".
 */
void metadata_problem(const struct http_answer *answer, struct err *err);

#endif
