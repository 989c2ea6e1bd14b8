/* SPDX-License-Identifier: MIT */
/*
 * aws/http over TLS: whose certificate is taken, and what is said of others.
 * The server and its certificate are made here.
 */
#include "config.h"

#include "aws/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "loopback.h"

enum { PLENTY = 5000 };

static char directory[] = "/tmp/tend-tls-XXXXXX";
static char ca_file[64];
static char hashed[64];
static X509 *certificate;
static EVP_PKEY *private_key;

/* ---- a certificate for "localhost", signed by itself -------------------- */

static void
make_certificate(void)
{
	X509_NAME *name;
	X509_EXTENSION *extension;

	private_key = EVP_EC_gen("P-256");
	certificate = X509_new();
	assert_non_null(private_key);
	assert_non_null(certificate);
	(void)X509_set_version(certificate, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	(void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	(void)X509_set_pubkey(certificate, private_key);
	name = X509_get_subject_name(certificate);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"tend test", -1, -1, 0);
	(void)X509_set_issuer_name(certificate, name);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
	    "DNS:localhost");
	assert_non_null(extension);
	(void)X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	assert_true(X509_sign(certificate, private_key, EVP_sha256()) > 0);
}

static int
setup(void **state)
{
	FILE *file;

	(void)state;
	make_certificate();
	if (mkdtemp(directory) == NULL)
		return -1;
	(void)snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", directory);
	(void)snprintf(hashed, sizeof(hashed), "%s/%08lx.0", directory,
	    X509_subject_name_hash(certificate));
	file = fopen(ca_file, "w");
	if (file == NULL || PEM_write_X509(file, certificate) != 1 ||
	    fclose(file) != 0)
		return -1;
	return symlink("ca.pem", hashed);
}

static int
teardown(void **state)
{
	(void)state;
	X509_free(certificate);
	EVP_PKEY_free(private_key);
	(void)unlink(ca_file);
	(void)unlink(hashed);
	return rmdir(directory);
}

/* ---- a server that answers each connection once -------------------------- */

struct server {
	int listener;
	unsigned port;
	pthread_t thread;
	SSL_CTX *context;
	int answered;
};

static void
converse(struct server *server, int fd)
{
	static const char answer[] =
	    "HTTP/1.1 200 OK\r\n"
	    "Content-Length: 5\r\nConnection: close\r\n\r\nhello";
	SSL *ssl = SSL_new(server->context);
	char request[4096];

	(void)SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 &&
	    SSL_read(ssl, request, sizeof(request)) > 0 &&
	    SSL_write(ssl, answer, sizeof(answer) - 1) > 0)
		server->answered++;
	(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	(void)close(fd);
}

static void *
serve(void *arg)
{
	struct server *server = arg;
	int fd;

	while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) != -1)
		converse(server, fd);
	return NULL;
}

static void
server_start(struct server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);

	*server = (struct server){ .answered = 0 };
	server->context = SSL_CTX_new(TLS_server_method());
	assert_non_null(server->context);
	assert_int_equal(SSL_CTX_use_certificate(server->context, certificate),
	    1);
	assert_int_equal(SSL_CTX_use_PrivateKey(server->context, private_key),
	    1);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	assert_int_equal(listen(server->listener, 8), 0);
	assert_int_equal(getsockname(server->listener,
			     (struct sockaddr *)&address, &len),
	    0);
	server->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server),
	    0);
}

static void
server_stop(struct server *server)
{
	(void)shutdown(server->listener, SHUT_RDWR);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->listener);
	SSL_CTX_free(server->context);
}

/* ---- the client ---------------------------------------------------------- */

struct result {
	int calls;
	struct http_answer answer;
};

static void
on_done(void *arg, const struct http_answer *answer)
{
	struct result *result = arg;

	result->calls++;
	result->answer = *answer;
}

static void
ask(const char *host, unsigned port, const char *file, const char *dir,
    int64_t timeout, struct result *result)
{
	static const char *const headers[] = { NULL };
	const struct http_config config = {
		.user_agent = "tend/test", .ca_file = file, .ca_dir = dir
	};
	char *url = mem_format("https://%s:%u/", host, port);
	const struct http_request request = { .url = url,
		.headers = headers,
		.body = "{}",
		.body_len = 2,
		.timeout = timeout };
	struct http *http = http_new(&config, NULL);
	int64_t end = clock_boot() + 2 * PLENTY;

	*result = (struct result){ 0 };
	assert_non_null(http);
	assert_non_null(http_start(http, &request, on_done, result, NULL));
	while (result->calls == 0 && clock_boot() < end) {
		http_wait(http, -1, 100);
		http_perform(http);
	}
	assert_int_equal(result->calls, 1);
	http_free(http);
	free(url);
}

static void
assert_failed(const struct result *result, const char *what, const char *remedy)
{
	const char *text = result->answer.problem.text;

	assert_int_equal(result->answer.end, HTTP_NOT_SENT);
	if (strstr(text, what) == NULL || strstr(text, remedy) == NULL)
		fail_msg("'%s' does not have '%s' and '%s'", text, what,
		    remedy);
}

static void
test_named_ca(void **state)
{
	struct server server;
	struct result result;

	(void)state;
	server_start(&server);
	ask("localhost", server.port, ca_file, NULL, PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);
	ask("localhost", server.port, NULL, directory, PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);
	server_stop(&server);
	assert_int_equal(server.answered, 2);
}

static void
test_unknown_ca(void **state)
{
	struct server server;
	struct result result;

	(void)state;
	server_start(&server);
	ask("localhost", server.port, NULL, NULL, PLENTY, &result);
	assert_failed(&result, "certificate refused", "--ca-bundle");
	server_stop(&server);
	assert_int_equal(server.answered, 0);
}

/* The CA is known, but the certificate is for another name. */
static void
test_other_name(void **state)
{
	struct server server;
	struct result result;

	(void)state;
	server_start(&server);
	ask("127.0.0.1", server.port, ca_file, NULL, PLENTY, &result);
	assert_failed(&result, "certificate refused", "--endpoint-url");
	server_stop(&server);
	assert_int_equal(server.answered, 0);
}

static void
test_broken_ca(void **state)
{
	struct server server;
	struct result result;
	char path[64];
	FILE *file;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/broken.pem", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("-----BEGIN CERTIFICATE-----\nx\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	server_start(&server);
	ask("localhost", server.port, path, NULL, PLENTY, &result);
	assert_failed(&result, "CA certificates cannot be read", "--ca-bundle");
	server_stop(&server);
	(void)unlink(path);
}

static void
test_no_tls(void **state)
{
	static const struct loopback_step script[] = { { LOOPBACK_SEND,
	    "HTTP/1.1 400 Bad Request\r\n\r\n" } };
	struct loopback *server = loopback_start(script, 1);
	unsigned port =
	    (unsigned)strtoul(strchr(loopback_host(server), ':') + 1, NULL, 10);
	struct result result;

	(void)state;
	/* A server that waits for a request that never becomes whole. */
	ask("127.0.0.1", port, NULL, NULL, 300, &result);
	assert_failed(&result, "no TLS handshake within", "127.0.0.1");
	loopback_stop(server);
}

/* What an HTTP server says to a TLS client. */
static void *
answer_in_clear(void *arg)
{
	static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	int fd = accept4(*(int *)arg, NULL, NULL, SOCK_CLOEXEC);

	(void)send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
	(void)close(fd);
	return NULL;
}

static void
test_plain_answer(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct result result;
	pthread_t thread;

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address,
			     &len),
	    0);
	assert_int_equal(pthread_create(&thread, NULL, answer_in_clear,
			     &listener),
	    0);
	ask("127.0.0.1", ntohs(address.sin_port), NULL, NULL, PLENTY, &result);
	assert_failed(&result, "TLS handshake failed", "https:// service");
	(void)pthread_join(thread, NULL);
	(void)close(listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named_ca),
		cmocka_unit_test(test_unknown_ca),
		cmocka_unit_test(test_other_name),
		cmocka_unit_test(test_broken_ca),
		cmocka_unit_test(test_no_tls),
		cmocka_unit_test(test_plain_answer),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
