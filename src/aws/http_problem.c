/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/http_transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"

enum { WAY = 64, REMEDY = 320 };

static int64_t
time_of(const struct http_transfer *transfer, CURLINFO info)
{
	curl_off_t us = 0;

	(void)curl_easy_getinfo(transfer->easy, info, &us);
	return us;
}

/* libcurl's "connect time" of a TLS connection is that of its handshake. */
static bool
is_connected(const struct http_transfer *transfer)
{
	long port = 0;

	return curl_easy_getinfo(transfer->easy, CURLINFO_LOCAL_PORT, &port) ==
		   CURLE_OK &&
	       port > 0;
}

/* Whether there is a TLS connection to the service itself. */
static bool
has_tls(const struct http_transfer *transfer)
{
	return time_of(transfer, CURLINFO_APPCONNECT_TIME_T) != 0;
}

static bool
wants_tls(const struct http_transfer *transfer)
{
	return strncmp(transfer->url, "https:", 6) == 0;
}

/* "", or " by the proxy of https_proxy" */
static const char *
way_of(const struct http_transfer *transfer, char way[WAY])
{
	bool proxied = transfer->proxy.url != NULL;

	(void)snprintf(way, WAY, "%s%s", proxied ? " by the proxy of " : "",
	    proxied ? transfer->proxy.variable : "");
	return way;
}

/* Which part of the transfer is under way, or was when its time was over. */
void
http_waiting(struct http_transfer *transfer, struct err *err)
{
	int64_t us = time_of(transfer, CURLINFO_TOTAL_TIME_T);
	long long tenths = (long long)(us + 50 * 1000) / (100 * 1000);
	bool proxied = transfer->proxy.url != NULL;
	const char *what = "no answer";
	char way[WAY];

	if (time_of(transfer, CURLINFO_NAMELOOKUP_TIME_T) == 0)
		what = proxied ? "name of the proxy not resolved"
			       : "name not resolved";
	else if (!is_connected(transfer))
		what = "no connection";
	else if (wants_tls(transfer) && !has_tls(transfer))
		what = proxied ? "no way through, or no TLS handshake"
			       : "no TLS handshake";
	(void)err_set(err, "%s%s: %s within %lld.%lld s", transfer->authority,
	    way_of(transfer, way), what, tenths / 10, tenths % 10);
}

/* ---- what a person can do ---- */

/* What libcurl's codes mean here. */
static const struct problem {
	CURLcode code;
	const char *what;
	const char *remedy;
} problems[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, "name does not resolve",
	    "check --region, --endpoint-url and this host's DNS" },
	{ CURLE_COULDNT_CONNECT, "cannot connect",
	    "is the service there? check --endpoint-url and the network" },
	{ CURLE_PEER_FAILED_VERIFICATION, "certificate refused",
	    "check --endpoint-url" },
	{ CURLE_SSL_CACERT_BADFILE, "CA certificates cannot be read",
	    "check --ca-bundle" },
	{ CURLE_SSL_CONNECT_ERROR, "TLS handshake failed",
	    "check that --endpoint-url is an https:// service" },
	{ CURLE_UNSUPPORTED_PROTOCOL, "does not speak HTTP",
	    "check --endpoint-url" },
	{ CURLE_WEIRD_SERVER_REPLY, "does not speak HTTP",
	    "check --endpoint-url" },
	{ CURLE_BAD_FUNCTION_ARGUMENT, "sends headers that are none",
	    "check --endpoint-url" },
	{ CURLE_GOT_NOTHING, "connection closed without an answer", NULL },
	{ CURLE_RECV_ERROR, "connection lost before the answer", NULL },
	{ CURLE_SEND_ERROR, "connection lost while sending", NULL },
	{ CURLE_PARTIAL_FILE, "answer broke off", NULL },
	{ CURLE_FILESIZE_EXCEEDED, "answer is over 1 MiB",
	    "check that --endpoint-url is SWF's" },
};

static const struct problem *
find_problem(CURLcode code)
{
	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
		if (problems[i].code == code)
			return &problems[i];
	return NULL;
}

/* OpenSSL's numbers (X509_V_ERR_...), which libcurl hands on. */
enum {
	CERTIFICATE_UNKNOWN = 1,
	CERTIFICATE_NOT_YET = 9,
	CERTIFICATE_EXPIRED = 10,
	CERTIFICATE_SELF_SIGNED = 18,
	CERTIFICATE_SELF_SIGNED_CA = 19,
	CERTIFICATE_NO_ISSUER = 20,
	CERTIFICATE_NO_CHAIN = 21
};

/* Why a certificate was refused decides what helps. */
static void
certificate_remedy(const struct http_transfer *transfer, char *remedy,
    size_t size)
{
	char now[CLOCK_TEXT];
	long verdict = CERTIFICATE_UNKNOWN;

	/* In libcurl's words only: "subject name matches", "does not match". */
	if (strstr(transfer->error, "subject name") != NULL) {
		(void)strlcpy(remedy,
		    "it is another host's: check --endpoint-url and this "
		    "host's DNS",
		    size);
		return;
	}
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT,
	    &verdict);
	clock_format(clock_wall(), now);
	now[strcspn(now, ".")] = '\0';
	switch (verdict) {
	case CERTIFICATE_NOT_YET:
	case CERTIFICATE_EXPIRED:
		(void)snprintf(remedy, size,
		    "the service needs a new one, unless this host's clock is "
		    "wrong, by which it is %sZ",
		    now);
		break;
	case CERTIFICATE_SELF_SIGNED:
	case CERTIFICATE_SELF_SIGNED_CA:
	case CERTIFICATE_NO_ISSUER:
	case CERTIFICATE_NO_CHAIN:
		(void)snprintf(remedy, size,
		    "no CA in %s has signed it: if the CA is your own, or "
		    "that of a proxy which looks inside TLS, name it by "
		    "--ca-bundle or AWS_CA_BUNDLE",
		    transfer->http->ca_file != NULL  ? transfer->http->ca_file
		    : transfer->http->ca_dir != NULL ? transfer->http->ca_dir
						     : "the system's store");
		break;
	default:
		(void)strlcpy(remedy, "check --endpoint-url and --ca-bundle",
		    size);
		break;
	}
}

/* libcurl's text is the only place where it says so. */
static bool
is_old_tls(const struct http_transfer *transfer)
{
	return strstr(transfer->error, "unsupported protocol") != NULL ||
	       strstr(transfer->error, "alert protocol version") != NULL;
}

static void
find_remedy(const struct http_transfer *transfer, const struct problem *problem,
    char *remedy, size_t size)
{
	if (problem->code == CURLE_PEER_FAILED_VERIFICATION)
		certificate_remedy(transfer, remedy, size);
	else if (problem->code == CURLE_SSL_CONNECT_ERROR &&
		 is_old_tls(transfer))
		(void)strlcpy(remedy,
		    "it does not speak TLS 1.2 or newer, and nothing older is "
		    "safe",
		    size);
	else if (problem->code == CURLE_COULDNT_CONNECT &&
		 transfer->proxy.url != NULL)
		(void)snprintf(remedy, size, "check %s and the network",
		    transfer->proxy.variable);
	else
		(void)strlcpy(remedy,
		    problem->remedy == NULL ? "" : problem->remedy, size);
}

/* The system's reason if there is one, else libcurl's, else nothing. */
static const char *
detail_of(const struct http_transfer *transfer, CURLcode code)
{
	long number = 0;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
	if (number != 0 &&
	    (code == CURLE_COULDNT_CONNECT || code == CURLE_RECV_ERROR ||
		code == CURLE_SEND_ERROR))
		return strerror((int)number);
	if (code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CACERT_BADFILE)
		return transfer->error;
	return "";
}

/* ---- proxies ---- */

/* The status of a proxy that does not let the transfer through; or 0. */
static long
refused_by_proxy(const struct http_transfer *transfer)
{
	long status = 0;

	if (transfer->proxy.url == NULL || !wants_tls(transfer))
		return 0;
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE,
	    &status);
	return status >= 300 ? status : 0;
}

static void
describe_proxy(const struct http_transfer *transfer, long status,
    struct err *err)
{
	const char *variable = transfer->proxy.variable;
	char *proxy = proxy_text(transfer->proxy.url);

	/* tinyproxy says 401 to a wrong password. */
	if (status == 407 || status == 401)
		(void)err_set(err,
		    "%s: the proxy %s wants a user and a password, or others "
		    "(%ld): give them in %s, as "
		    "http://USER:PASSWORD@HOST:PORT",
		    transfer->authority, proxy, status, variable);
	else if (status < 500)
		(void)err_set(err,
		    "%s: the proxy %s refuses to connect to it (%ld): have it "
		    "allow %s:%s, or change %s, or list the host in no_proxy",
		    transfer->authority, proxy, status, transfer->host,
		    transfer->port, variable);
	else
		(void)err_set(err,
		    "%s: the proxy %s of %s cannot connect to it (%ld): check "
		    "--region, --endpoint-url and the proxy's network",
		    transfer->authority, proxy, variable, status);
	free(proxy);
}

/* Whether the proxy itself was not found, or its URL is none. */
static bool
is_bad_proxy(const struct http_transfer *transfer, CURLcode code)
{
	return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY ||
	       (transfer->proxy.url != NULL &&
		   (code == CURLE_URL_MALFORMAT ||
		       strstr(transfer->error, "nsupported proxy") != NULL));
}

/* What libcurl says of a URL that it does not take has the password in it. */
static void
describe_bad_proxy(const struct http_transfer *transfer, CURLcode code,
    struct err *err)
{
	char *proxy = proxy_text(transfer->proxy.url);
	const char *detail = code == CURLE_PROXY ? transfer->error : "";

	if (code == CURLE_COULDNT_RESOLVE_PROXY)
		(void)err_set(err,
		    "%s: name of the proxy %s does not resolve: check %s and "
		    "this host's DNS",
		    transfer->authority, proxy, transfer->proxy.variable);
	else
		(void)err_set(err,
		    "%s: the proxy %s cannot be used: %s%scheck %s, which must "
		    "be like http://HOST:PORT",
		    transfer->authority, proxy, detail,
		    *detail != '\0' ? ": " : "", transfer->proxy.variable);
	free(proxy);
}

/* ---- all of it ---- */

static void
describe_code(const struct http_transfer *transfer, CURLcode code,
    struct err *err)
{
	const struct problem *problem =
	    find_problem(transfer->too_long ? CURLE_FILESIZE_EXCEEDED : code);
	const char *detail = detail_of(transfer, code);
	char remedy[REMEDY] = "";
	char way[WAY];

	(void)way_of(transfer, way);
	if (problem == NULL) {
		(void)err_set(err, "%s%s: %s", transfer->authority, way,
		    transfer->error[0] != '\0' ? transfer->error
					       : curl_easy_strerror(code));
		return;
	}
	/* They are about the service; who asks another one has its own. */
	if (!transfer->direct)
		find_remedy(transfer, problem, remedy, sizeof(remedy));
	(void)err_set(err, "%s%s: %s%s%s%s%s", transfer->authority, way,
	    problem->what, *detail != '\0' ? ": " : "", detail,
	    *remedy != '\0' ? ": " : "", remedy);
}

static void
describe(struct http_transfer *transfer, CURLcode code)
{
	struct err *err = &transfer->answer.problem;
	long status = refused_by_proxy(transfer);

	if (code == CURLE_OPERATION_TIMEDOUT)
		http_waiting(transfer, err);
	else if (status != 0)
		describe_proxy(transfer, status, err);
	else if (is_bad_proxy(transfer, code))
		describe_bad_proxy(transfer, code, err);
	else
		describe_code(transfer, code, err);
}

/*
 * Whether not one byte of the request was given to the service.  libcurl
 * counts over all its attempts, a silent second one included, and what it
 * says to a proxy; on a connection of its own nothing goes out before TLS.
 */
bool
http_is_unsent(const struct http_transfer *transfer)
{
	long sent = 0;

	if (transfer->fresh && wants_tls(transfer) && !has_tls(transfer))
		return true;
	return curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE,
		   &sent) == CURLE_OK &&
	       sent == 0;
}

/* What to tell the caller. */
void
http_problem(struct http_transfer *transfer, CURLcode code)
{
	transfer->answer.end =
	    http_is_unsent(transfer) ? HTTP_NOT_SENT : HTTP_MAYBE_SENT;
	describe(transfer, code);
}
