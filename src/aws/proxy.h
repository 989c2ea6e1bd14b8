/* SPDX-License-Identifier: MIT */
/*
 * The proxy that a request goes by: what the environment says, as libcurl and
 * the AWS CLI read it.
 *
 * For https:// that is https_proxy or HTTPS_PROXY; for http:// it is
 * http_proxy, or HTTP_PROXY unless this is a CGI program, for which it is a
 * header of whoever asks; else all_proxy or ALL_PROXY.  The first that is not
 * empty counts.
 *
 * What no_proxy or NO_PROXY lists, with commas or blanks between, needs none:
 *
 *	example.com, .example.com   the name, and all names below it
 *	10.1.2.3, fd00::1           the address
 *	10.0.0.0/8, fd00::/8        addresses that begin so
 *	example.com:8443            only at this port
 *	*                           everything
 *
 * Neither does this machine itself, as it is spelled (127.0.0.0/8, ::1,
 * localhost).
 */
#ifndef AWS_PROXY_H
#define AWS_PROXY_H

#include <stdbool.h>

/* The texts are the environment's, or constants. */
struct proxy {
	const char *url;      /* NULL: none is used */
	const char *variable; /* that names it; NULL: there is none */
	const char *exempt;   /* the variable that lists the host; or NULL */
};

/* "host" without brackets. */
void proxy_find(struct proxy *proxy, bool tls, const char *host,
    const char *port);

/* A proxy's URL without user name and password: a new string. */
char *proxy_text(const char *url);

enum { PROXY_HOST = 272, PROXY_PORT = 8 };

/* Its name or address, without brackets, and its port, libcurl's defaults. */
void proxy_address(const char *url, char host[PROXY_HOST],
    char port[PROXY_PORT]);

#endif
