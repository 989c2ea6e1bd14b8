/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/spool_record.h"

#include <string.h>

#include "base/crc32.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const char magic[] = "TENDSPL\n";

enum {
	/* Where in the header. */
	AT_VERSION = 8,
	AT_TYPE = 10,
	AT_LENGTH = 12,
	AT_KEY = 16,
	AT_CRC = 32,
	/* Of a field: tag and length. */
	FIELD_HEAD = 5,
	NUMBER = 8
};

/* What a field is; the numbers are on disk, so they stay. */
enum tag {
	TAG_TOKEN = 1,
	TAG_ENDPOINT,
	TAG_REGION,
	TAG_ACTIVITY_ID,
	TAG_WORKFLOW_ID,
	TAG_RUN_ID,
	TAG_STARTED,
	TAG_WORLD,
	TAG_GUARD,
	TAG_GUARD_STARTED,
	TAG_SESSION,
	TAG_LEAVES,
	TAG_KIND = 64,
	TAG_RESULT,
	TAG_REASON,
	TAG_DETAILS,
	TAG_ALIVE
};

/* A table of members, which writing and reading share. */
struct member {
	enum tag tag;
	enum { MEMBER_TEXT, MEMBER_NUMBER } kind;
	size_t at;
	bool needed;
};

/* What has no pointer of its own in the structs goes through these. */
struct start_values {
	struct spool_start texts;
	int64_t leaves;
};

struct outcome_values {
	struct spool_outcome texts;
	int64_t kind;
	int64_t alive;
};

static const struct member start_members[] = {
#define AT(member) offsetof(struct start_values, member)
	{ TAG_TOKEN, MEMBER_TEXT, AT(texts.token), true },
	{ TAG_ENDPOINT, MEMBER_TEXT, AT(texts.endpoint), true },
	{ TAG_REGION, MEMBER_TEXT, AT(texts.region), true },
	{ TAG_ACTIVITY_ID, MEMBER_TEXT, AT(texts.activity_id), false },
	{ TAG_WORKFLOW_ID, MEMBER_TEXT, AT(texts.workflow_id), false },
	{ TAG_RUN_ID, MEMBER_TEXT, AT(texts.run_id), false },
	{ TAG_STARTED, MEMBER_NUMBER, AT(texts.started), false },
	{ TAG_WORLD, MEMBER_TEXT, AT(texts.world), false },
	{ TAG_GUARD, MEMBER_NUMBER, AT(texts.guard), false },
	{ TAG_GUARD_STARTED, MEMBER_NUMBER, AT(texts.guard_started), false },
	{ TAG_SESSION, MEMBER_NUMBER, AT(texts.session), false },
	{ TAG_LEAVES, MEMBER_NUMBER, AT(leaves), false },
#undef AT
};

static const struct member outcome_members[] = {
#define AT(member) offsetof(struct outcome_values, member)
	{ TAG_KIND, MEMBER_NUMBER, AT(kind), true },
	{ TAG_RESULT, MEMBER_TEXT, AT(texts.result), false },
	{ TAG_REASON, MEMBER_TEXT, AT(texts.reason), false },
	{ TAG_DETAILS, MEMBER_TEXT, AT(texts.details), false },
	{ TAG_ALIVE, MEMBER_NUMBER, AT(alive), false },
#undef AT
};

static void
store(unsigned char *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t
load(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

void
spool_key_text(const uint8_t key[SPOOL_KEY], char text[SPOOL_KEY_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SPOOL_KEY; i++) {
		text[2 * i] = digits[key[i] >> 4];
		text[2 * i + 1] = digits[key[i] & 15];
	}
	text[SPOOL_KEY_TEXT - 1] = '\0';
}

/* ---- writing ---- */

static int
put_field(struct buf *out, enum tag tag, const void *data, size_t len)
{
	unsigned char head[FIELD_HEAD];

	head[0] = (unsigned char)tag;
	store(head + 1, len, FIELD_HEAD - 1);
	if (buf_append(out, head, sizeof(head)) == -1)
		return -1;
	return buf_append(out, data, len);
}

static int
put_member(struct buf *out, const struct member *member, const char *values)
{
	unsigned char number[NUMBER];
	const char *text;
	int64_t value;

	switch (member->kind) {
	case MEMBER_TEXT:
		memcpy(&text, values + member->at, sizeof(text));
		if (text == NULL)
			return 0;
		return put_field(out, member->tag, text, strlen(text) + 1);
	case MEMBER_NUMBER:
		memcpy(&value, values + member->at, sizeof(value));
		store(number, (uint64_t)value, sizeof(number));
		return put_field(out, member->tag, number, sizeof(number));
	}
	return -1;
}

static uint32_t
sum(const unsigned char *record, size_t len)
{
	return crc32_add(crc32_add(0, record, AT_CRC), record + SPOOL_HEADER,
	    len - SPOOL_HEADER);
}

/* A header with nothing to say yet, and behind it what the members say. */
static int
put(struct buf *out, enum spool_type type, const uint8_t key[SPOOL_KEY],
    const struct member *members, size_t count, const void *values)
{
	unsigned char head[SPOOL_HEADER] = { 0 };
	size_t begin = out->len;
	unsigned char *record;
	size_t len;

	memcpy(head, magic, AT_VERSION);
	store(head + AT_VERSION, SPOOL_VERSION, 2);
	head[AT_TYPE] = (unsigned char)type;
	memcpy(head + AT_KEY, key, SPOOL_KEY);
	if (buf_append(out, head, sizeof(head)) == -1)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (put_member(out, &members[i], values) == -1)
			return -1;
	record = (unsigned char *)out->data + begin;
	len = out->len - begin;
	store(record + AT_LENGTH, len - SPOOL_HEADER, 4);
	store(record + AT_CRC, sum(record, len), 4);
	return 0;
}

int
spool_put_start(struct buf *out, const uint8_t key[SPOOL_KEY],
    const struct spool_start *start)
{
	const struct start_values values = { *start, start->leaves };

	return put(out, SPOOL_START, key, start_members,
	    ARRAY_SIZE(start_members), &values);
}

int
spool_put_outcome(struct buf *out, const uint8_t key[SPOOL_KEY],
    const struct spool_outcome *outcome)
{
	const struct outcome_values values = { *outcome, outcome->kind,
		outcome->alive };

	return put(out, SPOOL_OUTCOME, key, outcome_members,
	    ARRAY_SIZE(outcome_members), &values);
}

int
spool_put_closed(struct buf *out, const uint8_t key[SPOOL_KEY])
{
	return put(out, SPOOL_CLOSED, key, NULL, 0, NULL);
}

/* ---- reading ---- */

static bool
is_zero(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

size_t
spool_length(const void *data, size_t len)
{
	const unsigned char *bytes = data;
	uint64_t body;

	if (len < SPOOL_HEADER || memcmp(bytes, magic, AT_VERSION) != 0)
		return 0;
	body = load(bytes + AT_LENGTH, 4);
	return body > INT32_MAX ? SIZE_MAX : SPOOL_HEADER + (size_t)body;
}

enum spool_verdict
spool_read(const void *data, size_t len, struct spool_record *record)
{
	const unsigned char *bytes = data;
	size_t head = len < SPOOL_HEADER ? len : SPOOL_HEADER;
	size_t whole = spool_length(data, len);

	if (is_zero(bytes, head))
		return SPOOL_EMPTY;
	if (whole == 0)
		return memcmp(bytes, magic,
			   head < AT_VERSION ? head : AT_VERSION) == 0
			   ? SPOOL_TORN
			   : SPOOL_FOREIGN;
	if (whole > len || load(bytes + AT_CRC, 4) != sum(bytes, whole))
		return SPOOL_TORN;
	if (load(bytes + AT_VERSION, 2) != SPOOL_VERSION)
		return SPOOL_NEWER;
	if (bytes[AT_TYPE] < SPOOL_START || bytes[AT_TYPE] > SPOOL_CLOSED)
		return SPOOL_TORN;
	record->type = (enum spool_type)bytes[AT_TYPE];
	memcpy(record->key, bytes + AT_KEY, SPOOL_KEY);
	record->body = bytes + SPOOL_HEADER;
	record->body_len = whole - SPOOL_HEADER;
	return SPOOL_GOOD;
}

/* Sets the member of "values"; -1: it is not what it should be. */
static int
get_member(const struct member *member, const unsigned char *data, size_t len,
    char *values)
{
	const char *text = (const char *)data;
	int64_t value;

	switch (member->kind) {
	case MEMBER_TEXT:
		if (len == 0 || memchr(data, '\0', len) != data + len - 1)
			return -1;
		memcpy(values + member->at, &text, sizeof(text));
		return 0;
	case MEMBER_NUMBER:
		if (len != NUMBER)
			return -1;
		value = (int64_t)load(data, NUMBER);
		memcpy(values + member->at, &value, sizeof(value));
		return 0;
	}
	return -1;
}

static int
get(const struct spool_record *record, const struct member *members,
    size_t count, void *values)
{
	const unsigned char *at = record->body;
	size_t left = record->body_len;
	uint64_t seen = 0;

	while (left > 0) {
		size_t len;

		if (left < FIELD_HEAD)
			return -1;
		len = (size_t)load(at + 1, FIELD_HEAD - 1);
		if (len > left - FIELD_HEAD)
			return -1;
		for (size_t i = 0; i < count; i++) {
			if (members[i].tag != (enum tag)at[0])
				continue;
			if (get_member(&members[i], at + FIELD_HEAD, len,
				values) == -1)
				return -1;
			seen |= (uint64_t)1 << i;
		}
		at += FIELD_HEAD + len;
		left -= FIELD_HEAD + len;
	}
	for (size_t i = 0; i < count; i++)
		if (members[i].needed && (seen >> i & 1) == 0)
			return -1;
	return 0;
}

int
spool_get_start(const struct spool_record *record, struct spool_start *start)
{
	struct start_values values = { 0 };

	if (record->type != SPOOL_START ||
	    get(record, start_members, ARRAY_SIZE(start_members), &values) ==
		-1)
		return -1;
	*start = values.texts;
	start->leaves = values.leaves != 0;
	return 0;
}

int
spool_get_outcome(const struct spool_record *record,
    struct spool_outcome *outcome)
{
	struct outcome_values values = { 0 };

	if (record->type != SPOOL_OUTCOME ||
	    get(record, outcome_members, ARRAY_SIZE(outcome_members),
		&values) == -1 ||
	    values.kind < SPOOL_COMPLETED || values.kind > SPOOL_CANCELED)
		return -1;
	*outcome = values.texts;
	outcome->kind = (enum spool_kind)values.kind;
	outcome->alive = values.alive != 0;
	return 0;
}
