/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/credentials_sso_token.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/credentials.h"
#include "aws/profile.h"
#include "aws/sha1.h"
#include "aws/swf_json.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "text/iso8601.h"
#include "text/json.h"

enum {
	FILE_MAX = 256 * 1024,
	TOKEN_MAX = 64 * 1024,
	LIFETIME_MAX = 10 * 366 * 24 * 3600 /* s */
};

/* As botocore and the AWS CLI name it. */
char *
sso_token_path(const char *key)
{
	char name[SHA1_TEXT];

	sha1_hex(key, strlen(key), name);
	return mem_format("%s/.aws/sso/cache/%s.json", profiles_home(), name);
}

/* Cleared ones can be cleared again. */
void
sso_token_clear(struct sso_token *token)
{
	swf_json_cleanse(token->document);
	*token = (struct sso_token){ 0 };
}

/* It goes into a header, where nothing else can be. */
static bool
is_token(const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > 0 && len <= TOKEN_MAX;
}

static int
take(struct sso_token *token, const char *path, struct err *err)
{
	const char *at = swf_json_string(token->document, "expiresAt");

	token->access = swf_json_string(token->document, "accessToken");
	if (token->document == NULL)
		return err_set(err, "%s: is not a JSON object", path);
	if (!is_token(token->access))
		return err_set(err, "%s: has no accessToken", path);
	if (at == NULL || iso8601_parse(at, &token->expires_at) == -1)
		return err_set(err, "%s: has no expiresAt that is a time",
		    path);
	return 0;
}

/* See the header. */
int
sso_token_read(struct sso_token *token, const char *path, struct err *err)
{
	struct buf text = BUF_INIT(FILE_MAX);
	int result = -1;

	*token = (struct sso_token){ 0 };
	(void)buf_reserve(&text, text.max);
	if (file_read_regular(path, &text) == 0) {
		token->document = swf_json_parse(text.data, text.len);
		result = take(token, path, err);
	} else if (errno == EINVAL) {
		(void)err_set(err, "%s: is not a regular file", path);
	} else {
		(void)err_errno(err, "%s", path);
	}
	explicit_bzero(text.data, text.len);
	buf_clear(&text);
	if (result == -1)
		sso_token_clear(token);
	return result;
}

/* The registration of the client ends too, after some months. */
bool
sso_token_is_renewable(const struct sso_token *token, int64_t now)
{
	static const char *const needed[] = { "refreshToken", "clientId",
		"clientSecret" };
	const char *at =
	    swf_json_string(token->document, "registrationExpiresAt");
	int64_t end;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (swf_json_string(token->document, needed[i]) == NULL)
			return false;
	return at != NULL && iso8601_parse(at, &end) == 0 && end > now;
}

static void
put(struct buf *out, const struct sso_token *token, const char *name)
{
	(void)buf_format(out, ",\"%s\":", name);
	(void)json_string_or_null(out, swf_json_string(token->document, name));
}

/* CreateToken, of the OIDC service. */
char *
sso_token_request(const struct sso_token *token)
{
	struct buf out = BUF_INIT(4 * FILE_MAX);

	/* At once: what grows leaves copies behind. */
	(void)buf_reserve(&out, out.max);
	(void)buf_string(&out, "{\"grantType\":\"refresh_token\"");
	put(&out, token, "clientId");
	put(&out, token, "clientSecret");
	put(&out, token, "refreshToken");
	(void)buf_string(&out, "}");
	return out.data;
}

static int
set(cJSON *document, const char *name, const char *value)
{
	cJSON *item = cJSON_CreateString(value);
	cJSON *old = cJSON_GetObjectItemCaseSensitive(document, name);
	cJSON_bool done;

	if (item == NULL)
		return -1;
	if (cJSON_GetStringValue(old) != NULL)
		explicit_bzero(old->valuestring, strlen(old->valuestring));
	done = old == NULL ? cJSON_AddItemToObject(document, name, item)
			   : cJSON_ReplaceItemInObjectCaseSensitive(document,
				 name, item);
	return done ? 0 : -1;
}

/* "2026-11-22T10:23:45Z", without the thousandths. */
static void
format_time(int64_t at, char text[CLOCK_TEXT])
{
	clock_format(at, text);
	(void)strlcpy(text + strcspn(text, "."), "Z", 2);
}

/* See the header. */
int
sso_token_renew(struct sso_token *token, const char *body, size_t len,
    int64_t now, struct err *err)
{
	cJSON *answer = swf_json_parse(body, len);
	const char *access = swf_json_string(answer, "accessToken");
	const char *refresh = swf_json_string(answer, "refreshToken");
	int64_t lifetime = swf_json_integer(answer, "expiresIn");
	char at[CLOCK_TEXT];
	int result = 0;

	if (!is_token(access)) {
		result = err_set(err, "has no accessToken");
	} else if (lifetime <= 0 || lifetime > LIFETIME_MAX) {
		result = err_set(err, "has no expiresIn in seconds");
	} else {
		format_time(now + lifetime * 1000, at);
		if (set(token->document, "accessToken", access) == -1 ||
		    set(token->document, "expiresAt", at) == -1 ||
		    (refresh != NULL &&
			set(token->document, "refreshToken", refresh) == -1))
			result = err_set(err, "is too much for the memory");
		token->access = swf_json_string(token->document, "accessToken");
		token->expires_at = now + lifetime * 1000;
	}
	swf_json_cleanse(answer);
	return result;
}

/* For its user alone, as the AWS CLI has it. */
int
sso_token_write(const struct sso_token *token, const char *path,
    struct err *err)
{
	char *text = cJSON_PrintUnformatted(token->document);
	int result;

	if (text == NULL)
		return err_set(err, "%s: out of memory", path);
	result = file_replace(path, text, strlen(text));
	if (result == -1)
		(void)err_errno(err, "%s", path);
	explicit_bzero(text, strlen(text));
	cJSON_free(text);
	return result;
}
