/* SPDX-License-Identifier: MIT */
/*
 * aws/endpoint: the rules of the AWS SDKs for SWF, and what is refused.
 */
#include "config.h"

#include "aws/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct endpoint_wish
wish_of(const char *region, const char *url)
{
	return (struct endpoint_wish){ .region = region,
		.region_source = "--region",
		.url = url,
		.url_source = "--endpoint-url" };
}

/* Rows in the order plain, FIPS, dual-stack, both. */
static const struct {
	const char *region;
	const char *host[4];
} by_region[] = {
	{ "us-east-1",
	    { "swf.us-east-1.amazonaws.com", "swf-fips.us-east-1.amazonaws.com",
		"swf.us-east-1.api.aws", "swf-fips.us-east-1.api.aws" } },
	{ "mx-central-1",
	    { "swf.mx-central-1.amazonaws.com",
		"swf-fips.mx-central-1.amazonaws.com",
		"swf.mx-central-1.api.aws", "swf-fips.mx-central-1.api.aws" } },
	{ "cn-north-1",
	    { "swf.cn-north-1.amazonaws.com.cn",
		"swf-fips.cn-north-1.amazonaws.com.cn",
		"swf.cn-north-1.api.amazonwebservices.com.cn",
		"swf-fips.cn-north-1.api.amazonwebservices.com.cn" } },
	/* GovCloud: the plain one is FIPS, the dual-stack one is too. */
	{ "us-gov-west-1", { "swf.us-gov-west-1.amazonaws.com",
			       "swf.us-gov-west-1.amazonaws.com",
			       "swf-fips.us-gov-west-1.api.aws",
			       "swf-fips.us-gov-west-1.api.aws" } },
	{ "us-iso-east-1", { "swf.us-iso-east-1.c2s.ic.gov",
			       "swf-fips.us-iso-east-1.c2s.ic.gov",
			       "swf.us-iso-east-1.api.aws.ic.gov",
			       "swf-fips.us-iso-east-1.api.aws.ic.gov" } },
	{ "us-isob-east-1", { "swf.us-isob-east-1.sc2s.sgov.gov",
				"swf-fips.us-isob-east-1.sc2s.sgov.gov",
				"swf.us-isob-east-1.api.aws.scloud",
				"swf-fips.us-isob-east-1.api.aws.scloud" } },
	{ "eu-isoe-west-1",
	    { "swf.eu-isoe-west-1.cloud.adc-e.uk",
		"swf-fips.eu-isoe-west-1.cloud.adc-e.uk",
		"swf.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
		"swf-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk" } },
	{ "us-isof-south-1",
	    { "swf.us-isof-south-1.csp.hci.ic.gov",
		"swf-fips.us-isof-south-1.csp.hci.ic.gov",
		"swf.us-isof-south-1.api.aws.hci.ic.gov",
		"swf-fips.us-isof-south-1.api.aws.hci.ic.gov" } },
	{ "eusc-de-east-1",
	    { "swf.eusc-de-east-1.amazonaws.eu",
		"swf-fips.eusc-de-east-1.amazonaws.eu",
		"swf.eusc-de-east-1.api.amazonwebservices.eu",
		"swf-fips.eusc-de-east-1.api.amazonwebservices.eu" } },
	/* A region that nobody knows yet. */
	{ "xx-new-1",
	    { "swf.xx-new-1.amazonaws.com", "swf-fips.xx-new-1.amazonaws.com",
		"swf.xx-new-1.api.aws", "swf-fips.xx-new-1.api.aws" } },
};

static void
test_partitions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(by_region); i++) {
		for (unsigned j = 0; j < 4; j++) {
			struct endpoint_wish wish =
			    wish_of(by_region[i].region, NULL);
			struct endpoint endpoint;
			char url[ENDPOINT_URL];

			wish.fips = (j & 1) != 0;
			wish.dualstack = (j & 2) != 0;
			assert_int_equal(endpoint_make(&endpoint, &wish, NULL),
			    0);
			assert_string_equal(endpoint.host,
			    by_region[i].host[j]);
			(void)strlcpy(url, "https://", sizeof(url));
			(void)strlcat(url, endpoint.host, sizeof(url));
			(void)strlcat(url, "/", sizeof(url));
			assert_string_equal(endpoint.url, url);
			assert_true(endpoint.tls);
			assert_false(endpoint.loopback);
		}
	}
}

static void
test_partition_names(void **state)
{
	static const char *const names[][2] = {
		{ "us-east-1", "aws" },
		{ "eu-west-1", "aws" },
		{ "xx-new-1", "aws" },
		{ "cn-north-1", "aws-cn" },
		{ "us-gov-west-1", "aws-us-gov" },
		{ "us-iso-east-1", "aws-iso" },
		{ "us-isob-east-1", "aws-iso-b" },
		{ "eu-isoe-west-1", "aws-iso-e" },
		{ "us-isof-south-1", "aws-iso-f" },
		{ "eusc-de-east-1", "aws-eusc" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(endpoint_partition(names[i][0]),
		    names[i][1]);
}

/* The services that hand out credentials; plain, FIPS, dual-stack, both. */
static const struct {
	enum endpoint_service service;
	const char *region;
	const char *host[4];
} by_service[] = {
	{ ENDPOINT_STS, "eu-west-1",
	    { "sts.eu-west-1.amazonaws.com", "sts-fips.eu-west-1.amazonaws.com",
		"sts.eu-west-1.api.aws", "sts-fips.eu-west-1.api.aws" } },
	{ ENDPOINT_STS, "us-gov-east-1",
	    { "sts.us-gov-east-1.amazonaws.com",
		"sts.us-gov-east-1.amazonaws.com", "sts.us-gov-east-1.api.aws",
		"sts-fips.us-gov-east-1.api.aws" } },
	{ ENDPOINT_STS, "cn-north-1",
	    { "sts.cn-north-1.amazonaws.com.cn",
		"sts-fips.cn-north-1.amazonaws.com.cn",
		"sts.cn-north-1.api.amazonwebservices.com.cn",
		"sts-fips.cn-north-1.api.amazonwebservices.com.cn" } },
	{ ENDPOINT_SSO, "eu-west-1",
	    { "portal.sso.eu-west-1.amazonaws.com",
		"portal.sso-fips.eu-west-1.amazonaws.com",
		"portal.sso.eu-west-1.api.aws",
		"portal.sso-fips.eu-west-1.api.aws" } },
	{ ENDPOINT_OIDC, "us-gov-west-1",
	    { "oidc.us-gov-west-1.amazonaws.com",
		"oidc.us-gov-west-1.amazonaws.com",
		"oidc.us-gov-west-1.api.aws",
		"oidc-fips.us-gov-west-1.api.aws" } },
};

static void
test_services(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(by_service); i++) {
		for (unsigned j = 0; j < 4; j++) {
			struct endpoint_wish wish =
			    wish_of(by_service[i].region, NULL);
			struct endpoint endpoint;

			wish.service = by_service[i].service;
			wish.fips = (j & 1) != 0;
			wish.dualstack = (j & 2) != 0;
			assert_int_equal(endpoint_make(&endpoint, &wish, NULL),
			    0);
			assert_string_equal(endpoint.host,
			    by_service[i].host[j]);
		}
	}
}

/* Where it is not asked for, or never was, STS stays regional. */
static void
test_global_endpoint(void **state)
{
	struct endpoint_wish wish = wish_of("eu-west-1", NULL);
	struct endpoint endpoint;

	(void)state;
	wish.global = true;
	assert_int_equal(endpoint_make(&endpoint, &wish, NULL), 0);
	assert_string_equal(endpoint.url,
	    "https://swf.eu-west-1.amazonaws.com/");
	wish.service = ENDPOINT_STS;
	assert_int_equal(endpoint_make(&endpoint, &wish, NULL), 0);
	assert_string_equal(endpoint.url, "https://sts.amazonaws.com/");
	assert_string_equal(endpoint.region, "us-east-1");
	wish.fips = true;
	assert_int_equal(endpoint_make(&endpoint, &wish, NULL), 0);
	assert_string_equal(endpoint.host, "sts-fips.eu-west-1.amazonaws.com");
	assert_string_equal(endpoint.region, "eu-west-1");
	wish.fips = false;
	wish.region = "me-south-1";
	assert_int_equal(endpoint_make(&endpoint, &wish, NULL), 0);
	assert_string_equal(endpoint.host, "sts.me-south-1.amazonaws.com");
	wish.region = "eu-west-1";
	wish.url = "https://h";
	assert_int_equal(endpoint_make(&endpoint, &wish, NULL), 0);
	assert_string_equal(endpoint.host, "h");
	assert_string_equal(endpoint.region, "eu-west-1");
}

static const struct {
	const char *said;
	const char *url;
	const char *host;
	bool tls;
	bool loopback;
} by_url[] = {
	{ "https://swf.example", "https://swf.example/", "swf.example", true,
	    false },
	{ "https://swf.example/", "https://swf.example/", "swf.example", true,
	    false },
	/* The scheme's own port is neither sent nor signed. */
	{ "https://swf.example:443", "https://swf.example/", "swf.example",
	    true, false },
	{ "https://swf.example:80", "https://swf.example:80/", "swf.example:80",
	    true, false },
	{ "http://localhost:80/", "http://localhost/", "localhost", false,
	    true },
	{ "http://127.0.0.1:8080", "http://127.0.0.1:8080/", "127.0.0.1:8080",
	    false, true },
	{ "http://127.255.0.9:1", "http://127.255.0.9:1/", "127.255.0.9:1",
	    false, true },
	{ "http://[::1]:65535/", "http://[::1]:65535/", "[::1]:65535", false,
	    true },
	{ "http://[0:0:0:0:0:0:0:1]", "http://[0:0:0:0:0:0:0:1]/",
	    "[0:0:0:0:0:0:0:1]", false, true },
	{ "https://[FD00:EC2::23]:443", "https://[fd00:ec2::23]/",
	    "[fd00:ec2::23]", true, false },
	{ "HTTPS://SWF.Example:0443", "https://swf.example/", "swf.example",
	    true, false },
	{ "HTTP://LocalHost", "http://localhost/", "localhost", false, true },
	{ "https://my_host-1.local", "https://my_host-1.local/",
	    "my_host-1.local", true, false },
};

static void
test_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(by_url); i++) {
		struct endpoint_wish wish =
		    wish_of("eu-west-1", by_url[i].said);
		struct endpoint endpoint;
		struct err err = { "" };

		if (endpoint_make(&endpoint, &wish, &err) == -1)
			fail_msg("%s: %s", by_url[i].said, err.text);
		assert_string_equal(endpoint.url, by_url[i].url);
		assert_string_equal(endpoint.host, by_url[i].host);
		assert_string_equal(endpoint.region, "eu-west-1");
		assert_string_equal(endpoint.url_source, "--endpoint-url");
		assert_int_equal(endpoint.tls, by_url[i].tls);
		assert_int_equal(endpoint.loopback, by_url[i].loopback);
	}
}

#define LONG64                             \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* What is refused, and words that the text must have. */
static const struct {
	struct endpoint_wish wish;
	const char *said[2];
} refused[] = {
	{ { .region = NULL, .region_source = "" },
	    { "no region", "--region" } },
	{ { .region = "", .region_source = "AWS_REGION" },
	    { "AWS_REGION", "like us-east-1" } },
	{ { .region = "us_east_1", .region_source = "--region" },
	    { "--region", "us_east_1" } },
	{ { .region = "US-EAST-1", .region_source = "--region" },
	    { "--region", "US-EAST-1" } },
	{ { .region = "-us-east-1", .region_source = "--region" },
	    { "--region", "-us-east-1" } },
	{ { .region = "us-east-", .region_source = "--region" },
	    { "--region", "us-east-" } },
	{ { .region = "-", .region_source = "--region" },
	    { "--region", "like us-east-1" } },
	{ { .region = "10", .region_source = "--region" },
	    { "--region", "like us-east-1" } },
	{ { .region = "evil.com/", .region_source = "--region" },
	    { "--region", "evil.com/" } },
	{ { .region = LONG64, .region_source = "--region" },
	    { "--region", LONG64 } },
	{ { .url = "https://swf.example", .url_source = "x" },
	    { "no region", "--region" } },
	{ { .url = "ftp://h", .url_source = "--endpoint-url" },
	    { "--endpoint-url", "http:// or https://" } },
	{ { .url = "127.0.0.1:8080", .url_source = "AWS_ENDPOINT_URL" },
	    { "AWS_ENDPOINT_URL", "http:// or https://" } },
	{ { .url = "https:/h", .url_source = "x" },
	    { "http:// or https://", "it must be like" } },
	{ { .url = "https://", .url_source = "x" },
	    { "no valid host", "it must be like" } },
	{ { .url = "https://:443", .url_source = "x" },
	    { "no valid host", "" } },
	{ { .url = "https:///path", .url_source = "x" },
	    { "no valid host", "" } },
	{ { .url = "https://a b", .url_source = "x" },
	    { "no valid host", "" } },
	{ { .url = "https://h\r\nX-Evil: 1", .url_source = "x" },
	    { "no valid host", "" } },
	{ { .url = "https://h/path", .url_source = "x" },
	    { "nothing may follow", "https://h/path" } },
	{ { .url = "https://h//", .url_source = "x" },
	    { "nothing may follow", "" } },
	{ { .url = "https://h?a=b", .url_source = "x" },
	    { "nothing may follow", "" } },
	{ { .url = "https://h/?a=b", .url_source = "x" },
	    { "nothing may follow", "" } },
	{ { .url = "https://h#f", .url_source = "x" },
	    { "nothing may follow", "" } },
	{ { .url = "https://h:", .url_source = "x" }, { "port", "" } },
	{ { .url = "https://h:0", .url_source = "x" }, { "port", "" } },
	{ { .url = "https://h:65536", .url_source = "x" }, { "port", "" } },
	{ { .url = "https://h:99999999999", .url_source = "x" },
	    { "port", "" } },
	{ { .url = "https://h:8o", .url_source = "x" },
	    { "nothing may follow", "" } },
	{ { .url = "https://[::1", .url_source = "x" },
	    { "not an IPv6 address", "" } },
	{ { .url = "https://[nonsense]", .url_source = "x" },
	    { "not an IPv6 address", "" } },
	{ { .url = "https://[::1]x", .url_source = "x" },
	    { "nothing may follow", "" } },
	{ { .url = "http://swf.example", .url_source = "x" },
	    { "unencrypted", "--allow-plain-http" } },
	{ { .url = "http://0.0.0.0", .url_source = "x" },
	    { "unencrypted", "" } },
	{ { .url = "http://128.0.0.1", .url_source = "x" },
	    { "unencrypted", "" } },
	/* Only a name that cannot be anything else is this host. */
	{ { .url = "http://localhost.evil.com", .url_source = "x" },
	    { "unencrypted", "" } },
	{ { .url = "http://127.0.0.1.evil.com", .url_source = "x" },
	    { "unencrypted", "" } },
	{ { .url = "http://127.1", .url_source = "x" }, { "unencrypted", "" } },
	{ { .url = "http://[::2]", .url_source = "x" }, { "unencrypted", "" } },
	{ { .url = "https://h", .url_source = "x", .fips = true },
	    { "AWS_USE_FIPS_ENDPOINT", "unset" } },
	{ { .url = "https://h", .url_source = "x", .dualstack = true },
	    { "AWS_USE_DUALSTACK_ENDPOINT", "unset" } },
};

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const char *url = refused[i].wish.url;
		const char *region = refused[i].wish.region;
		struct endpoint endpoint;
		struct err err = { "" };

		if (endpoint_make(&endpoint, &refused[i].wish, &err) == 0)
			fail_msg("'%s' '%s' is taken", url == NULL ? "" : url,
			    region == NULL ? "" : region);
		for (size_t j = 0; j < 2; j++)
			if (strstr(err.text, refused[i].said[j]) == NULL)
				fail_msg("'%s' does not have '%s'", err.text,
				    refused[i].said[j]);
	}
}

/* A password in a URL must not come out in a message. */
static void
test_password_is_not_shown(void **state)
{
	static const char *const urls[] = { "https://me:s3cret@h",
		"http://me:s3cret@127.0.0.1:8080", "ftp://me:s3cret@h",
		"me:s3cret@h" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		struct endpoint_wish wish = wish_of("us-east-1", urls[i]);
		struct endpoint endpoint;
		struct err err = { "" };

		assert_int_equal(endpoint_make(&endpoint, &wish, &err), -1);
		assert_null(strstr(err.text, "s3cret"));
		assert_non_null(strstr(err.text, "--endpoint-url"));
	}
}

static void
test_plain_http_can_be_allowed(void **state)
{
	struct endpoint_wish wish =
	    wish_of("us-east-1", "http://10.0.0.1:8080");
	struct endpoint endpoint;

	(void)state;
	wish.allow_plain = true;
	assert_int_equal(endpoint_make(&endpoint, &wish, NULL), 0);
	assert_string_equal(endpoint.url, "http://10.0.0.1:8080/");
	assert_false(endpoint.loopback);
}

static void
test_this_host_needs_no_region(void **state)
{
	struct endpoint_wish wish = wish_of(NULL, "http://127.0.0.1:8080");
	struct endpoint endpoint;

	(void)state;
	assert_int_equal(endpoint_make(&endpoint, &wish, NULL), 0);
	assert_string_equal(endpoint.region, "us-east-1");
	wish.region = "eu-west-1";
	assert_int_equal(endpoint_make(&endpoint, &wish, NULL), 0);
	assert_string_equal(endpoint.region, "eu-west-1");
}

/* A label of DNS has at most 63 characters: that many are taken. */
static void
test_longest_region(void **state)
{
	struct endpoint_wish wish = wish_of(&LONG64[1], NULL);
	struct endpoint endpoint;

	(void)state;
	assert_int_equal(endpoint_make(&endpoint, &wish, NULL), 0);
	assert_string_equal(endpoint.region, &LONG64[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_partition_names),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_global_endpoint),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_password_is_not_shown),
		cmocka_unit_test(test_plain_http_can_be_allowed),
		cmocka_unit_test(test_this_host_needs_no_region),
		cmocka_unit_test(test_longest_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
