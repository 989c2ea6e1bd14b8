/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/sts_answer.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "aws/credentials_json.h"
#include "aws/swf_json.h"
#include "base/buf.h"
#include "text/json.h"
#include "text/oneline.h"
#include "text/xmltag.h"

enum { VALUE_MAX = CREDENTIALS_TOKEN_MAX + 1, EXCERPT_MAX = 4096 };

static bool
is_xml(const char *body, size_t len)
{
	size_t i = 0;

	while (i < len && memchr(" \t\r\n\xef\xbb\xbf", body[i], 7) != NULL)
		i++;
	return i < len && body[i] == '<';
}

/* Names are STS's own in both forms. */
static struct credentials_form
form_of(void)
{
	return (struct credentials_form){ .id = "AccessKeyId",
		.secret = "SecretAccessKey",
		.token = "SessionToken",
		.token_needed = true,
		.expiry = "Expiration",
		.expiry_needed = true,
		.expiry_unit = 1000 };
}

/* Adds an element to an object, as a member; one that is missing is not. */
static void
add_member(struct buf *json, const char *body, size_t len, const char *name)
{
	struct buf value = BUF_INIT(VALUE_MAX);

	(void)buf_reserve(&value, VALUE_MAX);
	if (xmltag_find(body, len, name, &value) == 0) {
		(void)buf_format(json, "%c\"%s\":", json->len == 0 ? '{' : ',',
		    name);
		(void)json_string(json, value.data, value.len);
	}
	explicit_bzero(value.data, value.len);
	buf_clear(&value);
}

/* What is to be checked is checked in one place: as JSON. */
static int
read_xml(struct credentials *credentials, const char *body, size_t len,
    struct err *err)
{
	const struct credentials_form form = form_of();
	const char *const names[] = { form.id, form.secret, form.token,
		form.expiry };
	struct buf json = BUF_INIT(CREDENTIALS_DOCUMENT_MAX);
	int result;

	(void)buf_reserve(&json, CREDENTIALS_DOCUMENT_MAX);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add_member(&json, body, len, names[i]);
	if (json.len == 0) {
		result = err_set(err, "is XML or HTML without credentials");
	} else {
		(void)buf_string(&json, "}");
		result = credentials_json(credentials, &form, json.data,
		    json.len, err);
	}
	explicit_bzero(json.data, json.len);
	buf_clear(&json);
	return result;
}

/* In either form. */
int
sts_answer_credentials(struct credentials *credentials, const char *operation,
    const char *body, size_t len, struct err *err)
{
	struct credentials_form form = form_of();
	char response[64], result[64];

	*credentials = (struct credentials){ 0 };
	if (is_xml(body, len))
		return read_xml(credentials, body, len, err);
	(void)snprintf(response, sizeof(response), "%.48sResponse", operation);
	(void)snprintf(result, sizeof(result), "%.48sResult", operation);
	form.path[0] = response;
	form.path[1] = result;
	form.path[2] = "Credentials";
	return credentials_json(credentials, &form, body, len, err);
}

static void
read_json_fault(struct sts_fault *fault, const char *body, size_t len)
{
	cJSON *root = swf_json_parse(body, len);
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(root, "Error");
	const char *code = swf_json_string(error, "Code");
	const char *message = swf_json_string(error, "Message");

	if (code != NULL)
		oneline_copy(fault->code, STS_CODE, code);
	if (message != NULL)
		oneline_copy(fault->message, STS_MESSAGE, message);
	cJSON_Delete(root);
}

static void
read_xml_fault(struct sts_fault *fault, const char *body, size_t len)
{
	struct buf value = BUF_INIT(EXCERPT_MAX);

	if (xmltag_find(body, len, "Code", &value) == 0)
		oneline_copy(fault->code, STS_CODE, value.data);
	buf_reset(&value);
	if (xmltag_find(body, len, "Message", &value) == 0)
		oneline_copy(fault->message, STS_MESSAGE, value.data);
	buf_clear(&value);
}

/* In either form. */
void
sts_answer_fault(struct sts_fault *fault, const char *body, size_t len)
{
	*fault = (struct sts_fault){ "", "" };
	if (is_xml(body, len))
		read_xml_fault(fault, body, len);
	else
		read_json_fault(fault, body, len);
}
