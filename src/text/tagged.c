/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/tagged.h"

#include <string.h>

#include "text/json.h"
#include "text/oneline.h"
#include "text/utf8.h"

void
tagged_init(struct tagged *tagged, enum tagged_form form, const char *name,
    const char *flow, const char *stream)
{
	*tagged = (struct tagged){
		.form = form,
		.name = name,
		.flow = flow,
		.stream = stream,
	};
	buf_init(&tagged->rest, TAGGED_LINE);
}

static int
put_names(const struct tagged *tagged, const char *time, struct buf *out)
{
	if (buf_format(out, "{\"time\":\"%s\",\"activityId\":", time) == -1 ||
	    json_string(out, tagged->name, strlen(tagged->name)) == -1)
		return -1;
	if (tagged->flow == NULL)
		return 0;
	if (buf_string(out, ",\"workflowId\":") == -1)
		return -1;
	return json_string(out, tagged->flow, strlen(tagged->flow));
}

static void
put_json(const struct tagged *tagged, const char *line, size_t len,
    const char *time, struct buf *out)
{
	size_t before = out->len;

	if (put_names(tagged, time, out) == -1 ||
	    buf_format(out, ",\"stream\":\"%s\",\"line\":", tagged->stream) ==
		-1 ||
	    json_string(out, line, len) == -1 || buf_string(out, "}\n") == -1)
		out->len = before;
}

static void
put_prefixed(const struct tagged *tagged, const char *line, size_t len,
    struct buf *out)
{
	size_t name = strlen(tagged->name);
	char *room = buf_reserve(out, name + len + 3);

	if (room == NULL)
		return;
	memcpy(room, tagged->name, name);
	memcpy(room + name, ": ", 2);
	oneline_mask(room, name);
	if (len > 0)
		memcpy(room + name + 2, line, len);
	room[name + 2 + len] = '\n';
	buf_commit(out, name + len + 3);
}

static void
put(const struct tagged *tagged, const char *line, size_t len, const char *time,
    struct buf *out)
{
	switch (tagged->form) {
	case TAGGED_PREFIX:
		put_prefixed(tagged, line, len, out);
		break;
	case TAGGED_JSON:
		put_json(tagged, line, len, time, out);
		break;
	}
}

/* Gives out a full "rest" but for what belongs to the next character. */
static void
put_piece(struct tagged *tagged, const char *time, struct buf *out)
{
	size_t len = utf8_whole(tagged->rest.data, tagged->rest.len);

	put(tagged, tagged->rest.data, len, time, out);
	buf_consume(&tagged->rest, len);
}

/* Keeps the beginning of a line, and gives out what is too long to keep. */
static void
keep(struct tagged *tagged, const char *data, size_t len, const char *time,
    struct buf *out)
{
	while (len > 0) {
		size_t room = TAGGED_LINE - tagged->rest.len;
		size_t n = len < room ? len : room;

		/* More follows: now it is certain that this is no end. */
		if (room == 0) {
			put_piece(tagged, time, out);
			continue;
		}
		(void)buf_append(&tagged->rest, data, n);
		data += n;
		len -= n;
	}
}

/* A line ends here; "data" is the last of it. */
static void
end_line(struct tagged *tagged, const char *data, size_t len, const char *time,
    struct buf *out)
{
	if (tagged->rest.len == 0 && len <= TAGGED_LINE) {
		put(tagged, data, len, time, out);
		return;
	}
	keep(tagged, data, len, time, out);
	put(tagged, tagged->rest.data, tagged->rest.len, time, out);
	buf_clear(&tagged->rest);
}

/* The first LF or CR, or NULL. */
static const char *
find_end(const char *data, size_t len)
{
	const char *lf = memchr(data, '\n', len);
	const char *cr =
	    memchr(data, '\r', lf == NULL ? len : (size_t)(lf - data));

	return cr != NULL ? cr : lf;
}

/* A CR or LF, after "len" further bytes of the line. */
static void
take_end(struct tagged *tagged, char end, const char *data, size_t len,
    const char *time, struct buf *out)
{
	bool empty = len == 0 && tagged->rest.len == 0;
	bool second = end == '\n' && empty && tagged->after_cr;

	if (second ? tagged->left_out : end == '\n' || !empty)
		end_line(tagged, data, len, time, out);
	tagged->after_cr = end == '\r';
	tagged->left_out = empty;
}

void
tagged_feed(struct tagged *tagged, const char *data, size_t len,
    const char *time, struct buf *out)
{
	const char *end;

	while (len > 0 && (end = find_end(data, len)) != NULL) {
		size_t line = (size_t)(end - data);

		take_end(tagged, *end, data, line, time, out);
		data += line + 1;
		len -= line + 1;
	}
	if (len > 0)
		tagged->after_cr = false;
	keep(tagged, data, len, time, out);
}

void
tagged_end(struct tagged *tagged, const char *time, struct buf *out)
{
	if (tagged->rest.len > 0)
		end_line(tagged, "", 0, time, out);
}

void
tagged_clear(struct tagged *tagged)
{
	buf_clear(&tagged->rest);
}
