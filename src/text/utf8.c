/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/utf8.h"

#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

enum { MARK_UNITS = sizeof(UTF8_MARK) - 1 };

/* What may follow a lead byte: how many, and the range of the first. */
struct lead {
	unsigned char more;
	unsigned char low;
	unsigned char high;
};

/* Table 3-7 of the Unicode standard; "more" 0: not a lead byte. */
static struct lead
lead_of(unsigned char c)
{
	if (c < 0xc2 || c > 0xf4)
		return (struct lead){ 0, 0, 0 };
	if (c < 0xe0)
		return (struct lead){ 1, 0x80, 0xbf };
	if (c < 0xf0)
		return (struct lead){ 2, c == 0xe0 ? 0xa0 : 0x80,
			c == 0xed ? 0x9f : 0xbf };
	return (struct lead){ 3, c == 0xf0 ? 0x90 : 0x80,
		c == 0xf4 ? 0x8f : 0xbf };
}

/*
 * Looks at the beginning of "data": returns the length of the character there
 * and sets "ok", or the length of what one U+FFFD stands for.
 */
static size_t
next(const unsigned char *data, size_t len, bool *ok)
{
	struct lead lead;
	size_t i;

	*ok = data[0] != '\0' && data[0] < 0x80;
	if (data[0] < 0x80)
		return 1;
	lead = lead_of(data[0]);
	if (lead.more == 0)
		return 1;
	for (i = 1; i <= lead.more; i++) {
		if (i == len || data[i] < lead.low || data[i] > lead.high)
			return i;
		lead.low = 0x80;
		lead.high = 0xbf;
	}
	*ok = true;
	return i;
}

/* How many bytes from the beginning are valid. */
static size_t
valid_span(const unsigned char *data, size_t len)
{
	size_t at = 0, n;
	bool ok;

	while (at < len) {
		n = next(data + at, len - at, &ok);
		if (!ok)
			break;
		at += n;
	}
	return at;
}

bool
utf8_valid(const char *text, size_t len)
{
	return valid_span((const unsigned char *)text, len) == len;
}

int
utf8_repair(struct buf *out, const void *data, size_t len)
{
	const unsigned char *from = data;
	size_t before = out->len, n;
	int failed = buf_append(out, "", 0);
	bool ok;

	while (len > 0 && failed == 0) {
		n = valid_span(from, len);
		failed = buf_append(out, from, n);
		from += n;
		len -= n;
		if (len > 0 && failed == 0) {
			n = next(from, len, &ok);
			failed = buf_string(out, replacement);
			from += n;
			len -= n;
		}
	}
	if (failed != 0 && out->data != NULL) {
		out->len = before;
		out->data[before] = '\0';
	}
	return failed;
}

/* UTF-16 units that begin with this byte: 0 for continuation bytes. */
static size_t
byte_units(char c)
{
	unsigned char byte = (unsigned char)c;

	if ((byte & 0xc0) == 0x80)
		return 0;
	return byte >= 0xf0 ? 2 : 1;
}

size_t
utf8_units(const char *text, size_t len)
{
	size_t units = 0;

	for (size_t i = 0; i < len; i++)
		units += byte_units(text[i]);
	return units;
}

static size_t
head_span(const char *text, size_t len, size_t units)
{
	size_t at;

	for (at = 0; at < len; at++) {
		size_t more = byte_units(text[at]);

		if (more > units)
			break;
		units -= more;
	}
	return at;
}

static size_t
tail_span(const char *text, size_t len, size_t units)
{
	size_t whole = len;

	for (size_t at = len; at > 0; at--) {
		size_t more = byte_units(text[at - 1]);

		if (more > units)
			break;
		units -= more;
		if (more != 0)
			whole = at - 1;
	}
	return len - whole;
}

size_t
utf8_span(const char *text, size_t len, size_t units, enum utf8_keep keep)
{
	return keep == UTF8_HEAD ? head_span(text, len, units)
				 : tail_span(text, len, units);
}

int
utf8_cut(struct buf *out, const char *text, size_t len, size_t units,
    enum utf8_keep keep)
{
	size_t mark = units < MARK_UNITS ? 0 : MARK_UNITS;
	size_t span = head_span(text, len, units);
	char *room;

	if (span == len)
		return buf_append(out, text, len);
	span = utf8_span(text, len, units - mark, keep);
	room = buf_reserve(out, mark + span);
	if (room == NULL)
		return -1;
	if (keep == UTF8_HEAD) {
		memcpy(room, text, span);
		memcpy(room + span, UTF8_MARK, mark);
	} else {
		memcpy(room, UTF8_MARK, mark);
		memcpy(room + mark, text + len - span, span);
	}
	buf_commit(out, mark + span);
	return 0;
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t
utf8_whole(const char *data, size_t len)
{
	size_t end = len;

	/* Back to the first byte of the last character... */
	while (end > 0 && len - end < 3 && is_continuation(data[end - 1]))
		end--;
	if (end == 0 || ((unsigned char)data[end - 1] & 0xc0) != 0xc0)
		return len;
	/* ...which is whole if as many bytes follow as that one says. */
	switch ((unsigned char)data[end - 1] >> 4) {
	case 0xf:
		return len - end == 3 ? len : end - 1;
	case 0xe:
		return len - end >= 2 ? len : end - 1;
	default:
		return len - end >= 1 ? len : end - 1;
	}
}

size_t
utf8_rest(const char *data, size_t len)
{
	size_t rest = 0;

	while (rest < len && rest < 3 && is_continuation(data[rest]))
		rest++;
	return rest;
}
