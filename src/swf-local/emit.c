/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/emit.h"

#include <stdio.h>
#include <string.h>

static void
put(struct buf *buf, const char *text)
{
	(void)buf_string(buf, text);
}

static void
put_quoted(struct buf *buf, const char *text)
{
	static const char shorts[] = "btnvfr"; /* from \b (8) to \r (13) */

	(void)buf_append(buf, "\"", 1);
	for (;;) {
		size_t plain = 0;
		unsigned char c;

		while ((c = (unsigned char)text[plain]) >= 0x20 && c != '"' &&
		       c != '\\')
			plain++;
		(void)buf_append(buf, text, plain);
		text += plain + 1;
		if (c == '\0')
			break;
		if (c == '"' || c == '\\')
			(void)buf_format(buf, "\\%c", c);
		else if (c >= '\b' && c <= '\r' && c != '\v')
			(void)buf_format(buf, "\\%c", shorts[c - '\b']);
		else
			(void)buf_format(buf, "\\u%04x", c);
	}
	(void)buf_append(buf, "\"", 1);
}

/* The comma, if there is something before, and the key, if there is one. */
static void
start(struct buf *buf, const char *key)
{
	char last = buf->len == 0 ? '{' : buf->data[buf->len - 1];

	if (last != '{' && last != '[' && last != ':')
		(void)buf_append(buf, ",", 1);
	if (key != NULL) {
		put_quoted(buf, key);
		(void)buf_append(buf, ":", 1);
	}
}

void
emit_object(struct buf *buf, const char *key)
{
	start(buf, key);
	put(buf, "{");
}

void
emit_object_end(struct buf *buf)
{
	put(buf, "}");
}

void
emit_list(struct buf *buf, const char *key)
{
	start(buf, key);
	put(buf, "[");
}

void
emit_list_end(struct buf *buf)
{
	put(buf, "]");
}

void
emit_string(struct buf *buf, const char *key, const char *value)
{
	if (value == NULL)
		return;
	start(buf, key);
	put_quoted(buf, value);
}

void
emit_integer(struct buf *buf, const char *key, int64_t value)
{
	start(buf, key);
	(void)buf_format(buf, "%lld", (long long)value);
}

void
emit_boolean(struct buf *buf, const char *key, int value)
{
	start(buf, key);
	put(buf, value ? "true" : "false");
}

void
emit_millis(struct buf *buf, const char *key, int64_t micros)
{
	start(buf, key);
	(void)buf_format(buf, "%lld.%03d", (long long)(micros / 1000),
	    (int)(micros % 1000));
}

void
emit_time(struct buf *buf, const char *key, int64_t wall_ms)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%lld", (long long)wall_ms);
	int exponent = len - 4;

	start(buf, key);
	if (wall_ms < 1000) {
		(void)buf_format(buf, "0.%03d", (int)wall_ms);
		return;
	}
	while (len > 2 && digits[len - 1] == '0')
		len--;
	(void)buf_format(buf, "%c.%.*sE%d", digits[0], len - 1, digits + 1,
	    exponent);
}

void
emit_name(struct buf *buf, const char *key, const char *name)
{
	emit_object(buf, key);
	emit_string(buf, "name", name);
	emit_object_end(buf);
}

void
emit_type(struct buf *buf, const char *key, const char *name,
    const char *version)
{
	emit_object(buf, key);
	emit_string(buf, "name", name);
	emit_string(buf, "version", version);
	emit_object_end(buf);
}

void
emit_execution(struct buf *buf, const char *key, const char *workflow_id,
    const char *run_id)
{
	emit_object(buf, key);
	emit_string(buf, "runId", run_id);
	emit_string(buf, "workflowId", workflow_id);
	emit_object_end(buf);
}

void
emit_raw(struct buf *buf, const char *key, const char *value)
{
	if (value == NULL)
		return;
	start(buf, key);
	put(buf, value);
}
