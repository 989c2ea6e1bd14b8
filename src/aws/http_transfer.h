/* SPDX-License-Identifier: MIT */
/*
 * The inside of aws/http: what its files share.  For aws/http*.c only.
 *
 *	http.c          transfers: started, cancelled, waited for, ended
 *	http_options.c  how libcurl is set up for one
 *	http_problem.c  why one failed, and what it may have done
 */
#ifndef AWS_HTTP_TRANSFER_H
#define AWS_HTTP_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "aws/http.h"
#include "aws/lookups.h"
#include "aws/proxy.h"
#include "base/buf.h"

enum {
	HTTP_HEADERS_MAX = 16,
	HTTP_ANSWER_MAX = 1024 * 1024,
	HTTP_RECEIVE_BUFFER = 4096,
	HTTP_HOST = PROXY_HOST,
	HTTP_LIFETIME = 600 /* s */
};

struct http_transfer {
	TAILQ_ENTRY(http_transfer) link;
	struct http *http;
	CURL *easy;
	http_done *done;
	void *arg;
	int64_t started_at; /* instant */
	/* The request; libcurl reads these until the transfer ends. */
	struct curl_slist header[HTTP_HEADERS_MAX];
	char *header_text;
	size_t header_size;
	char *body;
	size_t body_len;
	struct curl_slist resolve;
	char *resolve_text;
	char host[HTTP_HOST];      /* without port and brackets */
	char authority[HTTP_HOST]; /* with them, for messages */
	char port[PROXY_PORT];     /* the scheme's, if the URL has none */
	struct proxy proxy;
	/* What is looked up and connected to: the proxy's, if there is one. */
	char peer[HTTP_HOST];
	char peer_port[PROXY_PORT];
	char *url;
	bool fresh;    /* a connection of its own */
	bool direct;   /* the URL is not the service's */
	uint64_t turn; /* of http_perform() when it was started */
	/* The answer. */
	struct buf received;
	bool too_long;
	char date[48];      /* text of the Date header */
	bool headers_whole; /* the empty line after them has come */
	struct http_answer answer;
	char error[CURL_ERROR_SIZE];
};

TAILQ_HEAD(transfers, http_transfer);

struct http {
	CURLM *multi;
	CURLSH *share; /* TLS sessions, of all transfers */
	char *ca_file;
	char *ca_dir;
	char *user_agent;
	bool allow_plain;
	int lifetime; /* s */
	uint64_t turn;
	bool started; /* something, since the last turn */
	struct lookups lookups;
	struct transfers running;
	struct transfers stillborn; /* failed before libcurl saw them */
	struct transfers idle;
	size_t idle_count;
};

/* Sets what is the same for each request of a new handle. */
void http_options_init(struct http_transfer *transfer);

/* Sets URL, body and timeout, and what depends on them. */
void http_options_set(struct http_transfer *transfer,
    const struct http_request *request);

/* Forgets what the headers of an earlier answer said. */
void http_options_forget(struct http_transfer *transfer);

/* Fills end and problem of the answer of a transfer that failed. */
void http_problem(struct http_transfer *transfer, CURLcode code);

#endif
