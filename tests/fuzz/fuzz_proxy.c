/* SPDX-License-Identifier: MIT */
/*
 * aws/proxy: whatever stands in the variables, a proxy is the text of one of
 * them, one that is listed in no_proxy is none, and user and password are not
 * in what is shown.
 */
#include "config.h"

#include "aws/proxy.h"

#include "base/mem.h"
#include "fuzz.h"

/* Up to the next newline, which is overwritten; NULL at the end. */
static char *
next_line(char **rest)
{
	char *line = *rest;
	char *end;

	if (line == NULL)
		return NULL;
	end = strchr(line, '\n');
	if (end != NULL)
		*end++ = '\0';
	*rest = end;
	return line;
}

static void
look_at(const char *url)
{
	char host[PROXY_HOST], port[PROXY_PORT];
	char *text = proxy_text(url);
	const char *at = strstr(text, "://");

	at = at == NULL ? text : at + 3;
	MUST(memchr(at, '@', strcspn(at, "/?#")) == NULL);
	MUST(strlen(text) <= strlen("http://") + strlen(url));
	free(text);
	proxy_address(url, host, port);
	MUST(strlen(host) < sizeof(host) && strlen(port) < sizeof(port));
}

/* setenv() would keep every value that there ever was. */
static void
set(char **place, const char *name, const char *value)
{
	char *text = mem_format("%s=%s", name, value);

	MUST(putenv(text) == 0);
	free(*place);
	*place = text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	char *rest = text;
	static char *no_proxy, *https_proxy;
	const char *host, *port, *list, *url;
	struct proxy proxy;

	host = next_line(&rest);
	port = next_line(&rest);
	list = next_line(&rest);
	url = next_line(&rest);
	if (url != NULL) {
		set(&no_proxy, "no_proxy", list);
		set(&https_proxy, "https_proxy", url);
		proxy_find(&proxy, true, host, port);
		MUST(proxy.url == NULL || strcmp(proxy.url, url) == 0);
		MUST(proxy.url == NULL || proxy.exempt == NULL);
		MUST(strcmp(list, "*") != 0 || proxy.url == NULL);
		look_at(url);
	}
	free(text);
	return 0;
}
