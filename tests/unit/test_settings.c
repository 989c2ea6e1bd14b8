/* SPDX-License-Identifier: MIT */
/*
 * aws/settings with aws/profile and aws/credentials below it: where region,
 * endpoint, CA and credentials come from, with real files and a real
 * environment, each in a directory of its own.
 */
#include "config.h"

#include "aws/settings.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/credentials.h"
#include "aws/profile.h"
#include "aws/source.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static char home[] = "/tmp/tend-settings-XXXXXX";

/* All variables that have a say; each test begins without them. */
static const char *const variables[] = { "AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION",
	"AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
	"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SWF",
	"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT",
	"AWS_USE_DUALSTACK_ENDPOINT", "AWS_CA_BUNDLE", "CURL_CA_BUNDLE",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" };

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		(void)unsetenv(variables[i]);
	/* The last of the chain is there without being configured. */
	if (setenv("AWS_EC2_METADATA_DISABLED", "true", 1) == -1)
		return -1;
	(void)strlcpy(home, "/tmp/tend-settings-XXXXXX", sizeof(home));
	if (mkdtemp(home) == NULL || setenv("HOME", home, 1) == -1 ||
	    chdir(home) == -1)
		return -1;
	return mkdir(".aws", 0700);
}

static int
teardown(void **state)
{
	(void)state;
	return nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

static void
set_keys(void)
{
	set("AWS_ACCESS_KEY_ID", "envid");
	set("AWS_SECRET_ACCESS_KEY", "envsecret");
}

static void
load(struct aws_settings *settings, const struct aws_options *options)
{
	struct err err = { "" };

	if (aws_settings_load(settings, options, &err) == -1)
		fail_msg("%s", err.text);
}

/* Loads what must be refused, in one line that has each of "said". */
static void
refuse(const struct aws_options *options, const char *const *said)
{
	struct aws_settings settings;
	struct err err = { "" };

	assert_int_equal(aws_settings_load(&settings, options, &err), -1);
	for (; *said != NULL; said++)
		if (strstr(err.text, *said) == NULL)
			fail_msg("'%s' does not have '%s'", err.text, *said);
	assert_null(strchr(err.text, '\n'));
	assert_null(settings.source);
}

#define REFUSE(options, ...) \
	refuse(options, (const char *const[]){ __VA_ARGS__, NULL })

static const struct aws_options nothing = { .region = "us-east-1" };

static void
on_given(void *arg, const struct source_answer *answer)
{
	assert_int_equal(answer->end, SOURCE_GIVEN);
	credentials_copy(arg, answer->credentials);
}

static void
assert_credentials(const struct aws_settings *settings, const char *id,
    const char *secret, const char *token)
{
	struct credentials got = { 0 };

	source_ask(settings->source, NULL, on_given, &got);
	assert_string_equal(got.access_key_id, id);
	assert_string_equal(got.secret_access_key, secret);
	if (token == NULL)
		assert_null(got.session_token);
	else
		assert_string_equal(got.session_token, token);
	credentials_clear(&got);
}

/* What is not asked at once, by the name of its provider. */
static void
assert_source(const struct aws_options *options, const char *name)
{
	struct aws_settings settings;

	load(&settings, options);
	assert_string_equal(source_traits(settings.source)->name, name);
	aws_settings_clear(&settings);
}

/* ---- credentials --------------------------------------------------------- */

static void
test_environment(void **state)
{
	struct aws_settings settings;

	(void)state;
	set_keys();
	load(&settings, &nothing);
	assert_credentials(&settings, "envid", "envsecret", NULL);
	assert_string_equal(source_text(settings.source), "environment");
	aws_settings_clear(&settings);
	set("AWS_SESSION_TOKEN", "token");
	load(&settings, &nothing);
	assert_credentials(&settings, "envid", "envsecret", "token");
	aws_settings_clear(&settings);
	/* The old name still comes first, as in botocore. */
	set("AWS_SECURITY_TOKEN", "old");
	load(&settings, &nothing);
	assert_credentials(&settings, "envid", "envsecret", "old");
	aws_settings_clear(&settings);
	set("AWS_SECURITY_TOKEN", "");
	set("AWS_SESSION_TOKEN", "");
	load(&settings, &nothing);
	assert_credentials(&settings, "envid", "envsecret", NULL);
	aws_settings_clear(&settings);
}

static void
test_half_a_pair(void **state)
{
	(void)state;
	set("AWS_ACCESS_KEY_ID", "envid");
	REFUSE(&nothing, "AWS_SECRET_ACCESS_KEY is not", "set both");
	set("AWS_SECRET_ACCESS_KEY", "");
	REFUSE(&nothing, "AWS_SECRET_ACCESS_KEY is not");
	set("AWS_SECRET_ACCESS_KEY", "s3cret");
	set("AWS_ACCESS_KEY_ID", "");
	REFUSE(&nothing, "AWS_ACCESS_KEY_ID is not");
	(void)unsetenv("AWS_SECRET_ACCESS_KEY");
	write_file(".aws/credentials", "[default]\naws_access_key_id = a\n");
	REFUSE(&nothing, "profile 'default'", "/.aws/credentials",
	    "no aws_secret_access_key");
}

static void
test_no_credentials(void **state)
{
	static const struct aws_options named = { .region = "us-east-1",
		.profile = "p" };

	(void)state;
	REFUSE(&nothing, "no credentials", "AWS_ACCESS_KEY_ID",
	    "profile 'default'", "/.aws/credentials", "/.aws/config",
	    "--no-sign-request");
	/* The environment's keys do not count with --profile: it says so. */
	set_keys();
	write_file(".aws/config", "[profile p]\nregion = eu-west-1\n");
	REFUSE(&named, "no credentials", "by --profile", "profile 'p'");
}

/* Whoever wants to see it all sees what is good beside what is not. */
static void
test_look(void **state)
{
	static const struct aws_options options = { .ca_bundle = "/none" };
	struct aws_problems problems;
	struct aws_settings settings;

	(void)state;
	set_keys();
	set("AWS_PROFILE", "p");
	write_file(".aws/config", "[profile p]\noutput = json\n");
	assert_int_equal(aws_settings_look(&settings, &options, &problems), -1);
	assert_string_equal(problems.files.text, "");
	assert_non_null(strstr(problems.endpoint.text, "no region"));
	assert_non_null(strstr(problems.ca.text, "/none"));
	assert_string_equal(problems.credentials.text, "");
	assert_string_equal(settings.profile, "p");
	assert_string_equal(settings.profile_source, "AWS_PROFILE");
	assert_non_null(settings.source);
	aws_settings_clear(&settings);

	/* The first of them is what is said where one is enough. */
	REFUSE(&options, "no region");

	write_file(".aws/config", "[broken\n");
	assert_int_equal(aws_settings_look(&settings, &options, &problems), -1);
	assert_non_null(strstr(problems.files.text, "line 1"));
	assert_string_equal(problems.endpoint.text, "");
	assert_null(settings.source);
	aws_settings_clear(&settings);
}

static void
test_look_at_what_is_good(void **state)
{
	struct aws_problems problems;
	struct aws_settings settings;

	(void)state;
	set_keys();
	assert_int_equal(aws_settings_look(&settings, &nothing, &problems), 0);
	assert_string_equal(settings.profile, "default");
	assert_null(settings.profile_source);
	aws_settings_clear(&settings);
}

static void
test_unsigned(void **state)
{
	static const struct aws_options options = { .region = "us-east-1",
		.no_sign_request = true };
	struct aws_settings settings;

	(void)state;
	load(&settings, &options);
	assert_null(settings.source);
	aws_settings_clear(&settings);
}

static void
test_profiles(void **state)
{
	struct aws_options options = { .region = "us-east-1" };
	struct aws_settings settings;

	(void)state;
	write_file(".aws/credentials",
	    "[default]\naws_access_key_id = d\naws_secret_access_key = ds\n"
	    "[p]\naws_access_key_id = p\naws_secret_access_key = ps\n"
	    "aws_session_token = pt\n"
	    "[a b]\naws_access_key_id = ab\naws_secret_access_key = abs\n");
	write_file(".aws/config",
	    "[profile c]\naws_access_key_id = c\n"
	    "aws_secret_access_key = cs\n"
	    "[profile q]\naws_access_key_id = q\n"
	    "aws_secret_access_key = qs\n"
	    /* In this file a section without "profile" is no profile. */
	    "[r]\nregion = x\n");
	load(&settings, &options);
	assert_credentials(&settings, "d", "ds", NULL);
	assert_non_null(strstr(source_text(settings.source),
	    "/.aws/credentials"));
	aws_settings_clear(&settings);
	set("AWS_DEFAULT_PROFILE", "p");
	load(&settings, &options);
	assert_credentials(&settings, "p", "ps", "pt");
	assert_string_equal(settings.profile, "p");
	aws_settings_clear(&settings);
	set("AWS_PROFILE", "c");
	load(&settings, &options);
	assert_credentials(&settings, "c", "cs", NULL);
	aws_settings_clear(&settings);
	/* Keys of the environment beat AWS_PROFILE, but not --profile. */
	set_keys();
	load(&settings, &options);
	assert_credentials(&settings, "envid", "envsecret", NULL);
	aws_settings_clear(&settings);
	options.profile = "q";
	load(&settings, &options);
	assert_credentials(&settings, "q", "qs", NULL);
	aws_settings_clear(&settings);
	options.profile = "a b";
	load(&settings, &options);
	assert_credentials(&settings, "ab", "abs", NULL);
	aws_settings_clear(&settings);
	options.profile = "b";
	REFUSE(&options, "--profile", "no profile 'b'");
	options.profile = "r";
	REFUSE(&options, "--profile", "no profile 'r'", "/.aws/config",
	    "/.aws/credentials");
}

static void
test_merged(void **state)
{
	struct aws_settings settings;

	(void)state;
	write_file(".aws/config",
	    "[default]\nregion = eu-west-2\naws_access_key_id = c\n"
	    "aws_secret_access_key = cs\n");
	write_file(".aws/credentials",
	    "[default]\nregion = eu-west-1\naws_access_key_id = s\n"
	    "aws_secret_access_key = ss\n");
	load(&settings, &(struct aws_options){ 0 });
	assert_credentials(&settings, "s", "ss", NULL);
	assert_string_equal(settings.endpoint.region, "eu-west-1");
	assert_string_equal(settings.endpoint.region_source,
	    "region of profile 'default'");
	aws_settings_clear(&settings);
}

/* [profile default] beats [default], wherever it stands. */
static void
test_default_twice(void **state)
{
	struct aws_settings settings;

	(void)state;
	set_keys();
	write_file(".aws/config",
	    "[profile default]\nregion = eu-west-1\n"
	    "[default]\nregion = eu-west-2\nca_bundle = /nowhere\n");
	load(&settings, &(struct aws_options){ 0 });
	assert_string_equal(settings.endpoint.region, "eu-west-1");
	aws_settings_clear(&settings);
}

static void
test_file_names(void **state)
{
	static const char text[] = "[default]\naws_access_key_id = f\n"
				   "aws_secret_access_key = fs\n";
	struct aws_settings settings;
	char path[64];

	(void)state;
	write_file("other", text);
	set("AWS_SHARED_CREDENTIALS_FILE", "~/other");
	load(&settings, &nothing);
	assert_credentials(&settings, "f", "fs", NULL);
	aws_settings_clear(&settings);
	(void)snprintf(path, sizeof(path), "%s/other", home);
	set("AWS_SHARED_CREDENTIALS_FILE", path);
	load(&settings, &nothing);
	aws_settings_clear(&settings);
	(void)unsetenv("AWS_SHARED_CREDENTIALS_FILE");
	set("AWS_CONFIG_FILE", path);
	load(&settings, &nothing);
	assert_credentials(&settings, "f", "fs", NULL);
	aws_settings_clear(&settings);
	set("AWS_CONFIG_FILE", "~nobody/other");
	REFUSE(&nothing, "no credentials", "~nobody/other");
}

static void
test_broken_files(void **state)
{
	(void)state;
	set_keys();
	write_file(".aws/config", "[default]\nregion = eu-west-1\nnonsense\n");
	REFUSE(&nothing, "/.aws/config", "line 3");
	write_file(".aws/config", "region = eu-west-1\n");
	REFUSE(&nothing, "/.aws/config", "line 1");
	write_file(".aws/config", "");
	write_file(".aws/credentials", "[default\n");
	REFUSE(&nothing, "/.aws/credentials", "line 1");
	assert_int_equal(unlink(".aws/credentials"), 0);
	assert_int_equal(mkdir(".aws/credentials", 0700), 0);
	REFUSE(&nothing, "/.aws/credentials", "Is a directory");
}

static void
test_huge_file(void **state)
{
	FILE *file = fopen(".aws/config", "w");

	(void)state;
	set_keys();
	for (int i = 0; i < 200000; i++)
		assert_true(fputs("# nothing\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	REFUSE(&nothing, "/.aws/config", "over 1048576 bytes");
}

/* What other providers would do is never quietly done by a later one. */
static void
test_refused_providers(void **state)
{
	(void)state;
	write_file(".aws/config",
	    "[default]\nlogin_session = x\n"
	    "aws_access_key_id = a\naws_secret_access_key = b\n");
	REFUSE(&nothing, "login_session", "profile 'default'", "cannot use");
	write_file(".aws/config",
	    "[default]\nsso_account_id = x\n"
	    "aws_access_key_id = a\naws_secret_access_key = b\n");
	REFUSE(&nothing, "single sign-on", "profile 'default'",
	    "sso_role_name");
	write_file(".aws/config",
	    "[default]\ncredential_process = /bin/x\n"
	    "aws_access_key_id = a\naws_secret_access_key = b\n");
	assert_source(&nothing, "process");
	write_file(".aws/config",
	    "[default]\nrole_arn = r\n"
	    "aws_access_key_id = a\naws_secret_access_key = b\n");
	REFUSE(&nothing, "role_arn", "profile 'default'", "source_profile");
	write_file(".aws/config",
	    "[default]\nweb_identity_token_file = f\n"
	    "aws_access_key_id = a\naws_secret_access_key = b\n");
	REFUSE(&nothing, "profile 'default'", "role_arn");
}

/* Keys of the credentials file come before these, as in botocore. */
static void
test_shared_keys_beat_process(void **state)
{
	struct aws_settings settings;

	(void)state;
	write_file(".aws/credentials",
	    "[default]\naws_access_key_id = s\naws_secret_access_key = ss\n");
	write_file(".aws/config",
	    "[default]\ncredential_process = /bin/x\nlogin_session = y\n");
	load(&settings, &nothing);
	assert_credentials(&settings, "s", "ss", NULL);
	aws_settings_clear(&settings);
}

static void
test_variables(void **state)
{
	static const struct aws_options named = { .region = "us-east-1",
		.profile = "default" };
	struct aws_settings settings;

	(void)state;
	set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x");
	assert_source(&nothing, "container");
	(void)unsetenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/x");
	assert_source(&nothing, "container");
	/* A profile comes before it... */
	write_file(".aws/credentials",
	    "[default]\naws_access_key_id = s\naws_secret_access_key = ss\n");
	load(&settings, &nothing);
	assert_credentials(&settings, "s", "ss", NULL);
	aws_settings_clear(&settings);
	/* ...and web identity before a profile, unless that is named. */
	set("AWS_WEB_IDENTITY_TOKEN_FILE", "/token");
	REFUSE(&nothing, "AWS_WEB_IDENTITY_TOKEN_FILE");
	load(&settings, &named);
	assert_credentials(&settings, "s", "ss", NULL);
	aws_settings_clear(&settings);
	set_keys();
	load(&settings, &nothing);
	assert_credentials(&settings, "envid", "envsecret", NULL);
	aws_settings_clear(&settings);
}

/* ---- region and endpoint ------------------------------------------------- */

static void
assert_region(const struct aws_options *options, const char *region,
    const char *from)
{
	struct aws_settings settings;

	load(&settings, options);
	assert_string_equal(settings.endpoint.region, region);
	assert_string_equal(settings.endpoint.region_source, from);
	aws_settings_clear(&settings);
}

static void
test_region(void **state)
{
	static const struct aws_options option = { .region = "r-option" };
	static const struct aws_options none = { 0 };

	(void)state;
	set_keys();
	REFUSE(&none, "no region", "--region", "AWS_REGION");
	write_file(".aws/config", "[default]\nregion = r-profile\n");
	assert_region(&none, "r-profile", "region of profile 'default'");
	set("AWS_DEFAULT_REGION", "r-default");
	assert_region(&none, "r-default", "AWS_DEFAULT_REGION");
	set("AWS_REGION", "r-env");
	assert_region(&none, "r-env", "AWS_REGION");
	assert_region(&option, "r-option", "--region");
	set("AWS_REGION", "");
	assert_region(&none, "r-default", "AWS_DEFAULT_REGION");
	set("AWS_REGION", "not a region");
	REFUSE(&none, "AWS_REGION", "'not a region'");
}

static void
assert_url(const struct aws_options *options, const char *url, const char *from)
{
	struct aws_settings settings;

	load(&settings, options);
	assert_string_equal(settings.endpoint.url, url);
	assert_string_equal(settings.endpoint.url_source, from);
	aws_settings_clear(&settings);
}

static void
test_endpoint_order(void **state)
{
	static const struct aws_options option = { .region = "us-east-1",
		.endpoint_url = "https://option" };

	(void)state;
	set_keys();
	assert_url(&nothing, "https://swf.us-east-1.amazonaws.com/", "region");
	write_file(".aws/config",
	    "[default]\nendpoint_url = https://profile\n");
	assert_url(&nothing, "https://profile/",
	    "endpoint_url of profile 'default'");
	write_file(".aws/config",
	    "[default]\nservices = mine\nendpoint_url = https://profile\n"
	    "[services mine]\nsqs =\n  endpoint_url = https://sqs\n"
	    "swf =\n  endpoint_url = https://services\n");
	assert_url(&nothing, "https://services/",
	    "services mine of profile 'default'");
	set("AWS_ENDPOINT_URL", "https://all");
	assert_url(&nothing, "https://all/", "AWS_ENDPOINT_URL");
	set("AWS_ENDPOINT_URL_SWF", "https://swf");
	assert_url(&nothing, "https://swf/", "AWS_ENDPOINT_URL_SWF");
	assert_url(&option, "https://option/", "--endpoint-url");
	set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE");
	assert_url(&nothing, "https://swf.us-east-1.amazonaws.com/", "region");
	assert_url(&option, "https://option/", "--endpoint-url");
}

static void
test_services_section(void **state)
{
	(void)state;
	set_keys();
	write_file(".aws/config",
	    "[default]\nservices = other\n"
	    "[services mine]\nswf =\n  endpoint_url = https://services\n");
	REFUSE(&nothing, "services = other", "[services other]",
	    "/.aws/config");
	/* Without an entry for SWF the profile's own is next. */
	write_file(".aws/config",
	    "[default]\nservices = mine\n"
	    "endpoint_url = https://profile\n[services mine]\n");
	assert_url(&nothing, "https://profile/",
	    "endpoint_url of profile 'default'");
}

static void
test_fips_and_dualstack(void **state)
{
	static const struct aws_options option = { .region = "us-east-1",
		.endpoint_url = "https://option" };

	(void)state;
	set_keys();
	set("AWS_USE_FIPS_ENDPOINT", "true");
	assert_url(&nothing, "https://swf-fips.us-east-1.amazonaws.com/",
	    "region");
	REFUSE(&option, "--endpoint-url", "AWS_USE_FIPS_ENDPOINT");
	set("AWS_USE_FIPS_ENDPOINT", "yes");
	REFUSE(&nothing, "AWS_USE_FIPS_ENDPOINT", "neither true nor false");
	set("AWS_USE_FIPS_ENDPOINT", "false");
	write_file(".aws/config", "[default]\nuse_fips_endpoint = true\n"
				  "use_dualstack_endpoint = true\n");
	assert_url(&nothing, "https://swf.us-east-1.api.aws/", "region");
}

static void
test_plain_http(void **state)
{
	struct aws_options options = { .region = "us-east-1",
		.endpoint_url = "http://10.0.0.1" };

	(void)state;
	set_keys();
	REFUSE(&options, "--allow-plain-http");
	options.allow_plain_http = true;
	assert_url(&options, "http://10.0.0.1/", "--endpoint-url");
}

/* ---- CA ------------------------------------------------------------------ */

/* "file" is one in the directory of the test. */
static void
assert_ca(const struct aws_options *options, const char *file, const char *dir,
    const char *from)
{
	struct aws_settings settings;
	char path[64];

	load(&settings, options);
	assert_int_equal(settings.ca_file == NULL, file == NULL);
	assert_int_equal(settings.ca_dir == NULL, dir == NULL);
	(void)snprintf(path, sizeof(path), "%s/%s", home,
	    file == NULL ? "" : file);
	if (file != NULL)
		assert_string_equal(settings.ca_file, path);
	if (dir != NULL)
		assert_string_equal(settings.ca_dir, dir);
	if (from == NULL)
		assert_null(settings.ca_source);
	else
		assert_string_equal(settings.ca_source, from);
	aws_settings_clear(&settings);
}

static void
test_ca_order(void **state)
{
	static const char pem[] = "Issuer: me\n-----BEGIN CERTIFICATE-----\n";
	static const struct aws_options option = { .region = "us-east-1",
		.ca_bundle = "ca-option" };

	(void)state;
	set_keys();
	assert_ca(&nothing, NULL, NULL, NULL);
	set("SSL_CERT_DIR", home);
	assert_ca(&nothing, NULL, home, "SSL_CERT_DIR");
	write_file("ca-ssl", pem);
	set("SSL_CERT_FILE", "ca-ssl");
	assert_ca(&nothing, "ca-ssl", NULL, "SSL_CERT_FILE");
	write_file("ca-curl", pem);
	set("CURL_CA_BUNDLE", "ca-curl");
	assert_ca(&nothing, "ca-curl", NULL, "CURL_CA_BUNDLE");
	write_file(".aws/config", "[default]\nca_bundle = ca-profile\n");
	write_file("ca-profile", pem);
	assert_ca(&nothing, "ca-profile", NULL,
	    "ca_bundle of profile 'default'");
	write_file("ca-aws", pem);
	/* Links stay: they are what changes where secrets are mounted. */
	assert_int_equal(symlink("ca-aws", "ca-link"), 0);
	set("AWS_CA_BUNDLE", "ca-link");
	assert_ca(&nothing, "ca-link", NULL, "AWS_CA_BUNDLE");
	write_file("ca-option", pem);
	assert_ca(&option, "ca-option", NULL, "--ca-bundle");
}

static void
test_bad_ca(void **state)
{
	static const struct aws_options plain = { .region = "us-east-1",
		.endpoint_url = "http://127.0.0.1" };
	struct aws_options option = { .region = "us-east-1",
		.endpoint_url = "http://127.0.0.1",
		.ca_bundle = "nowhere" };

	(void)state;
	set_keys();
	set("AWS_CA_BUNDLE", "nowhere");
	REFUSE(&nothing, "AWS_CA_BUNDLE", "nowhere", "No such file");
	/* Without TLS only what the command line says is looked at. */
	assert_ca(&plain, NULL, NULL, NULL);
	REFUSE(&option, "--ca-bundle", "nowhere", "No such file");
	write_file("empty", "");
	option.ca_bundle = "empty";
	REFUSE(&option, "--ca-bundle", "empty", "no certificate");
	write_file("html", "<html>\n");
	option.ca_bundle = "html";
	REFUSE(&option, "--ca-bundle", "html", "no certificate");
	option.ca_bundle = "";
	REFUSE(&option, "--ca-bundle");
}

/* The mark of a certificate may lie across the blocks that are read. */
static void
test_ca_with_a_long_beginning(void **state)
{
	struct aws_options option = { .region = "us-east-1",
		.ca_bundle = "long" };
	FILE *file = fopen("long", "w");

	(void)state;
	set_keys();
	for (int i = 0; i < 8185; i++)
		assert_int_equal(fputc('#', file), '#');
	assert_true(fputs("-----BEGIN CERTIFICATE-----\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_ca(&option, "long", NULL, "--ca-bundle");
}

/* ---- the parts ----------------------------------------------------------- */

static void
test_last_one_wins(void **state)
{
	struct profiles *profiles;

	(void)state;
	write_file(".aws/config", "[default]\nregion = a\nREGION = b\n"
				  "[default]\noutput = json\nregion =\n");
	profiles = profiles_load(NULL, NULL);
	assert_non_null(profiles);
	/* Set to nothing is not set. */
	assert_null(profiles_get(profiles, "default", "region"));
	assert_string_equal(profiles_get(profiles, "default", "output"),
	    "json");
	assert_string_equal(profiles_name(profiles), "default");
	profiles_free(profiles);
}

static void
test_copy(void **state)
{
	struct credentials copy;
	struct aws_settings settings;

	(void)state;
	set_keys();
	load(&settings, &nothing);
	source_ask(settings.source, NULL, on_given, &copy);
	aws_settings_clear(&settings);
	aws_settings_clear(&settings);
	assert_string_equal(copy.access_key_id, "envid");
	assert_null(copy.session_token);
	credentials_clear(&copy);
	credentials_clear(&copy);
	assert_null(copy.access_key_id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_environment),
		TEST(test_half_a_pair),
		TEST(test_no_credentials),
		TEST(test_unsigned),
		TEST(test_look),
		TEST(test_look_at_what_is_good),
		TEST(test_profiles),
		TEST(test_merged),
		TEST(test_default_twice),
		TEST(test_file_names),
		TEST(test_broken_files),
		TEST(test_huge_file),
		TEST(test_refused_providers),
		TEST(test_shared_keys_beat_process),
		TEST(test_variables),
		TEST(test_region),
		TEST(test_endpoint_order),
		TEST(test_services_section),
		TEST(test_fips_and_dualstack),
		TEST(test_plain_http),
		TEST(test_ca_order),
		TEST(test_bad_ca),
		TEST(test_ca_with_a_long_beginning),
		TEST(test_last_one_wins),
		TEST(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
