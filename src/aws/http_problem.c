/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/http_transfer.h"

#include <string.h>

#include "base/err.h"

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

/* Which part of the transfer is under way, or was when its time was over. */
void
http_waiting(struct http_transfer *transfer, struct err *err)
{
	int64_t us = time_of(transfer, CURLINFO_TOTAL_TIME_T);
	long long tenths = (long long)(us + 50 * 1000) / (100 * 1000);
	bool tls = strncmp(transfer->url, "https:", 6) == 0;
	const char *what = "no answer";

	if (time_of(transfer, CURLINFO_NAMELOOKUP_TIME_T) == 0)
		what = "name not resolved";
	else if (!is_connected(transfer))
		what = "no connection";
	else if (tls && time_of(transfer, CURLINFO_APPCONNECT_TIME_T) == 0)
		what = "no TLS handshake";
	(void)err_set(err, "%s: %s within %lld.%lld s", transfer->authority,
	    what, tenths / 10, tenths % 10);
}

/* What libcurl's codes mean here, and what a person can do. */
static const struct problem {
	CURLcode code;
	const char *what;
	const char *remedy;
} problems[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, "name does not resolve",
	    "check --region, --endpoint-url and this host's DNS" },
	{ CURLE_COULDNT_RESOLVE_PROXY, "name of the proxy does not resolve",
	    "check https_proxy" },
	{ CURLE_COULDNT_CONNECT, "cannot connect",
	    "is the service there? check --endpoint-url and the network" },
	{ CURLE_PEER_FAILED_VERIFICATION, "certificate refused",
	    "check --endpoint-url; if the CA is your own, use --ca-bundle" },
	{ CURLE_SSL_CACERT_BADFILE, "CA certificates cannot be read",
	    "check --ca-bundle" },
	{ CURLE_SSL_CONNECT_ERROR, "TLS handshake failed",
	    "check that --endpoint-url is an https:// service" },
	{ CURLE_UNSUPPORTED_PROTOCOL, "does not speak HTTP",
	    "check --endpoint-url" },
	{ CURLE_WEIRD_SERVER_REPLY, "does not speak HTTP",
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

static void
describe(struct http_transfer *transfer, CURLcode code)
{
	const struct problem *problem;
	const char *remedy;
	const char *detail;

	if (code == CURLE_OPERATION_TIMEDOUT) {
		http_waiting(transfer, &transfer->answer.problem);
		return;
	}
	problem =
	    find_problem(transfer->too_long ? CURLE_FILESIZE_EXCEEDED : code);
	if (problem == NULL) {
		(void)err_set(&transfer->answer.problem, "%s: %s",
		    transfer->authority,
		    transfer->error[0] != '\0' ? transfer->error
					       : curl_easy_strerror(code));
		return;
	}
	detail = detail_of(transfer, code);
	/* They are about the service; who asks another one has its own. */
	remedy = transfer->direct ? NULL : problem->remedy;
	(void)err_set(&transfer->answer.problem, "%s: %s%s%s%s%s",
	    transfer->authority, problem->what, *detail != '\0' ? ": " : "",
	    detail, remedy != NULL ? ": " : "", remedy != NULL ? remedy : "");
}

/*
 * Whether not one byte of the request was given to a connection.  libcurl
 * counts over all its attempts, a silent second one included.
 */
static bool
is_unsent(const struct http_transfer *transfer)
{
	long sent = 0;

	return curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE,
		   &sent) == CURLE_OK &&
	       sent == 0;
}

/* What to tell the caller. */
void
http_problem(struct http_transfer *transfer, CURLcode code)
{
	transfer->answer.end =
	    is_unsent(transfer) ? HTTP_NOT_SENT : HTTP_MAYBE_SENT;
	describe(transfer, code);
}
