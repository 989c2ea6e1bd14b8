/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/token.h"

#include <string.h>

#include "swf-local/random.h"

/*
 * Layout: 16 bytes as a real token begins; the numbers; noise made from them;
 * 8 bytes of check over all that is before.
 */
enum { HEAD = 16, NUMBERS = 8, CHECK = 8 };

static const unsigned char head[HEAD] = { 0, 0, 0, 0x2a, 0, 0, 0, 1, 0, 0, 0, 0,
	0, 0, 0, 1 };
static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(const void *data, size_t len, char *text)
{
	const unsigned char *in = data;

	for (size_t i = 0; i < len; i += 3) {
		unsigned long bits = (unsigned long)in[i] << 16;

		if (i + 1 < len)
			bits |= (unsigned long)in[i + 1] << 8;
		if (i + 2 < len)
			bits |= in[i + 2];
		*text++ = alphabet[bits >> 18];
		*text++ = alphabet[bits >> 12 & 63];
		*text++ = i + 1 < len ? alphabet[bits >> 6 & 63] : '=';
		*text++ = i + 2 < len ? alphabet[bits & 63] : '=';
	}
	*text = '\0';
}

static int
digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int
base64_decode(const char *text, void *data, size_t len)
{
	unsigned char *out = data;
	size_t digits = (len * 8 + 5) / 6;
	unsigned long bits = 0;
	size_t done = 0;

	if (strlen(text) != (len + 2) / 3 * 4)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		int value = digit(text[i]);

		if (value == -1)
			return -1;
		bits = (bits << 6 | (unsigned long)value) & 0xffffff;
		if (i % 4 != 0)
			out[done++] = (unsigned char)(bits >> (6 - i % 4 * 2));
	}
	/* What is left of the last digit is zero, and "=" fills the end. */
	if ((bits & ((1UL << (digits * 6 - len * 8)) - 1)) != 0)
		return -1;
	return strspn(text + digits, "=") == strlen(text + digits) ? 0 : -1;
}

static size_t
bytes_of(enum token_kind kind)
{
	return kind == TOKEN_PAGE ? PAGE_BYTES_LONG : TOKEN_BYTES;
}

static void
put_number(unsigned char *at, uint64_t number)
{
	for (int i = 0; i < 8; i++)
		at[i] = (unsigned char)(number >> (56 - 8 * i));
}

static uint64_t
get_number(const unsigned char *at)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | at[i];
	return number;
}

void
token_write(const struct siphash_key *secret, const struct token *token,
    char *text)
{
	const uint64_t numbers[NUMBERS] = { (uint64_t)token->kind, token->task,
		token->execution, (uint64_t)token->scheduled,
		(uint64_t)token->next, (uint64_t)token->last,
		(uint64_t)token->expires, token->query };
	unsigned char bytes[TOKEN_BYTES];
	size_t len = bytes_of(token->kind);
	size_t at = HEAD;
	struct random noise;

	memcpy(bytes, head, HEAD);
	for (int i = 0; i < NUMBERS; i++, at += 8)
		put_number(bytes + at, numbers[i]);
	random_seed(&noise, siphash(secret, bytes, at));
	random_fill(&noise, bytes + at, len - CHECK - at);
	put_number(bytes + len - CHECK, siphash(secret, bytes, len - CHECK));
	base64_encode(bytes, len, text);
}

int
token_read(const struct siphash_key *secret, const char *text,
    enum token_kind kind, struct token *token)
{
	unsigned char bytes[TOKEN_BYTES];
	size_t len = bytes_of(kind);
	uint64_t numbers[NUMBERS];

	if (base64_decode(text, bytes, len) == -1 ||
	    memcmp(bytes, head, HEAD) != 0 ||
	    get_number(bytes + len - CHECK) !=
		siphash(secret, bytes, len - CHECK))
		return -1;
	for (size_t i = 0; i < NUMBERS; i++)
		numbers[i] = get_number(bytes + HEAD + 8 * i);
	if (numbers[0] != (uint64_t)kind)
		return -1;
	*token = (struct token){ .kind = kind,
		.task = numbers[1],
		.execution = numbers[2],
		.scheduled = (int64_t)numbers[3],
		.next = (int64_t)numbers[4],
		.last = (int64_t)numbers[5],
		.expires = (int64_t)numbers[6],
		.query = numbers[7] };
	return 0;
}
