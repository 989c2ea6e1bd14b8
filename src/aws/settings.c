/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/settings.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/chain.h"
#include "aws/profile.h"
#include "aws/source.h"
#include "base/mem.h"

enum { SOURCE = ENDPOINT_SOURCE };

/* A value and who said it; "value" is NULL if nobody did. */
struct said {
	const char *value;
	char source[SOURCE];
};

static bool
look_in_option(struct said *said, const char *name, const char *value)
{
	if (value == NULL)
		return false;
	said->value = value;
	(void)strlcpy(said->source, name, SOURCE);
	return true;
}

static bool
look_in_environment(struct said *said, const char *name)
{
	const char *value = getenv(name);

	if (value == NULL || *value == '\0')
		return false;
	return look_in_option(said, name, value);
}

static bool
look_in_profile(struct said *said, const struct profiles *profiles,
    const char *key)
{
	const char *value =
	    profiles_get(profiles, profiles_name(profiles), key);

	if (value == NULL)
		return false;
	said->value = value;
	(void)snprintf(said->source, SOURCE, "%s of profile '%.80s'", key,
	    profiles_name(profiles));
	return true;
}

/* "true" and "false" as the AWS SDKs read them; nobody said: false. */
static int
find_switch(bool *on, const char *variable, const char *key,
    const struct profiles *profiles, struct err *err)
{
	struct said said;

	*on = false;
	if (!look_in_environment(&said, variable) &&
	    !look_in_profile(&said, profiles, key))
		return 0;
	*on = strcasecmp(said.value, "true") == 0;
	if (*on || strcasecmp(said.value, "false") == 0)
		return 0;
	return err_set(err, "%s: '%s' is neither true nor false", said.source,
	    said.value);
}

static void
find_region(struct said *said, const char *option,
    const struct profiles *profiles)
{
	said->value = NULL;
	(void)(look_in_option(said, "--region", option) ||
	       look_in_environment(said, "AWS_REGION") ||
	       look_in_environment(said, "AWS_DEFAULT_REGION") ||
	       look_in_profile(said, profiles, "region"));
}

/* Not in the profile's services section, where a mistake is an error. */
static int
find_service_url(struct said *said, const struct profiles *profiles,
    struct err *err)
{
	const char *url;

	if (profiles_service_url(profiles, profiles_name(profiles), "swf", &url,
		err) == -1)
		return -1;
	if (url == NULL)
		return 0;
	said->value = url;
	(void)snprintf(said->source, SOURCE,
	    "services %.80s of profile "
	    "'%.40s'",
	    profiles_get(profiles, profiles_name(profiles), "services"),
	    profiles_name(profiles));
	return 0;
}

static int
find_url(struct said *said, const char *option, const struct profiles *profiles,
    struct err *err)
{
	bool ignore;

	said->value = NULL;
	if (look_in_option(said, "--endpoint-url", option))
		return 0;
	if (find_switch(&ignore, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		"ignore_configured_endpoint_urls", profiles, err) == -1)
		return -1;
	if (ignore || look_in_environment(said, "AWS_ENDPOINT_URL_SWF") ||
	    look_in_environment(said, "AWS_ENDPOINT_URL"))
		return 0;
	if (find_service_url(said, profiles, err) == -1)
		return -1;
	if (said->value == NULL)
		(void)look_in_profile(said, profiles, "endpoint_url");
	return 0;
}

static int
find_endpoint(struct endpoint *endpoint, const struct aws_options *options,
    const struct profiles *profiles, struct err *err)
{
	struct endpoint_wish wish = { 0 };
	struct said region;
	struct said url;

	find_region(&region, options->region, profiles);
	if (find_url(&url, options->endpoint_url, profiles, err) == -1 ||
	    find_switch(&wish.fips, "AWS_USE_FIPS_ENDPOINT",
		"use_fips_endpoint", profiles, err) == -1 ||
	    find_switch(&wish.dualstack, "AWS_USE_DUALSTACK_ENDPOINT",
		"use_dualstack_endpoint", profiles, err) == -1)
		return -1;
	wish.region = region.value;
	wish.region_source = region.source;
	wish.url = url.value;
	wish.url_source = url.source;
	wish.allow_plain = options->allow_plain_http;
	return endpoint_make(endpoint, &wish, err);
}

/* Whether a file has the beginning of a certificate, in its first 1 MiB. */
static bool
has_certificate(int fd)
{
	static const char mark[] = "-----BEGIN ";
	char text[8192];
	size_t have = 0;
	ssize_t n;

	for (int i = 0; i < 128; i++) {
		n = read(fd, text + have, sizeof(text) - have);
		if (n <= 0)
			return false;
		have += (size_t)n;
		if (memmem(text, have, mark, sizeof(mark) - 1) != NULL)
			return true;
		if (have >= sizeof(mark)) {
			memmove(text, text + have - sizeof(mark), sizeof(mark));
			have = sizeof(mark);
		}
	}
	return false;
}

/*
 * The process may change its directory before the file is read again.  Links
 * are left as they are: where secrets are mounted, they are what changes.
 */
static char *
absolute(const char *path)
{
	char directory[PATH_MAX];

	if (*path == '/' || getcwd(directory, sizeof(directory)) == NULL)
		return mem_string(path);
	return mem_format("%s/%s", directory, path);
}

/* A file with a certificate, or a directory: sets which of the two. */
static int
check_ca(struct aws_settings *settings, const struct said *said,
    struct err *err)
{
	int fd = open(said->value, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	int result = 0;

	if (fd == -1 || fstat(fd, &st) == -1)
		result = err_errno(err, "%s: %s", said->source, said->value);
	else if (S_ISDIR(st.st_mode))
		settings->ca_dir = absolute(said->value);
	else if (has_certificate(fd))
		settings->ca_file = absolute(said->value);
	else
		result = err_set(err,
		    "%s: %s: there is no certificate in it: "
		    "it must be a file of CA certificates in PEM form",
		    said->source, said->value);
	if (fd != -1)
		(void)close(fd);
	if (result == 0)
		settings->ca_source = mem_string(said->source);
	return result;
}

static int
find_ca(struct aws_settings *settings, const char *option,
    const struct profiles *profiles, struct err *err)
{
	struct said said;

	if (option == NULL && !settings->endpoint.tls)
		return 0;
	if (look_in_option(&said, "--ca-bundle", option) ||
	    look_in_environment(&said, "AWS_CA_BUNDLE") ||
	    look_in_profile(&said, profiles, "ca_bundle") ||
	    look_in_environment(&said, "CURL_CA_BUNDLE") ||
	    look_in_environment(&said, "SSL_CERT_FILE") ||
	    look_in_environment(&said, "SSL_CERT_DIR"))
		return check_ca(settings, &said, err);
	return 0;
}

/* What needs nobody's answer is had at once. */
static void
on_credentials(void *arg, const struct source_answer *answer)
{
	struct aws_settings *settings = arg;

	if (answer->end == SOURCE_GIVEN)
		credentials_copy(&settings->credentials, answer->credentials);
}

static int
find_credentials(struct aws_settings *settings, const struct profiles *profiles,
    const char *option, struct err *err)
{
	const char *region = settings->endpoint.region;

	settings->source =
	    chain_find(profiles, option, *region == '\0' ? NULL : region, err);
	if (settings->source == NULL)
		return -1;
	source_ask(settings->source, NULL, on_credentials, settings);
	return 0;
}

/* All of it, whatever is wrong with parts of it. */
int
aws_settings_look(struct aws_settings *settings,
    const struct aws_options *options, struct aws_problems *problems)
{
	struct profiles *profiles;
	int result = 0;

	*settings = (struct aws_settings){ 0 };
	*problems = (struct aws_problems){ 0 };
	settings->no_sign_request = options->no_sign_request;
	profiles = profiles_load(options->profile, &problems->files);
	if (profiles == NULL)
		return -1;
	settings->profile = mem_string(profiles_name(profiles));
	settings->profile_source = profiles_named_by(profiles);
	if (find_endpoint(&settings->endpoint, options, profiles,
		&problems->endpoint) == -1)
		result = -1;
	if (find_ca(settings, options->ca_bundle, profiles, &problems->ca) ==
	    -1)
		result = -1;
	if (!options->no_sign_request &&
	    find_credentials(settings, profiles, options->profile,
		&problems->credentials) == -1)
		result = -1;
	profiles_free(profiles);
	return result;
}

/* All of it; what was found before an error is freed. */
int
aws_settings_load(struct aws_settings *settings,
    const struct aws_options *options, struct err *err)
{
	struct aws_problems problems;
	const struct err *const all[] = { &problems.files, &problems.endpoint,
		&problems.ca, &problems.credentials };
	size_t first = 0;

	if (aws_settings_look(settings, options, &problems) == 0)
		return 0;
	aws_settings_clear(settings);
	while (*all[first]->text == '\0')
		first++;
	return err_set(err, "%s", all[first]->text);
}

/* For struct swf_client_config. */
const struct credentials *
aws_settings_credentials(const struct aws_settings *settings)
{
	return settings->no_sign_request ? NULL : &settings->credentials;
}

/* Cleared settings can be cleared again. */
void
aws_settings_clear(struct aws_settings *settings)
{
	credentials_clear(&settings->credentials);
	source_free(settings->source);
	free(settings->ca_file);
	free(settings->ca_dir);
	free(settings->ca_source);
	free(settings->profile);
	*settings = (struct aws_settings){ 0 };
}
