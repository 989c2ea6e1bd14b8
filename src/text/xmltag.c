/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/xmltag.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	REFERENCE_MAX = 10, /* characters between "&" and ";" */
	UNICODE_MAX = 0x10ffff
};

struct scan {
	const char *at;
	const char *end;
};

static bool
begins(const struct scan *scan, const char *with)
{
	size_t len = strlen(with);

	return (size_t)(scan->end - scan->at) >= len &&
	       memcmp(scan->at, with, len) == 0;
}

/* Goes behind the next "mark"; false if there is none. */
static bool
pass(struct scan *scan, const char *mark)
{
	size_t len = strlen(mark);
	const char *found =
	    memmem(scan->at, (size_t)(scan->end - scan->at), mark, len);

	if (found == NULL)
		return false;
	scan->at = found + len;
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What was found of the next tag. */
struct tag {
	const char *name; /* without a prefix */
	size_t len;
	bool closing; /* </name> */
	bool empty;   /* <name/> */
};

/* Takes a tag; "at" is behind its "<".  False if it breaks off. */
static bool
take_tag(struct scan *scan, struct tag *tag)
{
	const char *colon;

	tag->closing = begins(scan, "/");
	scan->at += tag->closing;
	tag->name = scan->at;
	while (scan->at < scan->end && !is_blank(*scan->at) &&
	       *scan->at != '>' && *scan->at != '/')
		scan->at++;
	tag->len = (size_t)(scan->at - tag->name);
	colon = tag->len == 0 ? NULL : memchr(tag->name, ':', tag->len);
	if (colon != NULL) {
		tag->len -= (size_t)(colon + 1 - tag->name);
		tag->name = colon + 1;
	}
	for (char quote = '\0'; scan->at < scan->end; scan->at++) {
		if (quote != '\0')
			quote = *scan->at == quote ? '\0' : quote;
		else if (*scan->at == '"' || *scan->at == '\'')
			quote = *scan->at;
		else if (*scan->at == '>')
			break;
	}
	if (scan->at == scan->end)
		return false;
	tag->empty = scan->at[-1] == '/' && !tag->closing;
	scan->at++;
	return true;
}

static bool
is_named(const struct tag *tag, const char *name)
{
	return tag->len == strlen(name) &&
	       memcmp(tag->name, name, tag->len) == 0;
}

static int
append_utf8(struct buf *out, unsigned long c)
{
	const unsigned char bytes[] = { (unsigned char)(0xf0 | (c >> 18)),
		(unsigned char)(0x80 | ((c >> 12) & 0x3f)),
		(unsigned char)(0x80 | ((c >> 6) & 0x3f)),
		(unsigned char)(0x80 | (c & 0x3f)) };
	unsigned char first;

	if (c < 0x80) {
		first = (unsigned char)c;
		return buf_append(out, &first, 1);
	}
	if (c >= 0x10000)
		return buf_append(out, bytes, 4);
	first = (unsigned char)(c < 0x800 ? 0xc0 | (c >> 6) : 0xe0 | (c >> 12));
	if (buf_append(out, &first, 1) == -1)
		return -1;
	return c < 0x800 ? buf_append(out, bytes + 3, 1)
			 : buf_append(out, bytes + 2, 2);
}

/* "#65" or "#x41". */
static int
append_number(struct buf *out, const char *text)
{
	bool hex = text[1] == 'x';
	const char *digits = text + (hex ? 2 : 1);
	const char *set = hex ? "0123456789abcdefABCDEF" : "0123456789";
	size_t len = strspn(digits, set);
	unsigned long c;

	if (len == 0 || digits[len] != '\0')
		return -1;
	c = strtoul(digits, NULL, hex ? 16 : 10);
	if (c == 0 || c > UNICODE_MAX || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	return append_utf8(out, c);
}

/* Takes an entity or a character reference; "at" is behind its "&". */
static int
take_reference(struct scan *scan, struct buf *out)
{
	static const struct {
		const char *name;
		const char *text;
	} entities[] = { { "amp", "&" }, { "lt", "<" }, { "gt", ">" },
		{ "quot", "\"" }, { "apos", "'" } };
	char name[REFERENCE_MAX + 1];
	size_t len = 0;

	while (scan->at < scan->end && *scan->at != ';') {
		if (len == REFERENCE_MAX)
			return -1;
		name[len++] = *scan->at++;
	}
	if (scan->at == scan->end)
		return -1;
	scan->at++;
	name[len] = '\0';
	if (name[0] == '#')
		return append_number(out, name);
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (strcmp(name, entities[i].name) == 0)
			return buf_string(out, entities[i].text);
	return -1;
}

/* Takes what is between "<![CDATA[" and "]]>". */
static int
take_cdata(struct scan *scan, struct buf *out)
{
	const char *from = scan->at;

	if (!pass(scan, "]]>"))
		return -1;
	return buf_append(out, from, (size_t)(scan->at - 3 - from));
}

enum { TEXT_DONE, TEXT_NESTED, TEXT_BROKEN };

/* Takes the text of an element, and its closing tag. */
static int
take_text(struct scan *scan, const char *name, struct buf *out)
{
	struct tag tag;

	while (scan->at < scan->end) {
		const char *from = scan->at;
		int failed = 0;

		if (*from == '&') {
			scan->at++;
			failed = take_reference(scan, out);
		} else if (*from != '<') {
			failed = buf_append(out, scan->at++, 1);
		} else if (begins(scan, "<!--")) {
			failed = pass(scan, "-->") ? 0 : -1;
		} else if (begins(scan, "<![CDATA[")) {
			scan->at += strlen("<![CDATA[");
			failed = take_cdata(scan, out);
		} else {
			scan->at++;
			if (!take_tag(scan, &tag))
				return TEXT_BROKEN;
			if (tag.closing && is_named(&tag, name))
				return TEXT_DONE;
			scan->at = from;
			return TEXT_NESTED;
		}
		if (failed == -1)
			return TEXT_BROKEN;
	}
	return TEXT_BROKEN;
}

/* Goes to what follows the next opening tag of that name, or is false. */
static bool
find_opening(struct scan *scan, const char *name, struct tag *tag)
{
	while (pass(scan, "<")) {
		bool found = true;

		if (begins(scan, "!--"))
			found = pass(scan, "-->");
		else if (begins(scan, "![CDATA["))
			found = pass(scan, "]]>");
		else if (begins(scan, "?"))
			found = pass(scan, "?>");
		else if (!take_tag(scan, tag))
			found = false;
		else if (!tag->closing && is_named(tag, name))
			return true;
		if (!found)
			return false;
	}
	return false;
}

/* Cuts the blanks at both ends of what was appended since "from". */
static void
trim(struct buf *out, size_t from)
{
	size_t blanks = 0;

	while (out->len > from && is_blank(out->data[out->len - 1]))
		out->len--;
	while (from + blanks < out->len && is_blank(out->data[from + blanks]))
		blanks++;
	memmove(out->data + from, out->data + from + blanks,
	    out->len - from - blanks);
	out->len -= blanks;
	out->data[out->len] = '\0';
}

/* The first one that holds text only. */
int
xmltag_find(const char *xml, size_t len, const char *name, struct buf *out)
{
	struct scan scan = { xml, xml + len };
	size_t before = out->len;
	int result = TEXT_NESTED;
	struct tag tag;

	/* No XML has one, and it would end a string in its middle. */
	if (memchr(xml, '\0', len) != NULL)
		return -1;
	while (result == TEXT_NESTED && find_opening(&scan, name, &tag)) {
		result = tag.empty ? TEXT_DONE : take_text(&scan, name, out);
		if (result != TEXT_DONE && out->data != NULL) {
			out->len = before;
			out->data[before] = '\0';
		}
	}
	if (result != TEXT_DONE || buf_append(out, "", 0) == -1)
		return -1;
	trim(out, before);
	return 0;
}
