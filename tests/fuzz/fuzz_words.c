/* SPDX-License-Identifier: MIT */
/*
 * text/words and other small things that are read or made of what others
 * wrote: words that are quoted are split into themselves; a line for a
 * terminal stays one; what is percent-encoded is decoded to itself; the tail
 * is the end; tagged lines are the same in whatever pieces they come; an
 * address is written and read again as itself.
 */
#include "config.h"

#include "text/words.h"

#include "base/listener.h"
#include "fuzz.h"
#include "text/exitlist.h"
#include "text/oneline.h"
#include "text/tagged.h"
#include "text/tail.h"
#include "text/urlencode.h"
#include "text/utf8.h"

enum { ROOM = 1 << 24, WIDTH = 79, KEPT = 50 };

/* Each word in single quotes, as a shell would have it. */
static void
quote(struct buf *out, char *const *words)
{
	for (; *words != NULL; words++) {
		(void)buf_string(out, " '");
		for (const char *c = *words; *c != '\0'; c++)
			if (*c == '\'')
				(void)buf_string(out, "'\\''");
			else
				(void)buf_append(out, c, 1);
		(void)buf_string(out, "'");
	}
}

static void
check_words(const char *text)
{
	struct buf quoted = BUF_INIT(ROOM);
	struct err err = { "" };
	char **words = words_split(text, &err);
	char **again;
	size_t i = 0;

	if (words == NULL) {
		MUST(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
		return;
	}
	MUST(words[0] != NULL);
	quote(&quoted, words);
	again = words_split(quoted.data, NULL);
	MUST(again != NULL);
	for (; words[i] != NULL && again[i] != NULL; i++)
		MUST(strcmp(words[i], again[i]) == 0);
	MUST(words[i] == NULL && again[i] == NULL);
	words_free(words);
	words_free(again);
	buf_clear(&quoted);
}

static void
check_line(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		MUST(c >= ' ' && c != 0x7f);
		/* C1, as UTF-8. */
		MUST(c != 0xc2 || (unsigned char)text[i + 1] >= 0xa0);
	}
}

static void
check_oneline(const char *text, size_t len)
{
	struct buf valid = BUF_INIT(ROOM), out = BUF_INIT(ROOM);
	char few[KEPT];

	MUST(utf8_repair(&valid, text, len) == 0);
	if (valid.len > 0) {
		MUST(oneline_append(&out, valid.data, WIDTH) == 0);
		MUST(utf8_valid(out.data, out.len));
		MUST(oneline_columns(out.data, out.len) <= WIDTH);
		check_line(out.data, out.len);
	}
	oneline_copy(few, sizeof(few), text);
	MUST(strlen(few) < sizeof(few));
	check_line(few, strlen(few));
	buf_clear(&valid);
	buf_clear(&out);
}

static int
digit(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

static void
check_urlencode(const char *text, size_t len)
{
	struct buf out = BUF_INIT(ROOM);
	size_t n = 0;

	MUST(urlencode(&out, text, len) == 0);
	for (size_t i = 0; i < out.len; i++, n++) {
		char c = out.data[i];

		MUST(n < len);
		if (c == '%') {
			c = (char)(digit(out.data[i + 1]) * 16 +
				   digit(out.data[i + 2]));
			i += 2;
		} else {
			MUST(strchr("-_.~", c) != NULL ||
			     (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z'));
		}
		MUST(c == text[n]);
	}
	MUST(n == len);
	buf_clear(&out);
}

static void
check_tail(const char *text, size_t len, size_t piece)
{
	struct buf out = BUF_INIT(ROOM);
	struct tail tail;
	size_t kept = len < KEPT ? len : KEPT;

	tail_init(&tail, KEPT);
	for (size_t at = 0; at < len; at += piece)
		tail_feed(&tail, text + at,
		    len - at < piece ? len - at : piece);
	MUST(tail_len(&tail) == kept && tail_forgotten(&tail) == len - kept);
	MUST(tail_read(&tail, &out) == 0 && out.len == kept);
	MUST(kept == 0 || memcmp(out.data, text + len - kept, kept) == 0);
	tail_clear(&tail);
	buf_clear(&out);
}

static void
tag(struct buf *out, enum tagged_form form, const char *text, size_t len,
    size_t piece)
{
	struct tagged tagged;

	tagged_init(&tagged, form, "id", NULL, "stdout");
	for (size_t at = 0; at < len; at += piece)
		tagged_feed(&tagged, text + at,
		    len - at < piece ? len - at : piece, "time", out);
	tagged_end(&tagged, "time", out);
	tagged_clear(&tagged);
	MUST(out->len == 0 || out->data[out->len - 1] == '\n');
}

static void
check_tagged(enum tagged_form form, const char *text, size_t len, size_t piece)
{
	struct buf whole = BUF_INIT(ROOM), pieces = BUF_INIT(ROOM);
	const char *begin = form == TAGGED_JSON ? "{\"time\":" : "id: ";
	const char *line;

	tag(&whole, form, text, len, len + 1);
	tag(&pieces, form, text, len, piece);
	MUST(whole.len == pieces.len);
	MUST(whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0);
	for (size_t at = 0; at < whole.len;
	     at = (size_t)(line - whole.data) + 1) {
		MUST(strncmp(whole.data + at, begin, strlen(begin)) == 0);
		line = memchr(whole.data + at, '\n', whole.len - at);
	}
	buf_clear(&whole);
	buf_clear(&pieces);
}

static void
check_address(const char *text)
{
	struct listener_place place, again;
	char written[LISTENER_TEXT];

	if (listener_parse(text, &place, NULL) == -1)
		return;
	MUST(place.port >= 0 && place.port <= 65535);
	MUST(place.all == (place.host[0] == '\0'));
	listener_format(&place, written);
	MUST(listener_parse(written, &again, NULL) == 0);
	MUST(again.port == place.port && again.all == place.all);
	MUST(strcmp(again.host, place.host) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece;
	char *text;

	if (size < 1)
		return 0;
	piece = 1 + data[0];
	data++;
	size--;
	text = fuzz_string(data, size);
	check_words(text);
	check_oneline(text, size);
	check_urlencode(text, size);
	check_tail(text, size, piece);
	check_tagged(TAGGED_PREFIX, text, size, piece);
	check_tagged(TAGGED_JSON, text, size, piece);
	check_address(text);
	free(text);
	return 0;
}
