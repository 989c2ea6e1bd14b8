/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/proxy.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/endpoint.h"
#include "base/mem.h"

/* The first of two variables that is set; sets its name. */
static const char *
look(const char *first, const char *second, const char **name)
{
	const char *names[] = { first, second };

	for (size_t i = 0; i < 2; i++) {
		const char *value = names[i] == NULL ? NULL : getenv(names[i]);

		if (value == NULL || *value == '\0')
			continue;
		*name = names[i];
		return value;
	}
	return NULL;
}

/* ---- no_proxy ---- */

struct address {
	int family; /* 0: it is a name */
	unsigned char bytes[16];
};

static struct address
read_address(const char *text)
{
	struct address address = { 0 };

	if (inet_pton(AF_INET, text, address.bytes) == 1)
		address.family = AF_INET;
	else if (inet_pton(AF_INET6, text, address.bytes) == 1)
		address.family = AF_INET6;
	return address;
}

/* Whether two addresses are the same in their first "bits". */
static bool
begins_as(const struct address *a, const struct address *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned mask = 0xff00u >> (bits % 8) & 0xff;

	return memcmp(a->bytes, b->bytes, whole) == 0 &&
	       (mask == 0 ||
		   (a->bytes[whole] & mask) == (b->bytes[whole] & mask));
}

/* Whether "address" is "entry", which may be "ADDRESS/BITS". */
static bool
is_in_network(const struct address *address, char *entry)
{
	unsigned bits = address->family == AF_INET ? 32 : 128;
	char *slash = strchr(entry, '/');
	struct address network;
	const char *problem = NULL;

	if (slash != NULL) {
		*slash = '\0';
		bits = (unsigned)strtonum(slash + 1, 0, bits, &problem);
	}
	network = read_address(entry);
	return problem == NULL && network.family == address->family &&
	       begins_as(address, &network, bits);
}

/* The length of a name without the dot that may stand at its end. */
static size_t
name_length(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && name[len - 1] == '.' ? len - 1 : len;
}

/* Whether "host" is "name", or below it. */
static bool
is_below(const char *host, const char *name)
{
	size_t host_len = name_length(host);
	size_t len;

	name += *name == '.';
	len = name_length(name);
	if (len == 0 || host_len < len ||
	    strncasecmp(host + host_len - len, name, len) != 0)
		return false;
	return host_len == len || host[host_len - len - 1] == '.';
}

/*
 * Takes the port off an entry, and brackets.  An address of IPv6 has colons
 * of its own: with a port it must have brackets.
 */
static const char *
split_port(char **entry)
{
	char *close = strchr(*entry, ']');
	char *colon = strrchr(close == NULL ? *entry : close, ':');

	if (**entry == '[' && close != NULL) {
		(*entry)++;
		*close = '\0';
	} else if (colon != NULL && strchr(*entry, ':') != colon) {
		return NULL;
	}
	if (colon == NULL)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static bool
matches(char *entry, const char *host, const char *port)
{
	struct address address = read_address(host);
	const char *only;

	if (strcmp(entry, "*") == 0)
		return true;
	only = split_port(&entry);
	if (only != NULL && strcmp(only, port) != 0)
		return false;
	return address.family != 0 ? is_in_network(&address, entry)
				   : is_below(host, entry);
}

static bool
is_listed(const char *list, const char *host, const char *port)
{
	char *copy = mem_string(list);
	char *rest = copy;
	char *entry;
	bool listed = false;

	while (!listed && (entry = strsep(&rest, ", \t")) != NULL)
		listed = *entry != '\0' && matches(entry, host, port);
	free(copy);
	return listed;
}

/* ---- the proxy ---- */

/* See the header. */
void
proxy_find(struct proxy *proxy, bool tls, const char *host, const char *port)
{
	bool cgi = getenv("REQUEST_METHOD") != NULL;
	const char *exempt = NULL;
	const char *list = look("no_proxy", "NO_PROXY", &exempt);

	*proxy = (struct proxy){ 0 };
	if (endpoint_is_loopback(host))
		return;
	if (tls)
		proxy->url =
		    look("https_proxy", "HTTPS_PROXY", &proxy->variable);
	else
		proxy->url = look("http_proxy", cgi ? NULL : "HTTP_PROXY",
		    &proxy->variable);
	if (proxy->url == NULL)
		proxy->url = look("all_proxy", "ALL_PROXY", &proxy->variable);
	if (proxy->url == NULL || list == NULL || !is_listed(list, host, port))
		return;
	proxy->url = NULL;
	proxy->exempt = exempt;
}

/* Where the host begins: after the scheme, and after user and password. */
static const char *
find_host(const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *from = scheme == NULL ? url : scheme + 3;
	const char *end = from + strcspn(from, "/?#");
	const char *at = memrchr(from, '@', (size_t)(end - from));

	return at == NULL ? from : at + 1;
}

/*
 * For people.  A password may have what should have been escaped in it, and
 * is then cut off by libcurl: here everything before the last "@" counts.
 */
char *
proxy_text(const char *url)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
	size_t len = strspn(url, plain);
	bool has_scheme = strncmp(url + len, "://", 3) == 0;
	const char *at = strrchr(url, '@');
	const char *from = at != NULL   ? at + 1
			   : has_scheme ? url + len + 3
					: url;

	if (!has_scheme)
		return mem_format("http://%s", from);
	return mem_format("%.*s://%s", (int)len, url, from);
}

/* See the header. */
void
proxy_address(const char *url, char host[PROXY_HOST], char port[PROXY_PORT])
{
	const char *at = find_host(url);
	bool tls = strncasecmp(url, "https://", 8) == 0;
	size_t len;

	if (*at == '[') {
		at++;
		len = strcspn(at, "]");
	} else {
		len = strcspn(at, ":/?#");
	}
	(void)snprintf(host, PROXY_HOST, "%.*s",
	    len < PROXY_HOST ? (int)len : PROXY_HOST - 1, at);
	at += len;
	at += *at == ']';
	len = *at == ':' ? strspn(at + 1, "0123456789") : 0;
	if (len > 0 && len < PROXY_PORT)
		(void)snprintf(port, PROXY_PORT, "%.*s", (int)len, at + 1);
	else
		(void)strlcpy(port, tls ? "443" : "1080", PROXY_PORT);
}
