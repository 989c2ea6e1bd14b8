/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/attach.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "tend/options.h"

/* As a shell reads it. */
static void
add_word(struct buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.,/:=+@%";

	(void)buf_string(out, " ");
	if (*word != '\0' && strspn(word, plain) == strlen(word)) {
		(void)buf_string(out, word);
		return;
	}
	(void)buf_string(out, "'");
	for (; *word != '\0'; word++)
		if (*word == '\'')
			(void)buf_string(out, "'\\''");
		else
			(void)buf_append(out, word, 1);
	(void)buf_string(out, "'");
}

static void
add_option(struct buf *out, const char *option, const char *value)
{
	if (value == NULL)
		return;
	(void)buf_format(out, " %s", option);
	add_word(out, value);
}

char *
attach_command(const struct options *options, const char *workflow_id,
    const char *run_id)
{
	struct buf out = BUF_INIT(SIZE_MAX / 4);

	(void)buf_string(&out, "tend submit");
	add_option(&out, "--domain", options->domain);
	add_option(&out, "--region", options->region);
	add_option(&out, "--endpoint-url", options->endpoint_url);
	add_option(&out, "--profile", options->profile);
	add_option(&out, "--ca-bundle", options->ca_bundle);
	if (options->no_sign_request)
		(void)buf_string(&out, " --no-sign-request");
	if (options->allow_plain_http)
		(void)buf_string(&out, " --allow-plain-http");
	add_option(&out, "--attach", workflow_id);
	add_option(&out, "--run-id", run_id);
	return out.data;
}
