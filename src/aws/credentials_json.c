/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/credentials_json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "aws/swf_json.h"
#include "base/buf.h"
#include "base/instant.h"
#include "text/iso8601.h"
#include "text/oneline.h"
#include "text/utf8.h"

enum { MESSAGE_MAX = 200 }; /* columns of a service's own words */

/* The last of that name; NULL: there is none, or it is null. */
static const cJSON *
member(const cJSON *object, const char *name)
{
	const cJSON *found = NULL;
	const cJSON *item;

	cJSON_ArrayForEach (item, object)
		if (item->string != NULL && strcmp(item->string, name) == 0)
			found = item;
	return cJSON_IsNull(found) ? NULL : found;
}

static const char *
article(const char *name)
{
	return strchr("AEIOUaeiou", *name) == NULL ? "a" : "an";
}

/* Keys and tokens go into headers: nothing else can be in one. */
static bool
is_visible(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* One of the three texts.  Sets *text to NULL if it is not there. */
static int
take_text(const cJSON *object, const char *name, bool needed, size_t max,
    const char **text, struct err *err)
{
	const cJSON *item = member(object, name);

	*text = cJSON_GetStringValue(item);
	if (item == NULL || (*text != NULL && **text == '\0')) {
		*text = NULL;
		return needed ? err_set(err, "has %s %s",
				    item == NULL ? "no" : "an empty", name)
			      : 0;
	}
	if (*text == NULL)
		return err_set(err, "has %s %s that is no string",
		    article(name), name);
	if (strlen(*text) > max)
		return err_set(err, "has %s %s of over %zu characters",
		    article(name), name, max);
	if (!is_visible(*text))
		return err_set(err,
		    "has %s %s with a blank, a control or another character "
		    "that no key has",
		    article(name), name);
	return 0;
}

static int
take_number(const cJSON *item, int64_t unit, int64_t *at)
{
	double ms = item->valuedouble * (double)unit;

	/* Up to the year 9999. */
	if (!(ms > 0) || ms > 253402300799e3)
		return -1;
	*at = (int64_t)ms;
	return 0;
}

static int
take_expiry(const cJSON *object, const struct credentials_form *form,
    int64_t *at, struct err *err)
{
	const cJSON *item = member(object, form->expiry);
	const char *text = cJSON_GetStringValue(item);

	*at = INSTANT_NEVER;
	if (item == NULL || (text != NULL && *text == '\0'))
		return form->expiry_needed
			   ? err_set(err, "has no %s", form->expiry)
			   : 0;
	if ((text != NULL && iso8601_parse(text, at) == 0) ||
	    (cJSON_IsNumber(item) &&
		take_number(item, form->expiry_unit, at) == 0))
		return 0;
	return err_set(err,
	    "has %s %s that is no time: it must be like "
	    "2026-11-22T10:23:45Z",
	    article(form->expiry), form->expiry);
}

/* A service's own words, on one line. */
static void
append_words(struct buf *out, const char *words)
{
	struct buf valid = BUF_INIT(SIZE_MAX / 4);

	if (utf8_repair(&valid, words, strlen(words)) == 0 && valid.len > 0)
		(void)oneline_append(out, valid.data, MESSAGE_MAX);
	buf_clear(&valid);
}

/* Metadata services may answer an error as if all were well. */
static int
check_code(const cJSON *root, struct err *err)
{
	const char *code = cJSON_GetStringValue(member(root, "Code"));
	const char *message = cJSON_GetStringValue(member(root, "Message"));
	struct buf text = BUF_INIT(SIZE_MAX / 4);

	if (code == NULL || strcmp(code, "Success") == 0)
		return 0;
	(void)buf_string(&text, "says Code '");
	append_words(&text, code);
	(void)buf_string(&text, "'");
	if (message != NULL) {
		(void)buf_string(&text, ": ");
		append_words(&text, message);
	}
	(void)err_set(err, "%s", text.data);
	buf_clear(&text);
	return -1;
}

static int
check_version(const cJSON *root, int version, struct err *err)
{
	const cJSON *item = member(root, "Version");

	if (version == 0)
		return 0;
	if (item == NULL)
		return err_set(err, "has no Version: it must be %d", version);
	if (!cJSON_IsNumber(item) || item->valuedouble != version)
		return err_set(err, "has a Version that is not the number %d",
		    version);
	return 0;
}

/* The object with the keys; NULL with "err". */
static const cJSON *
descend(const cJSON *object, const char *const *path, struct err *err)
{
	for (; *path != NULL; path++) {
		object = member(object, *path);
		if (!cJSON_IsObject(object)) {
			(void)err_set(err, "has no object %s", *path);
			return NULL;
		}
	}
	return object;
}

static int
take_all(struct credentials *credentials, const struct credentials_form *form,
    const cJSON *root, struct err *err)
{
	const cJSON *object;
	const char *id, *secret, *token;
	int64_t expires_at;

	if (check_code(root, err) == -1 ||
	    check_version(root, form->version, err) == -1)
		return -1;
	object = descend(root, form->path, err);
	if (object == NULL ||
	    take_text(object, form->id, true, CREDENTIALS_ID_MAX, &id, err) ==
		-1 ||
	    take_text(object, form->secret, true, CREDENTIALS_SECRET_MAX,
		&secret, err) == -1 ||
	    take_text(object, form->token, form->token_needed,
		CREDENTIALS_TOKEN_MAX, &token, err) == -1 ||
	    take_expiry(object, form, &expires_at, err) == -1)
		return -1;
	credentials_set(credentials, id, secret, token, NULL, expires_at);
	return 0;
}

/* Why a text is no document, by how it begins. */
static int
not_json(const char *text, size_t len, struct err *err)
{
	size_t i = 0;

	while (i < len && memchr(" \t\r\n", text[i], 4) != NULL)
		i++;
	if (i == len)
		return err_set(err, "is empty");
	if (text[i] == '<')
		return err_set(err, "is HTML or XML, not JSON");
	return err_set(err, "is not a JSON object%s",
	    text[i] == '{' ? ", or only a part of one" : "");
}

/* See the header. */
int
credentials_json(struct credentials *credentials,
    const struct credentials_form *form, const char *text, size_t len,
    struct err *err)
{
	cJSON *root;
	int result;

	*credentials = (struct credentials){ 0 };
	if (len > CREDENTIALS_DOCUMENT_MAX)
		return err_set(err, "is over %d KiB",
		    CREDENTIALS_DOCUMENT_MAX / 1024);
	if (len == 0)
		return err_set(err, "is empty");
	if (memchr(text, '\0', len) != NULL)
		return err_set(err, "has a NUL byte in it");
	root = swf_json_parse(text, len);
	if (root == NULL)
		return not_json(text, len, err);
	result = take_all(credentials, form, root, err);
	swf_json_cleanse(root);
	return result;
}
