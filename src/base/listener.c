/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_MAX = 65535 };

/* What socket calls take. */
struct address {
	struct sockaddr_storage storage;
	socklen_t len;
	bool all;
};

static void
set_four(struct address *address, struct in_addr host, int port)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&address->storage;

	four->sin_family = AF_INET;
	four->sin_addr = host;
	four->sin_port = htons((uint16_t)port);
	address->len = sizeof(*four);
}

static void
set_six(struct address *address, struct in6_addr host, int port)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->storage;

	six->sin6_family = AF_INET6;
	six->sin6_addr = host;
	six->sin6_port = htons((uint16_t)port);
	address->len = sizeof(*six);
}

/* False: the host is no address. */
static bool
find_address(const struct listener_place *place, struct address *address)
{
	struct in_addr four;
	struct in6_addr six = IN6ADDR_ANY_INIT;

	*address = (struct address){ .all = place->all };
	if (place->all || inet_pton(AF_INET6, place->host, &six) == 1)
		set_six(address, six, place->port);
	else if (inet_pton(AF_INET, place->host, &four) == 1)
		set_four(address, four, place->port);
	else
		return false;
	return true;
}

/* The host goes to "end"; brackets are for IPv6 alone, and it needs them. */
static bool
read_host(const char *text, const char *end, struct listener_place *place)
{
	bool brackets = *text == '[';
	struct address address;
	size_t len;

	if (brackets && (end[-1] != ']' || end - text < 3))
		return false;
	text += brackets;
	end -= brackets;
	len = (size_t)(end - text);
	if (len >= sizeof(place->host))
		return false;
	memcpy(place->host, text, len);
	place->host[len] = '\0';
	place->all = len == 0;
	return find_address(place, &address) &&
	       (address.all ||
		   brackets == (address.storage.ss_family == AF_INET6));
}

/* See the header. */
int
listener_parse(const char *text, struct listener_place *place, struct err *err)
{
	const char *colon = strrchr(text, ':');
	const char *port = colon == NULL ? "" : colon + 1;
	const char *problem = NULL;

	*place = (struct listener_place){ .port = -1 };
	if (strspn(port, "0123456789") == strlen(port))
		place->port = (int)strtonum(port, 0, PORT_MAX, &problem);
	if (colon != NULL && place->port >= 0 && problem == NULL &&
	    read_host(text, colon, place))
		return 0;
	return err_set(err,
	    "'%s' is no address and port: want one like 127.0.0.1:9464, "
	    "[::1]:9464 or :9464",
	    text);
}

/* The same form. */
void
listener_format(const struct listener_place *place, char text[LISTENER_TEXT])
{
	bool brackets = strchr(place->host, ':') != NULL;

	(void)snprintf(text, LISTENER_TEXT, "%s%s%s:%d", brackets ? "[" : "",
	    place->host, brackets ? "]" : "", place->port);
}

/* "address": where there is no IPv6, all addresses are those of IPv4. */
static int
make_socket(const struct listener_place *place, struct address *address)
{
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(address->storage.ss_family, type, 0);

	if (fd != -1 || !address->all || errno != EAFNOSUPPORT)
		return fd;
	set_four(address, (struct in_addr){ INADDR_ANY }, place->port);
	return socket(AF_INET, type, 0);
}

static void
set_options(int fd, const struct address *address)
{
	int on = 1;
	int off = 0;

	/* What has just ended may have left connections on this port. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->all && address->storage.ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off,
		    sizeof(off));
}

static int
port_of(int fd)
{
	struct sockaddr_in6 address = { 0 };
	socklen_t len = sizeof(address);

	/* The port is at the same place in the addresses of IPv4. */
	if (getsockname(fd, (struct sockaddr *)&address, &len) == -1)
		return -1;
	return ntohs(address.sin6_port);
}

/* See the header. */
int
listener_open(struct listener_place *place, struct err *err)
{
	struct address address;
	int fd;

	if (!find_address(place, &address))
		return err_set(err,
		    "\"%s\" is no address, want one like 127.0.0.1 "
		    "or ::1",
		    place->host);
	fd = make_socket(place, &address);
	if (fd == -1)
		return err_errno(err, "cannot make a socket");
	set_options(fd, &address);
	if (bind(fd, (struct sockaddr *)&address.storage, address.len) == -1 ||
	    listen(fd, SOMAXCONN) == -1) {
		(void)err_errno(err, "cannot listen on %s port %d",
		    address.all ? "any address," : place->host, place->port);
		(void)close(fd);
		return -1;
	}
	place->port = port_of(fd);
	return fd;
}
