/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PORT_MAX = 65535 };

static const char local_region[] = "us-east-1";

/*
 * The partitions, by how the names of their regions begin; the first that
 * matches counts, and a region that matches none is of the last.  Source:
 * the AWS SDKs' partition table of 2026.
 */
static const struct partition {
	const char *prefix;
	const char *name;
	const char *suffix;
	const char *dual_suffix;
} partitions[] = {
	{ "cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn" },
	{ "us-gov-", "aws-us-gov", "amazonaws.com", "api.aws" },
	{ "us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov" },
	{ "us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud" },
	{ "eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk" },
	{ "us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov" },
	{ "eusc-de-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu" },
	{ "", "aws", "amazonaws.com", "api.aws" },
};

static const struct partition *
find_partition(const char *region)
{
	const struct partition *partition = partitions;

	while (strncmp(region, partition->prefix, strlen(partition->prefix)) !=
	       0)
		partition++;
	return partition;
}

/* Of the table. */
const char *
endpoint_partition(const char *region)
{
	return find_partition(region)->name;
}

static const char *const names[] = {
	[ENDPOINT_SWF] = "swf",
	[ENDPOINT_STS] = "sts",
	[ENDPOINT_SSO] = "portal.sso",
	[ENDPOINT_OIDC] = "oidc",
};

/* "swf.us-east-1.amazonaws.com" */
static void
name_host(const struct endpoint_wish *wish, const char *region,
    char host[ENDPOINT_HOST])
{
	const struct partition *partition = find_partition(region);
	bool gov = strcmp(partition->prefix, "us-gov-") == 0;
	bool fips = wish->fips;

	/* GovCloud's plain endpoints are FIPS, and SWF's dual-stack ones. */
	if (gov && !wish->dualstack)
		fips = false;
	if (gov && wish->dualstack && wish->service == ENDPOINT_SWF)
		fips = true;
	(void)snprintf(host, ENDPOINT_HOST, "%s%s.%s.%s", names[wish->service],
	    fips ? "-fips" : "", region,
	    wish->dualstack ? partition->dual_suffix : partition->suffix);
}

/* The regions that had no endpoint of STS but the one for the world. */
static bool
is_global(const struct endpoint_wish *wish, const char *region)
{
	static const char *const regions[] = { "ap-northeast-1", "ap-south-1",
		"ap-southeast-1", "ap-southeast-2", "ca-central-1",
		"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2",
		"eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1",
		"us-west-2" };

	if (!wish->global || wish->service != ENDPOINT_STS || wish->fips ||
	    wish->dualstack)
		return false;
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		if (strcmp(regions[i], region) == 0)
			return true;
	return false;
}

/* Is it 127.0.0.0/8, ::1 or localhost, as it is written? */
bool
endpoint_is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 &&
	       memcmp(&six, &in6addr_loopback, sizeof(six)) == 0;
}

static int
check_region(const char *region, const char *source, struct err *err)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(region);

	if (len > 0 && len < ENDPOINT_REGION && strspn(region, set) == len &&
	    strspn(region, "0123456789") < len && region[0] != '-' &&
	    region[len - 1] != '-')
		return 0;
	return err_set(err,
	    "%s: '%s' is not a region: it must be like "
	    "us-east-1",
	    source, region);
}

/* The parts of a URL that are wanted, pointing into its text. */
struct parts {
	bool tls;
	const char *host; /* without brackets */
	size_t host_len;
	bool brackets;
	long port; /* 0: the scheme's own */
};

/* A URL with an "@" may hold a password, which is not for everybody's eyes. */
static int
bad_url(const struct endpoint_wish *wish, const char *what, struct err *err)
{
	bool secret = strchr(wish->url, '@') != NULL;

	return err_set(err,
	    "%s: '%s': %s: it must be like "
	    "https://swf.us-east-1.amazonaws.com or http://127.0.0.1:8087",
	    wish->url_source, secret ? "..." : wish->url, what);
}

/* Reads ":port" and an optional "/", which is all that may follow a host. */
static int
parse_rest(const struct endpoint_wish *wish, const char *at,
    struct parts *parts, struct err *err)
{
	if (*at == ':') {
		size_t len = strspn(at + 1, "0123456789");

		parts->port = len > 0 && len < 6 ? strtol(at + 1, NULL, 10) : 0;
		if (parts->port < 1 || parts->port > PORT_MAX)
			return bad_url(wish, "its port is not 1 to 65535", err);
		at += 1 + len;
	}
	if (*at == '/')
		at++;
	if (*at == '\0')
		return 0;
	return bad_url(wish, "nothing may follow the host and its port", err);
}

static bool
is_address_v6(const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr six;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(AF_INET6, copy, &six) == 1;
}

/* Finds the host; returns where it ends, or NULL with "err". */
static const char *
parse_host(const struct endpoint_wish *wish, const char *at,
    struct parts *parts, struct err *err)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

	parts->brackets = *at == '[';
	if (parts->brackets) {
		parts->host = ++at;
		parts->host_len = strcspn(at, "]");
		at += parts->host_len;
		if (*at == ']' && is_address_v6(parts->host, parts->host_len))
			return at + 1;
		(void)bad_url(wish, "its host is not an IPv6 address", err);
		return NULL;
	}
	parts->host = at;
	parts->host_len = strspn(at, set);
	at += parts->host_len;
	if (memchr(parts->host, '@', strcspn(parts->host, "/?#")) != NULL)
		(void)err_set(err,
		    "%s: a URL with a user name or password "
		    "is not taken: credentials come from the environment or "
		    "a profile",
		    wish->url_source);
	else if (parts->host_len == 0 || parts->host_len > 255 ||
		 strchr(":/?#", *at) == NULL)
		(void)bad_url(wish, "it has no valid host name", err);
	else
		return at;
	return NULL;
}

static int
parse_url(const struct endpoint_wish *wish, struct parts *parts,
    struct err *err)
{
	const char *at = wish->url;

	*parts = (struct parts){ 0 };
	if (strncasecmp(at, "https://", 8) == 0) {
		parts->tls = true;
		at += 8;
	} else if (strncasecmp(at, "http://", 7) == 0) {
		at += 7;
	} else {
		return bad_url(wish, "it is not http:// or https://", err);
	}
	at = parse_host(wish, at, parts, err);
	if (at == NULL)
		return -1;
	return parse_rest(wish, at, parts, err);
}

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Host header and URL as they go out: lower case, no needless port. */
static void
spell(struct endpoint *endpoint, const struct parts *parts)
{
	char host[ENDPOINT_HOST];
	char port[8] = "";

	for (size_t i = 0; i < parts->host_len; i++)
		host[i] = lower(parts->host[i]);
	host[parts->host_len] = '\0';
	if (parts->port != 0 && parts->port != (parts->tls ? 443 : 80))
		(void)snprintf(port, sizeof(port), ":%ld", parts->port);
	endpoint->tls = parts->tls;
	endpoint->loopback = endpoint_is_loopback(host);
	(void)snprintf(endpoint->host, ENDPOINT_HOST, "%s%.255s%s%s",
	    parts->brackets ? "[" : "", host, parts->brackets ? "]" : "", port);
}

static int
take_url(struct endpoint *endpoint, const struct endpoint_wish *wish,
    struct err *err)
{
	const char *name = wish->fips ? "FIPS" : "DUALSTACK";
	struct parts parts;

	if (wish->fips || wish->dualstack)
		return err_set(err,
		    "%s: an endpoint of your own cannot be joined with "
		    "AWS_USE_%s_ENDPOINT or the profile's like: unset one of "
		    "the two",
		    wish->url_source, name);
	if (parse_url(wish, &parts, err) == -1)
		return -1;
	spell(endpoint, &parts);
	if (!parts.tls && !endpoint->loopback && !wish->allow_plain)
		return err_set(err,
		    "%s: '%s' would send credentials and data "
		    "unencrypted to another host: use https://, or "
		    "--allow-plain-http",
		    wish->url_source, wish->url);
	(void)strlcpy(endpoint->url_source, wish->url_source, ENDPOINT_SOURCE);
	return 0;
}

static int
take_region(struct endpoint *endpoint, const struct endpoint_wish *wish,
    struct err *err)
{
	const char *region = wish->region;
	const char *source = wish->region_source;

	if (region == NULL && endpoint->loopback) {
		region = local_region;
		source = "default for an endpoint on this host";
	}
	if (region == NULL)
		return err_set(err, "no region: use --region, AWS_REGION, or "
				    "'region' in the profile");
	if (check_region(region, source, err) == -1)
		return -1;
	(void)strlcpy(endpoint->region, region, ENDPOINT_REGION);
	(void)strlcpy(endpoint->region_source, source, ENDPOINT_SOURCE);
	return 0;
}

/* Region and endpoint, whichever way they are given. */
int
endpoint_make(struct endpoint *endpoint, const struct endpoint_wish *wish,
    struct err *err)
{
	*endpoint = (struct endpoint){ .tls = true };
	if (wish->url != NULL && take_url(endpoint, wish, err) == -1)
		return -1;
	if (take_region(endpoint, wish, err) == -1)
		return -1;
	if (wish->url == NULL) {
		name_host(wish, endpoint->region, endpoint->host);
		(void)strlcpy(endpoint->url_source, "region", ENDPOINT_SOURCE);
	}
	if (wish->url == NULL && is_global(wish, endpoint->region)) {
		(void)strlcpy(endpoint->host, "sts.amazonaws.com",
		    ENDPOINT_HOST);
		(void)strlcpy(endpoint->region, "us-east-1", ENDPOINT_REGION);
	}
	(void)snprintf(endpoint->url, ENDPOINT_URL, "%s://%.264s/",
	    endpoint->tls ? "https" : "http", endpoint->host);
	return 0;
}
