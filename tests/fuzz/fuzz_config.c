/* SPDX-License-Identifier: MIT */
/*
 * Files of the AWS CLI: config, credentials, the token of "aws sso login" and
 * those that platforms mount.  The first byte says which; what comes out of
 * them can be a header, or is one line that shows no token.
 */
#include "config.h"

#include "aws/profile.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aws/credentials.h"
#include "aws/credentials_sso_token.h"
#include "aws/token_file.h"
#include "fuzz.h"
#include "text/json.h"

enum { PATH_TEXT = 40, SECRET_LEN = 8 };

#define NOW INT64_C(1700000000000)

/* A file of its own, until it is closed. */
static int
make_file(const void *data, size_t size, char path[PATH_TEXT])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	MUST(fd != -1);
	MUST(write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, PATH_TEXT, "/proc/self/fd/%d", fd);
	return fd;
}

static void
check_header(const char *text, size_t max)
{
	MUST(*text != '\0' && strlen(text) <= max);
	for (; *text != '\0'; text++)
		MUST(*text > ' ' && *text <= '~');
}

static void
check_refusal(const struct err *err)
{
	MUST(err->text[0] != '\0' && strchr(err->text, '\n') == NULL);
}

/* ---- profiles ---- */

static void
ask(const struct profiles *profiles)
{
	static const char *const keys[] = { "region", "aws_access_key_id",
		"role_arn", "sso_session", "endpoint_url", "services" };
	struct err err = { "" };
	const char *url = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = profiles_get(profiles, "default", keys[i]);
		const char *config = profiles_get_from(profiles, "default",
		    PROFILE_CONFIG, keys[i]);
		const char *secret = profiles_get_from(profiles, "default",
		    PROFILE_CREDENTIALS, keys[i]);
		char *where = profiles_where(profiles, "default", keys[i]);

		MUST(value == (secret != NULL ? secret : config));
		MUST(value == NULL || *value != '\0');
		MUST(value == NULL || profiles_has(profiles, "default"));
		MUST(strncmp(where, "/proc/self/fd/", 14) == 0);
		MUST((value != NULL) == (strrchr(where, ':') != NULL));
		free(where);
	}
	/* A value may have lines, and is in the text; the log escapes them. */
	if (profiles_service_url(profiles, "default", "swf", &url, &err) == -1)
		MUST(err.text[0] != '\0');
	else
		MUST(url == NULL || *url != '\0');
}

/* The input up to its first NUL is one file, what follows the other. */
static void
check_profiles(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, '\0', size);
	size_t len = nul == NULL ? size : (size_t)(nul - data);
	char config[PATH_TEXT], credentials[PATH_TEXT];
	int one = make_file(data, len, config);
	int two = make_file(data + len, size - len, credentials);
	struct profiles *profiles;
	struct err err = { "" };

	if (nul != NULL) {
		(void)close(two);
		two = make_file(nul + 1, size - len - 1, credentials);
	}
	(void)setenv("AWS_CONFIG_FILE", config, 1);
	(void)setenv("AWS_SHARED_CREDENTIALS_FILE", credentials, 1);
	profiles = profiles_load(NULL, &err);
	if (profiles == NULL)
		check_refusal(&err);
	else
		ask(profiles);
	profiles_free(profiles);
	(void)close(one);
	(void)close(two);
}

/* ---- tokens ---- */

static void
check_sso(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, '\0', size);
	size_t len = nul == NULL ? size : (size_t)(nul - data);
	char path[PATH_TEXT];
	int fd = make_file(data, len, path);
	struct sso_token token;
	struct err err = { "" };
	char *answer = fuzz_string(data + len, size - len);
	char *request;

	if (sso_token_read(&token, path, &err) == -1) {
		check_refusal(&err);
	} else {
		check_header(token.access, SIZE_MAX);
		if (sso_token_is_renewable(&token, NOW)) {
			request = sso_token_request(&token);
			MUST(json_is_object(request, strlen(request)));
			credentials_cleanse(request);
		}
		if (nul != NULL && sso_token_renew(&token, answer + 1,
				       size - len - 1, NOW, &err) == 0)
			MUST(token.expires_at > NOW);
		check_header(token.access, SIZE_MAX);
	}
	sso_token_clear(&token);
	free(answer);
	(void)close(fd);
}

static void
check_token_file(const uint8_t *data, size_t size)
{
	char path[PATH_TEXT];
	int fd = make_file(data, size, path);
	struct err err = { "" };
	char *token = token_file_read(path, "said", &err);
	char *text = fuzz_string(data, size);

	if (token != NULL) {
		check_header(token, TOKEN_FILE_MAX);
		MUST(strncmp(token, text, strlen(token)) == 0);
		MUST(strlen(token) + 2 >= size);
	} else {
		check_refusal(&err);
		text[strcspn(text, " \t\r\n")] = '\0';
		MUST(strlen(text) < SECRET_LEN ||
		     strstr(err.text, text) == NULL);
	}
	credentials_cleanse(token);
	free(text);
	(void)close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	switch (data[0] % 3) {
	case 0:
		check_profiles(data + 1, size - 1);
		break;
	case 1:
		check_sso(data + 1, size - 1);
		break;
	default:
		check_token_file(data + 1, size - 1);
		break;
	}
	return 0;
}
