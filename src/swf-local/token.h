/* SPDX-License-Identifier: MIT */
/*
 * Task tokens and page tokens: opaque text for the client, a few numbers for
 * us, with a check, so that a token of another server, or one that was cut or
 * changed, is known as such.
 *
 * A task token has the form of a real one: 576 characters of standard base64
 * with the same first 16 bytes, so that clients meet its length and its
 * "+", "/" and "=".  Page tokens are short.
 */
#ifndef SWF_LOCAL_TOKEN_H
#define SWF_LOCAL_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "swf-local/siphash.h"

enum token_kind { TOKEN_ACTIVITY, TOKEN_DECISION, TOKEN_PAGE };

enum {
	TOKEN_BYTES = 431, /* not a multiple of 3: the text ends in "=" */
	TOKEN_TEXT = (TOKEN_BYTES + 2) / 3 * 4 + 1,
	PAGE_BYTES_LONG = 88,
	PAGE_TEXT = (PAGE_BYTES_LONG + 2) / 3 * 4 + 1
};

struct token {
	enum token_kind kind;
	uint64_t task;      /* number of the task, or 0 */
	uint64_t execution; /* number of the execution, or 0 */
	int64_t scheduled;  /* scheduledEventId of the task */
	int64_t next;       /* pages: where the next one begins */
	int64_t last;       /* pages: a second number for that, or 0 */
	int64_t expires;    /* pages: wall time in ms */
	uint64_t query;     /* pages: a hash of what was asked */
};

/* Writes a token's text; "text" has TOKEN_TEXT or PAGE_TEXT bytes. */
void token_write(const struct siphash_key *secret, const struct token *token,
    char *text);

/*
 * Reads a token of the given kind.  Returns 0, or -1 if it is not one that
 * token_write() made with this secret.
 */
int token_read(const struct siphash_key *secret, const char *text,
    enum token_kind kind, struct token *token);

/* Standard base64 with padding; "text" has 4 * ceil(len / 3) + 1 bytes. */
void base64_encode(const void *data, size_t len, char *text);

/* Decodes exactly "len" bytes.  Returns 0, or -1 if the text is not theirs. */
int base64_decode(const char *text, void *data, size_t len);

#endif
