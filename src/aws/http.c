/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/http.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/endpoint.h"
#include "aws/http_transfer.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"

enum {
	IDLE_MAX = 32,        /* easy handles kept for the next request */
	CONNECTIONS_MAX = 32, /* kept open for the next request */
	REUSABLE = 0x080200,  /* from this version of libcurl on */
	STATUS_MIN = 100,
	STATUS_MAX = 999
};

static char *
copy_or_null(const char *text)
{
	return text == NULL ? NULL : mem_string(text);
}

/*
 * Creates the multi handle with close-on-exec on the descriptors that it
 * makes for waking itself up: those are the lowest that were free.
 */
static CURLM *
new_multi(void)
{
	int first = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int second = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CURLM *multi;

	if (first != -1)
		(void)close(first);
	if (second != -1)
		(void)close(second);
	if (first == -1 || second == -1)
		return NULL;
	multi = curl_multi_init();
	if (multi == NULL)
		return NULL;
	(void)fcntl(first, F_SETFD, FD_CLOEXEC);
	(void)fcntl(second, F_SETFD, FD_CLOEXEC);
	(void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
	    (long)CONNECTIONS_MAX);
	return multi;
}

/* So that a handle that is new has the session of one that has gone. */
static CURLSH *
new_share(void)
{
	CURLSH *share = curl_share_init();

	(void)curl_share_setopt(share, CURLSHOPT_SHARE,
	    CURL_LOCK_DATA_SSL_SESSION);
	return share;
}

/* Initialises libcurl as well; that costs about a millisecond. */
struct http *
http_new(const struct http_config *config, struct err *err)
{
	struct http *http;
	CURLM *multi;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)err_set(err, "libcurl cannot be initialised");
		return NULL;
	}
	multi = new_multi();
	if (multi == NULL) {
		(void)err_errno(err, "libcurl");
		return NULL;
	}
	http = mem_new(1, sizeof(*http));
	http->multi = multi;
	http->share = new_share();
	http->ca_file = copy_or_null(config->ca_file);
	http->ca_dir = copy_or_null(config->ca_dir);
	http->user_agent = copy_or_null(config->user_agent);
	http->allow_plain = config->allow_plain;
	http->lifetime =
	    config->lifetime != 0 ? config->lifetime : HTTP_LIFETIME;
	TAILQ_INIT(&http->running);
	TAILQ_INIT(&http->stillborn);
	TAILQ_INIT(&http->idle);
	return http;
}

/* Overwrites what was sent and received: any of it may have been a secret. */
static void
forget_exchange(struct http_transfer *transfer)
{
	struct buf *received = &transfer->received;

	mem_cleanse(transfer->header_text, transfer->header_size);
	mem_cleanse(transfer->body, transfer->body_len);
	transfer->header_text = NULL;
	transfer->body = NULL;
	if (received->data != NULL)
		explicit_bzero(received->data, received->cap);
	buf_reset(received);
}

static void
free_transfer(struct http_transfer *transfer)
{
	if (transfer == NULL)
		return;
	curl_easy_cleanup(transfer->easy);
	forget_exchange(transfer);
	free(transfer->resolve_text);
	free(transfer->url);
	buf_clear(&transfer->received);
	free(transfer);
}

static void
free_all(struct transfers *transfers)
{
	struct http_transfer *transfer;

	while ((transfer = TAILQ_FIRST(transfers)) != NULL) {
		TAILQ_REMOVE(transfers, transfer, link);
		free_transfer(transfer);
	}
}

/* Cancels what is under way; NULL is fine. */
void
http_free(struct http *http)
{
	struct http_transfer *transfer;

	if (http == NULL)
		return;
	TAILQ_FOREACH (transfer, &http->running, link)
		(void)curl_multi_remove_handle(http->multi, transfer->easy);
	free_all(&http->running);
	free_all(&http->stillborn);
	free_all(&http->idle);
	(void)curl_multi_cleanup(http->multi);
	(void)curl_share_cleanup(http->share);
	free(http->ca_file);
	free(http->ca_dir);
	free(http->user_agent);
	free(http);
}

/* An idle transfer, or a new one; NULL if libcurl has no memory. */
static struct http_transfer *
take_transfer(struct http *http)
{
	struct http_transfer *transfer = TAILQ_FIRST(&http->idle);

	if (transfer != NULL) {
		TAILQ_REMOVE(&http->idle, transfer, link);
		http->idle_count--;
		return transfer;
	}
	transfer = mem_new(1, sizeof(*transfer));
	transfer->http = http;
	buf_init(&transfer->received, HTTP_ANSWER_MAX);
	/* Most answers fit: they are not moved, and leave no copies behind. */
	(void)buf_reserve(&transfer->received, HTTP_RECEIVE_BUFFER - 1);
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL) {
		buf_clear(&transfer->received);
		free(transfer);
		return NULL;
	}
	http_options_init(transfer);
	return transfer;
}

/*
 * An answer that begins with a folded line makes an older libcurl append that
 * to the last header of the handle's answer before, which it has freed.
 */
static bool
is_reusable(void)
{
	return curl_version_info(CURLVERSION_NOW)->version_num >= REUSABLE;
}

/* Gives a transfer, which is in no list, back for the next request. */
static void
give_back(struct http_transfer *transfer)
{
	struct http *http = transfer->http;

	if (http->idle_count == IDLE_MAX || !is_reusable()) {
		free_transfer(transfer);
		return;
	}
	forget_exchange(transfer);
	/* An answer is usually a few bytes: do not keep a large one's room. */
	if (transfer->received.cap > HTTP_RECEIVE_BUFFER)
		buf_clear(&transfer->received);
	TAILQ_INSERT_HEAD(&http->idle, transfer, link);
	http->idle_count++;
}

/* Copies the header lines into one block and links them into a list. */
static int
copy_headers(struct http_transfer *transfer, const char *const *headers)
{
	size_t size = 1;
	size_t count = 0;
	char *to;

	for (; headers[count] != NULL; count++) {
		if (count == HTTP_HEADERS_MAX)
			return -1;
		size += strlen(headers[count]) + 1;
	}
	transfer->header_text = to = mem_new(size, 1);
	transfer->header_size = size;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(headers[i]) + 1;

		memcpy(to, headers[i], len);
		transfer->header[i].data = to;
		transfer->header[i].next =
		    i + 1 < count ? &transfer->header[i + 1] : NULL;
		to += len;
	}
	(void)curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER,
	    count == 0 ? NULL : transfer->header);
	return 0;
}

/*
 * Lets an address stand in for a look-up.  Returns -1 if look-ups hang and
 * there is none.
 */
static int
set_address(struct http_transfer *transfer)
{
	const struct http *http = transfer->http;
	const char *address;
	bool six;

	free(transfer->resolve_text);
	transfer->resolve_text = NULL;
	(void)curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, NULL);
	if (lookups_allowed(&http->lookups, clock_boot()))
		return 0;
	address = lookups_find(&http->lookups, transfer->peer);
	if (address == NULL)
		return endpoint_is_loopback(transfer->peer) ? 0 : -1;
	/* "+": forgotten after a minute, like an answer of the resolver. */
	six = strchr(address, ':') != NULL;
	transfer->resolve_text = mem_format("+%s:%s:%s%s%s", transfer->peer,
	    transfer->peer_port, six ? "[" : "", address, six ? "]" : "");
	transfer->resolve.data = transfer->resolve_text;
	(void)curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE,
	    &transfer->resolve);
	return 0;
}

/* Copies the request and hands it to libcurl. */
struct http_transfer *
http_start(struct http *http, const struct http_request *request,
    http_done *done, void *arg, struct err *err)
{
	struct http_transfer *transfer = take_transfer(http);

	if (transfer == NULL) {
		(void)err_set(err, "libcurl: no memory for a request");
		return NULL;
	}
	transfer->done = done;
	transfer->arg = arg;
	transfer->turn = http->turn;
	http->started = true;
	transfer->too_long = false;
	transfer->headers_whole = false;
	transfer->error[0] = '\0';
	transfer->answer = (struct http_answer){ .sent_at = clock_wall() };
	transfer->started_at = clock_boot();
	http_options_forget(transfer);
	buf_reset(&transfer->received);
	http_options_set(transfer, request);
	if (copy_headers(transfer, request->headers) == -1) {
		(void)err_set(err, "request has over %d headers",
		    HTTP_HEADERS_MAX);
		give_back(transfer);
		return NULL;
	}
	if (set_address(transfer) == -1) {
		TAILQ_INSERT_TAIL(&http->stillborn, transfer, link);
		return transfer;
	}
	if (curl_multi_add_handle(http->multi, transfer->easy) != CURLM_OK) {
		(void)err_set(err, "libcurl: request cannot be started");
		free_transfer(transfer);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&http->running, transfer, link);
	return transfer;
}

/* Whether libcurl had begun to look the name up, and had no answer yet. */
static bool
is_looking_up(const struct http_transfer *transfer)
{
	curl_off_t took = 0;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T,
	    &took);
	return transfer->turn != transfer->http->turn && took == 0;
}

/* Takes a running transfer out of libcurl's hands. */
static void
detach(struct http_transfer *transfer)
{
	struct http *http = transfer->http;

	(void)curl_multi_remove_handle(http->multi, transfer->easy);
	TAILQ_REMOVE(&http->running, transfer, link);
}

/* If its look-up still runs, that is now left behind. */
static void
leave_lookup(struct http_transfer *transfer)
{
	if (is_looking_up(transfer))
		lookups_left(&transfer->http->lookups, clock_boot());
}

static bool
is_stillborn(const struct http_transfer *transfer)
{
	const struct http_transfer *other;

	TAILQ_FOREACH (other, &transfer->http->stillborn, link)
		if (other == transfer)
			return true;
	return false;
}

/* Its "done" will not be called; NULL is fine. */
void
http_cancel(struct http_transfer *transfer)
{
	if (transfer == NULL)
		return;
	if (is_stillborn(transfer)) {
		TAILQ_REMOVE(&transfer->http->stillborn, transfer, link);
	} else {
		leave_lookup(transfer);
		detach(transfer);
	}
	give_back(transfer);
}

/* Wall time that an answer is dated; -1: none. */
static int64_t
read_date(const struct http_transfer *transfer)
{
	time_t date;

	if (transfer->date[0] == '\0')
		return -1;
	date = curl_getdate(transfer->date, NULL);
	return date == -1 ? -1 : (int64_t)date * 1000;
}

static void
set_end(struct http_transfer *transfer)
{
	struct http_answer *answer = &transfer->answer;

	answer->answered_at = clock_wall();
	answer->instant = clock_boot();
	answer->took = answer->instant - transfer->started_at;
}

static void
fill_answer(struct http_transfer *transfer, CURLcode code)
{
	struct http_answer *answer = &transfer->answer;
	char *address = NULL;
	long status = 0;

	set_end(transfer);
	/* To libcurl an answer may end in the middle of its headers. */
	if (code == CURLE_OK && !transfer->headers_whole)
		code = CURLE_PARTIAL_FILE;
	/* And its status line may be "HTTP/220 OK", which is a 20 to it, or
	 * "HTTP/22000 OK". */
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE,
	    &status);
	if (code == CURLE_OK && (status < STATUS_MIN || status > STATUS_MAX))
		code = CURLE_WEIRD_SERVER_REPLY;
	if (code != CURLE_OK) {
		http_problem(transfer, code);
		return;
	}
	answer->end = HTTP_ANSWERED;
	answer->status = (int)status;
	answer->date = read_date(transfer);
	answer->body_len = transfer->received.len;
	answer->body =
	    transfer->received.data == NULL ? "" : transfer->received.data;
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &address);
	if (address != NULL)
		lookups_good(&transfer->http->lookups, transfer->peer, address);
}

static void
finish(struct http_transfer *transfer, CURLcode code)
{
	if (code == CURLE_OPERATION_TIMEDOUT)
		leave_lookup(transfer);
	fill_answer(transfer, code);
	detach(transfer);
	transfer->done(transfer->arg, &transfer->answer);
	give_back(transfer);
}

/* Tells those whose look-up was not even begun; not those they start. */
static void
finish_stillborn(struct http *http)
{
	struct http_transfer *last = TAILQ_LAST(&http->stillborn, transfers);
	struct http_transfer *transfer;

	while ((transfer = TAILQ_FIRST(&http->stillborn)) != NULL) {
		TAILQ_REMOVE(&http->stillborn, transfer, link);
		transfer->answer.end = HTTP_NOT_SENT;
		set_end(transfer);
		(void)err_set(&transfer->answer.problem,
		    "%s: %d name look-ups hang: check this host's DNS",
		    transfer->authority, LOOKUPS_LEFT_MAX);
		transfer->done(transfer->arg, &transfer->answer);
		give_back(transfer);
		if (transfer == last)
			break;
	}
}

/* poll(2) over libcurl's descriptors and one more. */
void
http_wait(struct http *http, int descriptor, int64_t timeout)
{
	struct curl_waitfd extra = { .fd = descriptor,
		.events = CURL_WAIT_POLLIN };
	int ms = timeout < 0 ? 0 : timeout > INT_MAX ? INT_MAX : (int)timeout;

	if (!TAILQ_EMPTY(&http->stillborn))
		ms = 0;
	(void)curl_multi_poll(http->multi, &extra, descriptor == -1 ? 0 : 1, ms,
	    NULL);
}

/* One turn: those that ended are told. */
void
http_perform(struct http *http)
{
	struct CURLMsg *message;
	struct http_transfer *transfer;
	int count = 0;

	http->started = false;
	finish_stillborn(http);
	http->turn++;
	(void)curl_multi_perform(http->multi, &count);
	while ((message = curl_multi_info_read(http->multi, &count)) != NULL) {
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
		    &transfer);
		finish(transfer, code);
	}
}

/* See the header. */
void
http_perform_started(struct http *http)
{
	if (http->started)
		http_perform(http);
}
