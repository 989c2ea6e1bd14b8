/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/address.h"
#include "aws/chain.h"
#include "aws/profile.h"
#include "aws/said.h"
#include "aws/source.h"
#include "base/file.h"
#include "base/mem.h"

static void
find_region(struct said *said, const char *option,
    const struct profiles *profiles)
{
	said->value = NULL;
	(void)(said_in_option(said, "--region", option) ||
	       said_in_environment(said, "AWS_REGION") ||
	       said_in_environment(said, "AWS_DEFAULT_REGION") ||
	       said_in_profile(said, profiles, "region"));
}

static int
find_endpoint(struct endpoint *endpoint, const struct aws_options *options,
    const struct profiles *profiles, struct err *err)
{
	struct address_wish wish = { .service = ENDPOINT_SWF,
		.url = options->endpoint_url,
		.allow_plain = options->allow_plain_http };
	struct said region;

	find_region(&region, options->region, profiles);
	wish.region = region.value;
	wish.region_source = region.source;
	return address_find(endpoint, &wish, profiles, err);
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
		settings->ca_dir = file_absolute(said->value);
	else if (has_certificate(fd))
		settings->ca_file = file_absolute(said->value);
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
	if (said_in_option(&said, "--ca-bundle", option) ||
	    said_in_environment(&said, "AWS_CA_BUNDLE") ||
	    said_in_profile(&said, profiles, "ca_bundle") ||
	    said_in_environment(&said, "CURL_CA_BUNDLE") ||
	    said_in_environment(&said, "SSL_CERT_FILE") ||
	    said_in_environment(&said, "SSL_CERT_DIR"))
		return check_ca(settings, &said, err);
	return 0;
}

static int
find_credentials(struct aws_settings *settings, const struct profiles *profiles,
    const struct aws_options *options, struct err *err)
{
	const char *region = settings->endpoint.region;

	settings->source = chain_find(profiles, options->profile,
	    *region == '\0' ? NULL : region, options->allow_plain_http, err);
	return settings->source == NULL ? -1 : 0;
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
	    find_credentials(settings, profiles, options,
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

/* Cleared settings can be cleared again. */
void
aws_settings_clear(struct aws_settings *settings)
{
	source_free(settings->source);
	free(settings->ca_file);
	free(settings->ca_dir);
	free(settings->ca_source);
	free(settings->profile);
	*settings = (struct aws_settings){ 0 };
}
