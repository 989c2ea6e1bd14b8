/* SPDX-License-Identifier: MIT */
/*
 * aws/address: where STS and single sign-on are, from all the places where
 * that can be said.  (SWF, with its option, is in test_settings.c.)
 */
#include "config.h"

#include "aws/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/profile.h"
#include "source_rig.h"

static const struct address_wish sts = { .service = ENDPOINT_STS,
	.region = "eu-west-1",
	.region_source = "test" };

static int
find(const struct address_wish *wish, const char *profile,
    struct endpoint *endpoint, struct err *err)
{
	struct profiles *profiles = profiles_load(profile, err);
	int result;

	if (profiles == NULL)
		fail_msg("%s", err->text);
	result = address_find(endpoint, wish, profiles, err);
	profiles_free(profiles);
	return result;
}

static void
assert_url(const struct address_wish *wish, const char *url, const char *source)
{
	struct endpoint endpoint;
	struct err err = { "" };

	if (find(wish, NULL, &endpoint, &err) == -1)
		fail_msg("%s", err.text);
	assert_string_equal(endpoint.url, url);
	assert_string_equal(endpoint.url_source, source);
}

static void
assert_refused(const struct address_wish *wish, const char *said)
{
	struct endpoint endpoint;
	struct err err = { "" };

	assert_int_equal(find(wish, NULL, &endpoint, &err), -1);
	if (strstr(err.text, said) == NULL)
		fail_msg("'%s' does not have '%s'", err.text, said);
}

/* Each is found where nothing before it says another. */
static void
test_order(void **state)
{
	static const struct address_wish sso = { .service = ENDPOINT_SSO,
		.region = "eu-west-1",
		.region_source = "test" };
	static const struct address_wish oidc = { .service = ENDPOINT_OIDC,
		.region = "eu-west-1",
		.region_source = "test" };

	(void)state;
	assert_url(&sts, "https://sts.eu-west-1.amazonaws.com/", "region");
	assert_url(&sso, "https://portal.sso.eu-west-1.amazonaws.com/",
	    "region");
	assert_url(&oidc, "https://oidc.eu-west-1.amazonaws.com/", "region");
	rig_write(".aws/config",
	    "[default]\nservices = s\nendpoint_url = https://all.profile\n"
	    "[services s]\nsts =\n  endpoint_url = https://sts.profile\n"
	    "sso_oidc =\n  endpoint_url = https://oidc.profile\n"
	    "swf =\n  endpoint_url = https://swf.profile\n");
	assert_url(&sts, "https://sts.profile/",
	    "services s of profile 'default'");
	assert_url(&oidc, "https://oidc.profile/",
	    "services s of profile 'default'");
	assert_url(&sso, "https://all.profile/",
	    "endpoint_url of profile 'default'");
	rig_set("AWS_ENDPOINT_URL", "https://all.env");
	assert_url(&sts, "https://all.env/", "AWS_ENDPOINT_URL");
	rig_set("AWS_ENDPOINT_URL_STS", "https://sts.env");
	rig_set("AWS_ENDPOINT_URL_SSO", "https://sso.env");
	rig_set("AWS_ENDPOINT_URL_SSO_OIDC", "https://oidc.env");
	rig_set("AWS_ENDPOINT_URL_SWF", "https://swf.env");
	assert_url(&sts, "https://sts.env/", "AWS_ENDPOINT_URL_STS");
	assert_url(&sso, "https://sso.env/", "AWS_ENDPOINT_URL_SSO");
	assert_url(&oidc, "https://oidc.env/", "AWS_ENDPOINT_URL_SSO_OIDC");
	rig_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True");
	assert_url(&sts, "https://sts.eu-west-1.amazonaws.com/", "region");
	rig_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "");
	rig_write(".aws/config",
	    "[default]\nignore_configured_endpoint_urls = true\n");
	assert_url(&sts, "https://sts.eu-west-1.amazonaws.com/", "region");
}

static void
test_switches(void **state)
{
	(void)state;
	rig_write(".aws/config", "[default]\nuse_fips_endpoint = true\n"
				 "sts_regional_endpoints = legacy\n");
	assert_url(&sts, "https://sts-fips.eu-west-1.amazonaws.com/", "region");
	rig_set("AWS_USE_FIPS_ENDPOINT", "false");
	assert_url(&sts, "https://sts.amazonaws.com/", "region");
	rig_set("AWS_STS_REGIONAL_ENDPOINTS", "Regional");
	assert_url(&sts, "https://sts.eu-west-1.amazonaws.com/", "region");
	rig_set("AWS_USE_DUALSTACK_ENDPOINT", "true");
	assert_url(&sts, "https://sts.eu-west-1.api.aws/", "region");
}

static void
test_refused(void **state)
{
	struct address_wish wish = sts;

	(void)state;
	wish.region = NULL;
	assert_refused(&wish, "no region");
	rig_write(".aws/config", "[default]\nservices = none\n");
	assert_refused(&sts, "no section [services none]");
	rig_set("AWS_STS_REGIONAL_ENDPOINTS", "global");
	rig_write(".aws/config", "");
	assert_refused(&sts, "AWS_STS_REGIONAL_ENDPOINTS");
	rig_set("AWS_STS_REGIONAL_ENDPOINTS", "");
	rig_set("AWS_ENDPOINT_URL", "http://sts.example");
	assert_refused(&sts, "unencrypted");
	wish = sts;
	wish.allow_plain = true;
	assert_url(&wish, "http://sts.example/", "AWS_ENDPOINT_URL");
	rig_set("AWS_USE_FIPS_ENDPOINT", "true");
	assert_refused(&wish, "AWS_USE_FIPS_ENDPOINT");
	rig_set("AWS_USE_FIPS_ENDPOINT", "");
	rig_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "perhaps");
	assert_refused(&sts,
	    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'perhaps' is neither");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_switches),
		TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
