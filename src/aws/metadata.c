/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/metadata.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "aws/http.h"
#include "base/buf.h"
#include "text/oneline.h"
#include "text/utf8.h"

enum { EXCERPT = 100, EXCERPT_READ = 1024 };

const struct credentials_form metadata_form = {
	.id = "AccessKeyId",
	.secret = "SecretAccessKey",
	.token = "Token",
	.token_needed = true,
	.expiry = "Expiration",
	.expiry_needed = true,
	.expiry_unit = 1000,
};

/* What is left of a URL after its host and port; NULL: it has odd bytes. */
static const char *
find_rest(const char *url)
{
	const char *at = strstr(url, "://");

	for (const char *c = url; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || strchr("#\\", *c) != NULL)
			return NULL;
	return at == NULL ? NULL : at + 3 + strcspn(at + 3, "/?");
}

/* Host of "host:port" or "[host]:port". */
static void
take_host(char host[ENDPOINT_HOST], const char *authority)
{
	bool brackets = *authority == '[';

	(void)strlcpy(host, authority + (brackets ? 1 : 0), ENDPOINT_HOST);
	host[strcspn(host, brackets ? "]" : ":")] = '\0';
}

/* The head of it is an endpoint like any other. */
int
metadata_url_parse(struct metadata_url *parsed, const char *url)
{
	const char *rest = find_rest(url);
	char head[ENDPOINT_URL];
	struct endpoint_wish wish = { .url = head,
		.url_source = "URL",
		.region = "us-east-1",
		.region_source = "none",
		.allow_plain = true };
	struct endpoint endpoint;

	if (rest == NULL || (size_t)(rest - url) >= sizeof(head))
		return -1;
	(void)snprintf(head, sizeof(head), "%.*s", (int)(rest - url), url);
	if (endpoint_make(&endpoint, &wish, NULL) == -1)
		return -1;
	parsed->rest = rest;
	parsed->tls = endpoint.tls;
	parsed->loopback = endpoint.loopback;
	(void)snprintf(parsed->origin, sizeof(parsed->origin), "%.*s",
	    (int)(strlen(endpoint.url) - 1), endpoint.url);
	take_host(parsed->host, endpoint.host);
	return 0;
}

/* The beginning of an answer, unless it is a page for a browser. */
static void
append_excerpt(struct buf *out, const char *body, size_t len)
{
	struct buf valid = BUF_INIT(EXCERPT_READ * UTF8_BYTES_PER_UNIT);

	/* Credentials after all. */
	if (memmem(body, len, "AccessKey", 9) != NULL)
		return;
	len = len < EXCERPT_READ ? len : EXCERPT_READ;
	if (utf8_repair(&valid, body, len) == 0 &&
	    valid.len > strspn(valid.data, " \t\r\n") &&
	    valid.data[strspn(valid.data, " \t\r\n")] != '<') {
		(void)buf_string(out, ": ");
		(void)oneline_append(out, valid.data, EXCERPT);
	}
	buf_clear(&valid);
}

/* See the header. */
void
metadata_problem(const struct http_answer *answer, struct err *err)
{
	struct buf text = BUF_INIT(SIZE_MAX / 4);

	if (answer->end != HTTP_ANSWERED) {
		(void)err_set(err, "%s", answer->problem.text);
		return;
	}
	(void)buf_format(&text, "HTTP status %d", answer->status);
	if (answer->body_len > 0 && answer->status >= 400)
		append_excerpt(&text, answer->body, answer->body_len);
	(void)err_set(err, "%s", text.data);
	buf_clear(&text);
}
