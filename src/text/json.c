/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/json.h"

#include <stdlib.h>
#include <string.h>

#include "text/utf8.h"

/* Numbers longer than this are not read; they are valid all the same. */
enum { NUMBER_TEXT = 64 };

/* A reader of JSON text; "name" is the member of the object looked for. */
struct scan {
	const char *at;
	const char *end;
	int depth;
	const char *name; /* or NULL */
	const char *number;
	size_t number_len; /* 0: none found */
};

static bool scan_value(struct scan *scan);

/* Appends one character of a string; the text is valid UTF-8. */
static int
append_escaped(struct buf *out, char c)
{
	switch (c) {
	case '"':
		return buf_string(out, "\\\"");
	case '\\':
		return buf_string(out, "\\\\");
	case '\b':
		return buf_string(out, "\\b");
	case '\f':
		return buf_string(out, "\\f");
	case '\n':
		return buf_string(out, "\\n");
	case '\r':
		return buf_string(out, "\\r");
	case '\t':
		return buf_string(out, "\\t");
	default:
		return buf_format(out, "\\u%04x", (unsigned int)c & 0xffu);
	}
}

static bool
is_special(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte < 0x20 || byte == 0x7f || c == '"' || c == '\\';
}

/* Appends valid text, escaped, without quotes. */
static int
append_text(struct buf *out, const char *text, size_t len)
{
	size_t from = 0, at;
	int failed = 0;

	for (at = 0; at < len && failed == 0; at++) {
		if (!is_special(text[at]))
			continue;
		failed = buf_append(out, text + from, at - from);
		if (failed == 0)
			failed = append_escaped(out, text[at]);
		from = at + 1;
	}
	if (failed == 0)
		failed = buf_append(out, text + from, at - from);
	return failed;
}

/* Takes back what was appended since "len". */
static int
refuse(struct buf *out, size_t len)
{
	out->len = len;
	if (out->data != NULL)
		out->data[len] = '\0';
	return -1;
}

int
json_string(struct buf *out, const char *text, size_t len)
{
	struct buf repaired = BUF_INIT(len * UTF8_BYTES_PER_UNIT);
	size_t before = out->len;
	int failed = buf_string(out, "\"");

	if (failed == 0 && utf8_valid(text, len)) {
		failed = append_text(out, text, len);
	} else if (failed == 0) {
		failed = utf8_repair(&repaired, text, len);
		if (failed == 0)
			failed = append_text(out, repaired.data, repaired.len);
		buf_clear(&repaired);
	}
	if (failed == 0)
		failed = buf_string(out, "\"");
	return failed == 0 ? 0 : refuse(out, before);
}

int
json_string_or_null(struct buf *out, const char *text)
{
	if (text == NULL)
		return buf_string(out, "null");
	return json_string(out, text, strlen(text));
}

void
json_replace_nul(char *text, size_t len)
{
	static const char nul[] = "\\u0000";
	static const char replacement[] = "\\ufffd";
	size_t size = sizeof(nul) - 1;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\\')
			continue;
		if (len - i >= size && memcmp(text + i, nul, size) == 0)
			memcpy(text + i, replacement, size);
		/* What follows belongs to this escape, a backslash too. */
		i++;
	}
}

static void
scan_blanks(struct scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' ||
		   *scan->at == '\r'))
		scan->at++;
}

/* Takes the byte "c" if it comes next. */
static bool
scan_byte(struct scan *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static bool
scan_literal(struct scan *scan, const char *literal)
{
	while (*literal != '\0')
		if (!scan_byte(scan, *literal++))
			return false;
	return true;
}

/* Takes what follows a backslash. */
static bool
scan_escape(struct scan *scan)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	static const char escapes[] = "\"\\/bfnrtu";

	if (scan->at == scan->end || *scan->at == '\0' ||
	    strchr(escapes, *scan->at) == NULL)
		return false;
	if (*scan->at++ != 'u')
		return true;
	for (int i = 0; i < 4; i++, scan->at++)
		if (scan->at == scan->end || *scan->at == '\0' ||
		    strchr(hex, *scan->at) == NULL)
			return false;
	return true;
}

static bool
scan_string(struct scan *scan)
{
	if (!scan_byte(scan, '"'))
		return false;
	while (scan->at < scan->end) {
		unsigned char c = (unsigned char)*scan->at++;

		if (c == '"')
			return true;
		if (c < 0x20 || (c == '\\' && !scan_escape(scan)))
			return false;
	}
	return false;
}

/* Takes digits; false if there are none. */
static bool
scan_digits(struct scan *scan)
{
	const char *from = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > from;
}

static bool
scan_number(struct scan *scan)
{
	(void)scan_byte(scan, '-');
	if (!scan_byte(scan, '0') && !scan_digits(scan))
		return false;
	if (scan_byte(scan, '.') && !scan_digits(scan))
		return false;
	if (scan_byte(scan, 'e') || scan_byte(scan, 'E')) {
		if (!scan_byte(scan, '-'))
			(void)scan_byte(scan, '+');
		return scan_digits(scan);
	}
	return true;
}

/* Remembers a value of the outermost object if it is the one looked for. */
static void
note_member(struct scan *scan, const char *key, size_t key_len,
    const char *value)
{
	if (scan->depth != 1 || scan->name == NULL ||
	    strlen(scan->name) != key_len ||
	    memcmp(scan->name, key, key_len) != 0)
		return;
	scan->number_len = 0;
	if (*value == '-' || (*value >= '0' && *value <= '9')) {
		scan->number = value;
		scan->number_len = (size_t)(scan->at - value);
	}
}

/* Takes "name": value. */
static bool
scan_member(struct scan *scan)
{
	const char *key, *value;
	size_t key_len;

	scan_blanks(scan);
	key = scan->at + 1;
	if (!scan_string(scan))
		return false;
	key_len = (size_t)(scan->at - 1 - key);
	scan_blanks(scan);
	if (!scan_byte(scan, ':'))
		return false;
	scan_blanks(scan);
	value = scan->at;
	if (!scan_value(scan))
		return false;
	note_member(scan, key, key_len, value);
	return true;
}

/* Takes what is between brackets, and the closing one. */
static bool
scan_list(struct scan *scan, bool (*element)(struct scan *), char close)
{
	scan_blanks(scan);
	if (scan_byte(scan, close))
		return true;
	for (;;) {
		if (!element(scan))
			return false;
		scan_blanks(scan);
		if (scan_byte(scan, close))
			return true;
		if (!scan_byte(scan, ','))
			return false;
	}
}

static bool
scan_nested(struct scan *scan)
{
	bool object = *scan->at++ == '{';
	bool ok;

	if (scan->depth == JSON_DEPTH)
		return false;
	scan->depth++;
	ok = object ? scan_list(scan, scan_member, '}')
		    : scan_list(scan, scan_value, ']');
	scan->depth--;
	return ok;
}

static bool
scan_value(struct scan *scan)
{
	scan_blanks(scan);
	if (scan->at == scan->end)
		return false;
	switch (*scan->at) {
	case '{':
	case '[':
		return scan_nested(scan);
	case '"':
		return scan_string(scan);
	case 't':
		return scan_literal(scan, "true");
	case 'f':
		return scan_literal(scan, "false");
	case 'n':
		return scan_literal(scan, "null");
	default:
		return scan_number(scan);
	}
}

/* Takes one object that is all there is. */
static bool
scan_object(struct scan *scan)
{
	scan_blanks(scan);
	if (scan->at == scan->end || *scan->at != '{' || !scan_value(scan))
		return false;
	scan_blanks(scan);
	return scan->at == scan->end;
}

bool
json_is_object(const char *text, size_t len)
{
	struct scan scan = { .at = text, .end = text + len };

	return scan_object(&scan);
}

int
json_number(const char *text, size_t len, const char *name, double *number)
{
	struct scan scan = { .at = text, .end = text + len, .name = name };
	char copy[NUMBER_TEXT];

	if (!scan_object(&scan) || scan.number_len == 0 ||
	    scan.number_len >= sizeof(copy))
		return -1;
	memcpy(copy, scan.number, scan.number_len);
	copy[scan.number_len] = '\0';
	*number = strtod(copy, NULL);
	return 0;
}
