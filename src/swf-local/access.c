/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/access.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define ORIGIN_SCHEME "http://"

static const struct refusal allowed = { 200, NULL };
static const struct refusal not_loopback = { 403,
	"the page and /_local are only for the loopback network" };
static const struct refusal not_this_host = { 403,
	"not for pages of other sites: use http://127.0.0.1, http://[::1] or "
	"http://localhost" };
static const struct refusal not_json = { 415,
	"Content-Type has to be application/json" };

static const char *
header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static int
from_loopback(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection,
		MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	if (info->client_addr->sa_family == AF_INET) {
		memcpy(&four, info->client_addr, sizeof(four));
		return ntohl(four.sin_addr.s_addr) >> 24 == 127;
	}
	if (info->client_addr->sa_family != AF_INET6)
		return 0;
	memcpy(&six, info->client_addr, sizeof(six));
	if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
		return six.sin6_addr.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
}

static int
host_is_loopback(const char *host)
{
	size_t len;

	if (host == NULL)
		return 1;
	if (strncmp(host, "[::1]", 5) == 0)
		return host[5] == '\0' || host[5] == ':';
	len = strcspn(host, ":");
	if (len == 9 && strncasecmp(host, "localhost", len) == 0)
		return 1;
	return strncmp(host, "127.", 4) == 0 &&
	       strspn(host, "0123456789.") == len;
}

/* Whether the Origin, if there is one, is a page of this very service. */
static int
origin_is_ours(struct MHD_Connection *connection)
{
	const char *origin = header(connection, "Origin");
	const char *host = header(connection, "Host");
	size_t scheme = sizeof(ORIGIN_SCHEME) - 1;

	if (origin == NULL)
		return 1;
	return host != NULL && host_is_loopback(host) &&
	       strncmp(origin, ORIGIN_SCHEME, scheme) == 0 &&
	       strcasecmp(origin + scheme, host) == 0;
}

/* What browsers add by themselves; "none" is what a person typed in. */
static int
site_is_ours(struct MHD_Connection *connection)
{
	const char *site = header(connection, "Sec-Fetch-Site");

	return site == NULL || strcmp(site, "same-origin") == 0 ||
	       strcmp(site, "none") == 0;
}

struct refusal
access_page(struct MHD_Connection *connection)
{
	if (!from_loopback(connection))
		return not_loopback;
	if (!host_is_loopback(header(connection, "Host")) ||
	    !origin_is_ours(connection))
		return not_this_host;
	return allowed;
}

struct refusal
access_local(struct MHD_Connection *connection, const char *method)
{
	const char *type = header(connection, "Content-Type");
	struct refusal refusal = access_page(connection);

	if (refusal.message != NULL)
		return refusal;
	if (!site_is_ours(connection))
		return not_this_host;
	if (strcmp(method, "POST") == 0 &&
	    (type == NULL || strncasecmp(type, "application/json", 16) != 0))
		return not_json;
	return allowed;
}

int
access_is_foreign(struct MHD_Connection *connection)
{
	return !origin_is_ours(connection);
}
