/* SPDX-License-Identifier: MIT */
/*
 * aws/sts_answer: any bytes as what STS answers.  What is taken for
 * credentials is whole; what is told of a fault is one line that fits.
 */
#include "config.h"

#include "aws/sts_answer.h"

#include "fuzz.h"

static void
check_line(const char *text, size_t size)
{
	MUST(strnlen(text, size) < size);
	for (; *text != '\0'; text++)
		MUST((unsigned char)*text >= ' ' && *text != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct credentials credentials;
	struct sts_fault fault;
	struct err err = { "" };
	char *body = fuzz_string(data, size);

	if (sts_answer_credentials(&credentials, "AssumeRole", body, size,
		&err) == 0) {
		MUST(credentials.access_key_id != NULL);
		MUST(credentials.secret_access_key != NULL);
		MUST(credentials.session_token != NULL);
		for (const char *c = credentials.session_token; *c != '\0'; c++)
			MUST(*c > ' ' && *c <= '~');
	} else {
		MUST(*err.text != '\0' && strchr(err.text, '\n') == NULL);
		MUST(credentials.access_key_id == NULL);
	}
	credentials_clear(&credentials);
	sts_answer_fault(&fault, body, size);
	check_line(fault.code, sizeof(fault.code));
	check_line(fault.message, sizeof(fault.message));
	free(body);
	return 0;
}
