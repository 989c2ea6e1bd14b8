/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/proxy.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const char *const variables[] = { "https_proxy", "HTTPS_PROXY",
	"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
	"NO_PROXY", "REQUEST_METHOD" };

static int
unset_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (unsetenv(variables[i]) == -1)
			return -1;
	return 0;
}

static void
set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

/* The variable that names the proxy of a request; "": it goes without. */
static const char *
variable_for(bool tls)
{
	struct proxy proxy;

	proxy_find(&proxy, tls, "swf.eu-west-1.amazonaws.com", "443");
	assert_true((proxy.url == NULL) == (proxy.variable == NULL));
	return proxy.variable == NULL ? "" : proxy.variable;
}

static void
test_order(void **state)
{
	(void)state;
	assert_string_equal(variable_for(true), "");
	assert_string_equal(variable_for(false), "");
	set("ALL_PROXY", "f");
	assert_string_equal(variable_for(true), "ALL_PROXY");
	assert_string_equal(variable_for(false), "ALL_PROXY");
	set("all_proxy", "e");
	assert_string_equal(variable_for(true), "all_proxy");
	set("HTTP_PROXY", "d");
	assert_string_equal(variable_for(true), "all_proxy");
	assert_string_equal(variable_for(false), "HTTP_PROXY");
	set("http_proxy", "c");
	assert_string_equal(variable_for(true), "all_proxy");
	assert_string_equal(variable_for(false), "http_proxy");
	set("HTTPS_PROXY", "b");
	assert_string_equal(variable_for(true), "HTTPS_PROXY");
	assert_string_equal(variable_for(false), "http_proxy");
	set("https_proxy", "a");
	assert_string_equal(variable_for(true), "https_proxy");
	/* Empty is not set. */
	set("https_proxy", "");
	assert_string_equal(variable_for(true), "HTTPS_PROXY");
}

/* To a CGI program HTTP_PROXY is the header "Proxy:" of anybody. */
static void
test_cgi(void **state)
{
	(void)state;
	set("HTTP_PROXY", "http://evil:80");
	assert_string_equal(variable_for(false), "HTTP_PROXY");
	set("REQUEST_METHOD", "POST");
	assert_string_equal(variable_for(false), "");
}

static void
test_url(void **state)
{
	struct proxy proxy;

	(void)state;
	set("https_proxy", "http://u:p@proxy:3128");
	proxy_find(&proxy, true, "example.com", "443");
	assert_string_equal(proxy.url, "http://u:p@proxy:3128");
	assert_null(proxy.exempt);
}

static void
test_this_machine(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "127.3.2.1",
		"localhost", "::1" };
	struct proxy proxy;

	(void)state;
	set("https_proxy", "http://proxy:3128");
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		proxy_find(&proxy, true, hosts[i], "443");
		assert_null(proxy.url);
	}
}

static const struct {
	const char *list;
	const char *host;
	bool listed;
} exempt[] = {
	{ "example.com", "example.com", true },
	{ "example.com", "EXAMPLE.com", true },
	{ "Example.COM", "a.b.example.com", true },
	{ "example.com", "anexample.com", false },
	{ "example.com", "example.com.org", false },
	{ "example.com", "com", false },
	{ ".example.com", "example.com", true },
	{ ".example.com", "a.example.com", true },
	{ ".example.com", "anexample.com", false },
	{ "example.com.", "example.com", true },
	{ "example.com", "example.com.", true },
	{ "a,b, example.com ,c", "example.com", true },
	{ "a b\texample.com", "example.com", true },
	{ ", ,", "example.com", false },
	{ ".", "example.com", false },
	{ "*", "example.com", true },
	{ "a,*", "example.com", true },
	{ "*.example.com", "a.example.com", false },
	{ "example.com:443", "example.com", true },
	{ "example.com:8443", "example.com", false },
	{ "example.com:", "example.com", false },
	{ "10.1.2.3", "10.1.2.3", true },
	{ "10.1.2.3", "10.1.2.30", false },
	{ "1.2.3", "10.1.2.3", false },
	{ ".2.3", "10.1.2.3", false },
	{ "10.0.0.0/8", "10.255.0.1", true },
	{ "10.0.0.0/8", "11.0.0.1", false },
	{ "10.1.2.0/23", "10.1.3.9", true },
	{ "10.1.2.0/23", "10.1.4.9", false },
	{ "10.1.2.3/32", "10.1.2.3", true },
	{ "10.1.2.3/32", "10.1.2.2", false },
	{ "0.0.0.0/0", "10.1.2.3", true },
	{ "10.0.0.0/33", "10.0.0.0", false },
	{ "10.0.0.0/x", "10.0.0.0", false },
	{ "10.0.0.0/", "10.0.0.0", false },
	{ "10.0.0.0/8", "a10.example.com", false },
	{ "10.1.2.3:443", "10.1.2.3", true },
	{ "10.1.2.3:80", "10.1.2.3", false },
	{ "fd00::1", "fd00::1", true },
	{ "fd00:0:0::1", "fd00::1", true },
	{ "[fd00::1]", "fd00::1", true },
	{ "[fd00::1]:443", "fd00::1", true },
	{ "[fd00::1]:80", "fd00::1", false },
	{ "fd00::/8", "fdff::1", true },
	{ "fd00::/8", "fe80::1", false },
	{ "fd00::/8", "10.0.0.1", false },
	{ "fd00::/128", "fd00::", true },
	{ "fd00::/129", "fd00::", false },
	{ "[", "example.com", false },
	{ "[]", "example.com", false },
	{ ":", "example.com", false },
	{ "/", "10.0.0.1", false },
};

static void
test_exempt(void **state)
{
	struct proxy proxy;

	(void)state;
	set("https_proxy", "http://proxy:3128");
	for (size_t i = 0; i < ARRAY_SIZE(exempt); i++) {
		set("no_proxy", exempt[i].list);
		proxy_find(&proxy, true, exempt[i].host, "443");
		if ((proxy.url == NULL) != exempt[i].listed)
			fail_msg("no_proxy='%s', '%s': %s", exempt[i].list,
			    exempt[i].host, proxy.url == NULL ? "none" : "one");
		assert_string_equal(proxy.variable, "https_proxy");
		if (exempt[i].listed)
			assert_string_equal(proxy.exempt, "no_proxy");
		else
			assert_null(proxy.exempt);
	}
	assert_int_equal(unsetenv("no_proxy"), 0);
	set("NO_PROXY", "*");
	proxy_find(&proxy, true, "example.com", "443");
	assert_null(proxy.url);
	assert_string_equal(proxy.exempt, "NO_PROXY");
	set("no_proxy", "a");
	proxy_find(&proxy, true, "example.com", "443");
	assert_non_null(proxy.url);
}

static const struct {
	const char *url;
	const char *text;
	const char *host;
	const char *port;
} urls[] = {
	{ "http://proxy:3128", "http://proxy:3128", "proxy", "3128" },
	{ "http://proxy:3128/", "http://proxy:3128/", "proxy", "3128" },
	{ "proxy:3128", "http://proxy:3128", "proxy", "3128" },
	{ "proxy", "http://proxy", "proxy", "1080" },
	{ "https://proxy", "https://proxy", "proxy", "443" },
	{ "HTTPS://u:p@proxy/", "HTTPS://proxy/", "proxy", "443" },
	{ "http://u:p@proxy:1", "http://proxy:1", "proxy", "1" },
	{ "http://u:p%40ss@proxy:1", "http://proxy:1", "proxy", "1" },
	{ "http://u:p@ss@proxy:1", "http://proxy:1", "proxy", "1" },
	{ "u:p@proxy:1", "http://proxy:1", "proxy", "1" },
	{ "socks5h://u@proxy:1", "socks5h://proxy:1", "proxy", "1" },
	{ "http://[fd00::1]:3128", "http://[fd00::1]:3128", "fd00::1", "3128" },
	{ "http://[fd00::1]", "http://[fd00::1]", "fd00::1", "1080" },
	{ "http://[fd00::1", "http://[fd00::1", "fd00::1", "1080" },
	{ "http://proxy:123456789", "http://proxy:123456789", "proxy", "1080" },
	{ "http://", "http://", "", "1080" },
	/* Passwords that should have been escaped are none of a person's. */
	{ "http://u:p/s@proxy:1", "http://proxy:1", "u", "1080" },
	{ "http://u:p?s@proxy:1", "http://proxy:1", "u", "1080" },
	{ "u:p#s@proxy:1", "http://proxy:1", "u", "1080" },
	{ "u:p://s@proxy:1", "http://proxy:1", "proxy", "1" },
};

static void
test_texts(void **state)
{
	char host[PROXY_HOST];
	char port[PROXY_PORT];
	char *text;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		text = proxy_text(urls[i].url);
		proxy_address(urls[i].url, host, port);
		assert_string_equal(text, urls[i].text);
		assert_string_equal(host, urls[i].host);
		assert_string_equal(port, urls[i].port);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, unset_all),
		cmocka_unit_test_setup(test_cgi, unset_all),
		cmocka_unit_test_setup(test_url, unset_all),
		cmocka_unit_test_setup(test_this_machine, unset_all),
		cmocka_unit_test_setup(test_exempt, unset_all),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
