/* SPDX-License-Identifier: MIT */
/*
 * Signs requests that it reads from standard input, for sigv4.py to compare.
 *
 * A request is a run of lines "NAME HEX", where HEX is the value's bytes in
 * hexadecimal; a line "end" ends it.  Names: method, url, path, query, header
 * (any number of times), body, id, secret, token, region, service, time.  The
 * Host header is what endpoint_make() makes of the URL.  For each request one
 * line is written: canonical request, string to sign and authorization, all
 * in hexadecimal.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/endpoint.h"
#include "aws/sigv4.h"
#include "base/buf.h"
#include "base/mem.h"

enum { HEADERS_MAX = 64, VALUES_MAX = 128, TEXT_MAX = 16 * 1024 * 1024 };

struct input {
	struct sigv4_request request;
	struct sigv4_key key;
	const char *headers[HEADERS_MAX];
	size_t header_count;
	int64_t time;
	char *values[VALUES_MAX]; /* all of the above, to be freed */
	size_t value_count;
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "sign: %s\n", what);
	exit(1);
}

static char *
keep(struct input *input, char *value)
{
	if (input->value_count == VALUES_MAX)
		die("too many values");
	input->values[input->value_count++] = value;
	return value;
}

static unsigned
digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	if (at == NULL)
		die("not hexadecimal");
	return (unsigned)(at - digits);
}

/* Decodes in place; a NUL follows the bytes. */
static size_t
decode(char *text)
{
	size_t n = 0;

	for (; text[2 * n] != '\0'; n++)
		text[n] =
		    (char)(digit(text[2 * n]) * 16 + digit(text[2 * n + 1]));
	text[n] = '\0';
	return n;
}

static void
print_hex(const char *text, char end)
{
	for (; *text != '\0'; text++)
		(void)printf("%02x", (unsigned)(unsigned char)*text);
	(void)putchar(end);
}

static void
add_header(struct input *input, const char *line)
{
	if (input->header_count >= HEADERS_MAX - 1)
		die("too many headers");
	input->headers[input->header_count++] = line;
}

static void
add_host(struct input *input, const char *url)
{
	const struct endpoint_wish wish = { .url = url,
		.url_source = "url",
		.region = "us-east-1",
		.region_source = "region",
		.allow_plain = true };
	struct endpoint endpoint;
	struct err err;

	if (endpoint_make(&endpoint, &wish, &err) == -1)
		die(err.text);
	add_header(input, keep(input, mem_format("Host: %s", endpoint.host)));
}

static void
sign(struct input *input)
{
	struct sigv4_signature signature;

	input->request.headers = input->headers;
	sigv4_sign(&signature, &input->request, &input->key, input->time);
	print_hex(signature.canonical_request, ' ');
	print_hex(signature.string_to_sign, ' ');
	print_hex(signature.authorization, '\n');
	sigv4_signature_clear(&signature);
	for (size_t i = 0; i < input->value_count; i++)
		free(input->values[i]);
	*input = (struct input){ 0 };
}

static void
take(struct input *input, const char *name, const char *hex)
{
	char *value = keep(input, mem_string(hex));
	size_t len = decode(value);

	if (strcmp(name, "method") == 0)
		input->request.method = value;
	else if (strcmp(name, "url") == 0)
		add_host(input, value);
	else if (strcmp(name, "path") == 0)
		input->request.path = value;
	else if (strcmp(name, "query") == 0)
		input->request.query = value;
	else if (strcmp(name, "header") == 0)
		add_header(input, value);
	else if (strcmp(name, "id") == 0)
		input->key.access_key_id = value;
	else if (strcmp(name, "secret") == 0)
		input->key.secret_access_key = value;
	else if (strcmp(name, "token") == 0)
		input->key.session_token = value;
	else if (strcmp(name, "region") == 0)
		input->key.region = value;
	else if (strcmp(name, "service") == 0)
		input->key.service = value;
	else if (strcmp(name, "time") == 0)
		input->time = strtoll(value, NULL, 10);
	else if (strcmp(name, "body") == 0) {
		input->request.body = value;
		input->request.body_len = len;
	} else
		die("unknown name");
}

int
main(void)
{
	struct input input = { 0 };
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) != -1) {
		char *hex = line + strcspn(line, " \n");
		const char *name = line;

		if (*hex == ' ')
			*hex++ = '\0';
		hex[strcspn(hex, "\n")] = '\0';
		if (strcmp(name, "end") == 0)
			sign(&input);
		else
			take(&input, name, hex);
	}
	free(line);
	return 0;
}
