/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/http_transfer.h"

#include <dirent.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"

enum {
	CONNECT_TIMEOUT = 10 * 1000, /* ms, or the transfer's if shorter */
	ADDRESS_LIFETIME = 60,       /* s: then a name is looked up again */
	SILENCE_MAX = 25 * 1000, /* ms until unacknowledged data is an error */
	/* Silence is asked about, so that a peer that is gone while an answer
	 * is waited for is noticed as soon. */
	KEEP_IDLE = 15,     /* s */
	KEEP_INTERVAL = 5,  /* s */
	SEND_BUFFER = 16384 /* the smallest that libcurl takes */
};

/*
 * The system's CAs.  Loading Debian's bundle of some 140 certificates costs
 * many times more than looking one up in the directory of hashed names beside
 * it.  A bundle that was put in place by itself (bind-mounted, or appended
 * to, as is usual in containers) may hold more than the directory: then it is
 * used after all.
 */
static const char system_dir[] = "/etc/ssl/certs";
static const char system_bundle[] = "/etc/ssl/certs/ca-certificates.crt";

/* OpenSSL's names are eight hex digits of a hash, a dot and a number. */
static bool
is_hashed_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
	       name[9] >= '0' && name[9] <= '9';
}

static bool
has_hashed_name(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL)
		found = is_hashed_name(entry->d_name);
	(void)closedir(dir);
	return found;
}

static bool
system_dir_is_good(void)
{
	struct stat dir;
	struct stat bundle;

	if (stat(system_dir, &dir) == -1)
		return false;
	if (stat(system_bundle, &bundle) == 0 &&
	    (bundle.st_dev != dir.st_dev ||
		bundle.st_mtim.tv_sec > dir.st_mtim.tv_sec))
		return false;
	return has_hashed_name(system_dir);
}

/* What set_ca() leaves to libcurl is what that was built with. */
const char *
http_system_ca(void)
{
	const curl_version_info_data *built =
	    curl_version_info(CURLVERSION_NOW);

	if (system_dir_is_good())
		return system_dir;
	return built->cainfo != NULL ? built->cainfo : built->capath;
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_transfer *transfer = arg;

	if (buf_append(&transfer->received, data, size * count) == -1) {
		transfer->too_long = true;
		return CURL_WRITEFUNC_ERROR;
	}
	return size * count;
}

/* Copies what follows "name:" of a header line, blanks at the ends cut. */
static bool
header_value(const char *line, size_t len, const char *name, char *value,
    size_t size)
{
	size_t name_len = strlen(name);

	if (len <= name_len || line[name_len] != ':' ||
	    strncasecmp(line, name, name_len) != 0)
		return false;
	line += name_len + 1;
	len -= name_len + 1;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	(void)snprintf(value, size, "%.*s", (int)(len < size ? len : size - 1),
	    line);
	return true;
}

/* Digits only; anything else, or more than a day, is no delay at all. */
static int64_t
parse_delay(const char *text)
{
	const char *problem = NULL;
	int64_t delay;

	if (*text < '0' || *text > '9')
		return -1;
	delay = strtonum(text, 0, 24 * 3600 * 1000, &problem);
	return problem == NULL ? delay : -1;
}

/* A redirect or an interim answer may have set them. */
void
http_options_forget(struct http_transfer *transfer)
{
	struct http_answer *answer = &transfer->answer;

	transfer->date[0] = '\0';
	answer->date = -1;
	answer->retry_after = -1;
	answer->cached = false;
	answer->request_id[0] = '\0';
	answer->query_error[0] = '\0';
}

static size_t
on_header(char *line, size_t size, size_t count, void *arg)
{
	struct http_transfer *transfer = arg;
	struct http_answer *answer = &transfer->answer;
	size_t len = size * count;
	char value[96];

	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		/* An interim answer, or a proxy's, came before. */
		http_options_forget(transfer);
		transfer->headers_whole = false;
	} else if (*line == '\r' || *line == '\n') {
		transfer->headers_whole = true;
	} else if (header_value(line, len, "Date", transfer->date,
		       sizeof(transfer->date))) {
		/* Read later, if at all: it is the larger part of the work. */
	} else if (header_value(line, len, "Age", value, sizeof(value))) {
		answer->cached = true;
	} else if (header_value(line, len, "x-amz-retry-after", value,
		       sizeof(value))) {
		answer->retry_after = parse_delay(value);
	} else if (header_value(line, len, "x-amzn-RequestId", value,
		       sizeof(value))) {
		(void)strlcpy(answer->request_id, value,
		    sizeof(answer->request_id));
	} else if (header_value(line, len, "x-amzn-query-error", value,
		       sizeof(value))) {
		(void)strlcpy(answer->query_error, value,
		    sizeof(answer->query_error));
	}
	return len;
}

/* Libcurl of Debian 12 opens its sockets without close-on-exec. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	int fd;

	(void)arg;
	(void)purpose;
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
	return fd == -1 ? CURL_SOCKET_BAD : fd;
}

/* A connection into a black hole shall die long before its keepalive. */
static int
set_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	unsigned silence = SILENCE_MAX;

	(void)arg;
	(void)purpose;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence,
	    sizeof(silence));
	return CURL_SOCKOPT_OK;
}

static void
set_ca(const struct http *http, CURL *easy)
{
	bool named = http->ca_file != NULL || http->ca_dir != NULL;

	if (!named && !system_dir_is_good())
		return; /* what libcurl was built with */
	(void)curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
	(void)curl_easy_setopt(easy, CURLOPT_CAPATH,
	    named ? http->ca_dir : system_dir);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, http->ca_file);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH,
	    named ? http->ca_dir : system_dir);
}

/* Everything that is the same for each request of a handle. */
void
http_options_init(struct http_transfer *transfer)
{
	const struct http *http = transfer->http;
	CURL *easy = transfer->easy;

	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	(void)curl_easy_setopt(easy, CURLOPT_SHARE, http->share);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, http->user_agent);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
	    (long)HTTP_RECEIVE_BUFFER);
	(void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE,
	    (long)SEND_BUFFER);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEP_IDLE);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL,
	    (long)KEEP_INTERVAL);
	(void)curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN,
	    (long)http->lifetime);
	(void)curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT,
	    http->lifetime < ADDRESS_LIFETIME ? (long)http->lifetime
					      : (long)ADDRESS_LIFETIME);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	(void)curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, set_socket);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
}

/* Takes host, authority and port out of a URL that endpoint_make() has made. */
static void
split_url(struct http_transfer *transfer, const char *url)
{
	const char *at = strstr(url, "://");
	const char *host;
	size_t len;

	at = at == NULL ? url : at + 3;
	len = strcspn(at, "/?#");
	(void)snprintf(transfer->authority, HTTP_HOST, "%.*s",
	    len < HTTP_HOST ? (int)len : HTTP_HOST - 1, at);
	host = transfer->authority;
	if (*host == '[') {
		host++;
		len = strcspn(host, "]");
	} else {
		len = strcspn(host, ":");
	}
	(void)snprintf(transfer->host, HTTP_HOST, "%.*s", (int)len, host);
	host += len;
	host += *host == ']';
	if (*host == ':')
		(void)strlcpy(transfer->port, host + 1, PROXY_PORT);
	else
		(void)strlcpy(transfer->port,
		    strncmp(url, "https:", 6) == 0 ? "443" : "80", PROXY_PORT);
}

static void
set_url(struct http_transfer *transfer, const char *url)
{
	if (transfer->url != NULL && strcmp(transfer->url, url) == 0)
		return;
	free(transfer->url);
	transfer->url = mem_string(url);
	split_url(transfer, url);
	(void)curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
	if (strncmp(url, "https:", 6) == 0)
		set_ca(transfer->http, transfer->easy);
}

/* libcurl is told of no proxy but this one: it does not look by itself. */
static void
set_way(struct http_transfer *transfer, bool direct)
{
	struct proxy *proxy = &transfer->proxy;
	CURL *easy = transfer->easy;

	transfer->direct = direct;
	*proxy = (struct proxy){ 0 };
	if (!direct)
		proxy_find(proxy, strncmp(transfer->url, "https:", 6) == 0,
		    transfer->host, transfer->port);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY,
	    proxy->url == NULL ? "" : proxy->url);
	(void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	if (proxy->url != NULL) {
		proxy_address(proxy->url, transfer->peer, transfer->peer_port);
	} else {
		(void)strlcpy(transfer->peer, transfer->host, HTTP_HOST);
		(void)strlcpy(transfer->peer_port, transfer->port, PROXY_PORT);
	}
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
	    direct || transfer->http->allow_plain ? "http,https" : "https");
}

static void
set_body(struct http_transfer *transfer, const struct http_request *request)
{
	CURL *easy = transfer->easy;

	if (request->body == NULL) {
		(void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
		return;
	}
	transfer->body = mem_copy(request->body, request->body_len);
	transfer->body_len = request->body_len;
	(void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body);
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)request->body_len);
}

static void
set_timeout(struct http_transfer *transfer, int64_t timeout)
{
	long ms = timeout < 1 ? 1 : timeout > INT_MAX ? INT_MAX : timeout;

	(void)curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, ms);
	(void)curl_easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS,
	    ms < CONNECT_TIMEOUT ? ms : (long)CONNECT_TIMEOUT);
}

/* Everything that is not. */
void
http_options_set(struct http_transfer *transfer,
    const struct http_request *request)
{
	set_url(transfer, request->url);
	set_way(transfer, request->direct);
	set_body(transfer, request);
	(void)curl_easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST,
	    request->method);
	set_timeout(transfer, request->timeout);
	transfer->fresh = request->fresh_connection;
	(void)curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT,
	    request->fresh_connection ? 1L : 0L);
}
