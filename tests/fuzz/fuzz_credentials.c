/* SPDX-License-Identifier: MIT */
/*
 * What metadata services, portals and programs answer, in each of the forms
 * that there are; and the two things in such answers and in the environment
 * that are read by hand, times and URLs.  Whatever comes, what comes out can
 * be a header, or is one line that does not quote what was read.
 */
#include "config.h"

#include "aws/credentials_json.h"

#include <stdbool.h>

#include "aws/metadata.h"
#include "base/instant.h"
#include "fuzz.h"
#include "text/iso8601.h"

static const struct credentials_form forms[] = {
	{ .id = "AccessKeyId",
	    .secret = "SecretAccessKey",
	    .token = "SessionToken",
	    .expiry = "Expiration",
	    .expiry_unit = 1000,
	    .version = 1 },
	{ .path = { "roleCredentials" },
	    .id = "accessKeyId",
	    .secret = "secretAccessKey",
	    .token = "sessionToken",
	    .token_needed = true,
	    .expiry = "expiration",
	    .expiry_needed = true,
	    .expiry_unit = 1 },
	{ .path = { "R", "S", "C" },
	    .id = "AccessKeyId",
	    .secret = "SecretAccessKey",
	    .token = "SessionToken",
	    .token_needed = true,
	    .expiry = "Expiration",
	    .expiry_needed = true,
	    .expiry_unit = 1000 },
};

static void
check_value(const char *text, size_t max, bool needed)
{
	MUST(text != NULL || !needed);
	if (text == NULL)
		return;
	MUST(*text != '\0' && strlen(text) <= max);
	for (; *text != '\0'; text++)
		MUST(*text > ' ' && *text <= '~');
}

static void
check_form(const struct credentials_form *form, const char *text, size_t len)
{
	struct credentials credentials;
	struct err err = { "" };

	if (credentials_json(&credentials, form, text, len, &err) == -1) {
		MUST(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
		MUST(credentials.secret_access_key == NULL);
		return;
	}
	check_value(credentials.access_key_id, CREDENTIALS_ID_MAX, true);
	check_value(credentials.secret_access_key, CREDENTIALS_SECRET_MAX,
	    true);
	check_value(credentials.session_token, CREDENTIALS_TOKEN_MAX,
	    form->token_needed);
	MUST(credentials.expires_at != INSTANT_NEVER || !form->expiry_needed);
	MUST(credentials.source == NULL);
	credentials_clear(&credentials);
}

static void
check_time(const char *text)
{
	int64_t ms = 0;

	if (iso8601_parse(text, &ms) == -1)
		return;
	/* The years 0001 to 9999, and a day for the zones. */
	MUST(ms >= -62135596800000 - 86400000);
	MUST(ms <= 253402300800000 + 86400000);
	MUST(strlen(text) >= 20 && strlen(text) <= 35);
}

static void
check_url(const char *text)
{
	struct metadata_url url;

	if (metadata_url_parse(&url, text) == -1)
		return;
	MUST(strncmp(url.origin, url.tls ? "https://" : "http://",
		 url.tls ? 8 : 7) == 0);
	MUST(url.host[0] != '\0' && strpbrk(url.host, "@/?#[]\\ ") == NULL);
	MUST(strstr(url.origin, url.host) != NULL);
	MUST(strchr(url.origin, '@') == NULL);
	MUST(url.rest >= text && url.rest <= text + strlen(text));
	MUST(*url.rest == '\0' || *url.rest == '/' || *url.rest == '?');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);
	char *text = fuzz_string(data, size);

	check_form(&metadata_form, copy, size);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		check_form(&forms[i], copy, size);
	check_time(text);
	check_url(text);
	free(text);
	free(copy);
	return 0;
}
