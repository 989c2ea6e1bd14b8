/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc32.h"
#include "process/spool_record.h"

static const uint8_t key[SPOOL_KEY] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
	13, 14, 15, 255 };

static const struct spool_start a_start = {
	.token = "AAAAKgAAAAIAAAAAAAAAA3n",
	.endpoint = "https://swf.eu-west-1.amazonaws.com/",
	.region = "eu-west-1",
	.activity_id = "step-7",
	.workflow_id = "na\xc3\xafve",
	.run_id = "22cOmAzR",
	.started = INT64_C(1780000000123),
	.world = "6b0c9d3e-0000:4026531836",
	.guard = 4711,
	.guard_started = INT64_C(99999999999),
	.session = 42,
	.leaves = true,
};

static void
put_a_start(struct buf *out)
{
	assert_int_equal(spool_put_start(out, key, &a_start), 0);
}

static void
test_start(void **state)
{
	struct buf bytes = BUF_INIT(SPOOL_START_MAX);
	struct spool_record record;
	struct spool_start start;
	char text[SPOOL_KEY_TEXT];

	(void)state;
	put_a_start(&bytes);
	assert_int_equal(spool_length(bytes.data, bytes.len), bytes.len);
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_GOOD);
	assert_int_equal(record.type, SPOOL_START);
	assert_memory_equal(record.key, key, SPOOL_KEY);
	spool_key_text(record.key, text);
	assert_string_equal(text, "0102030405060708090a0b0c0d0e0fff");
	assert_int_equal(spool_get_start(&record, &start), 0);
	assert_string_equal(start.token, a_start.token);
	assert_string_equal(start.endpoint, a_start.endpoint);
	assert_string_equal(start.region, a_start.region);
	assert_string_equal(start.activity_id, a_start.activity_id);
	assert_string_equal(start.workflow_id, a_start.workflow_id);
	assert_string_equal(start.run_id, a_start.run_id);
	assert_string_equal(start.world, a_start.world);
	assert_true(start.started == a_start.started);
	assert_true(start.guard == a_start.guard);
	assert_true(start.guard_started == a_start.guard_started);
	assert_true(start.session == a_start.session);
	assert_true(start.leaves);
	buf_clear(&bytes);
}

static void
test_little_is_known(void **state)
{
	const struct spool_start little = {
		.token = "t", .endpoint = "e", .region = "r"
	};
	struct buf bytes = BUF_INIT(SPOOL_START_MAX);
	struct spool_record record;
	struct spool_start start;

	(void)state;
	assert_int_equal(spool_put_start(&bytes, key, &little), 0);
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_GOOD);
	assert_int_equal(spool_get_start(&record, &start), 0);
	assert_null(start.activity_id);
	assert_null(start.world);
	assert_false(start.leaves);
	buf_clear(&bytes);
}

static void
expect_outcome(const struct spool_outcome *put)
{
	struct buf bytes = BUF_INIT(SPOOL_OUTCOME_MAX);
	struct spool_record record;
	struct spool_outcome got;
	struct spool_start start;

	assert_int_equal(spool_put_outcome(&bytes, key, put), 0);
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_GOOD);
	assert_int_equal(record.type, SPOOL_OUTCOME);
	assert_int_equal(spool_get_start(&record, &start), -1);
	assert_int_equal(spool_get_outcome(&record, &got), 0);
	assert_int_equal(got.kind, put->kind);
	assert_int_equal(got.alive, put->alive);
	for (int i = 0; i < 3; i++) {
		const char *texts[][2] = { { put->result, got.result },
			{ put->reason, got.reason },
			{ put->details, got.details } };

		if (texts[i][0] == NULL)
			assert_null(texts[i][1]);
		else
			assert_string_equal(texts[i][0], texts[i][1]);
	}
	buf_clear(&bytes);
}

static void
test_outcome(void **state)
{
	const struct spool_outcome outcomes[] = {
		{ .kind = SPOOL_COMPLETED, .result = "42" },
		{ .kind = SPOOL_COMPLETED },
		{ .kind = SPOOL_FAILED,
		    .reason = "exit status 3",
		    .details = "7/20\n\nstderr:\nno such file" },
		{ .kind = SPOOL_CANCELED, .details = "", .alive = true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		expect_outcome(&outcomes[i]);
}

/* The longest that SWF takes: 32,768 characters of three bytes each. */
static void
test_largest(void **state)
{
	static char details[3 * 32768 + 1], reason[3 * 256 + 1];
	const struct spool_outcome largest = {
		.kind = SPOOL_FAILED, .reason = reason, .details = details
	};

	(void)state;
	memset(details, 'd', sizeof(details) - 1);
	memset(reason, 'r', sizeof(reason) - 1);
	expect_outcome(&largest);
}

static void
test_too_large(void **state)
{
	struct buf bytes = BUF_INIT(100);

	(void)state;
	assert_int_equal(spool_put_start(&bytes, key, &a_start), -1);
	buf_clear(&bytes);
}

static void
test_closed(void **state)
{
	struct buf bytes = BUF_INIT(SPOOL_START_MAX);
	struct spool_record record;
	struct spool_start start;

	(void)state;
	assert_int_equal(spool_put_closed(&bytes, key), 0);
	assert_int_equal(bytes.len, SPOOL_HEADER);
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_GOOD);
	assert_int_equal(record.type, SPOOL_CLOSED);
	assert_int_equal(spool_get_start(&record, &start), -1);
	buf_clear(&bytes);
}

/* Whatever was written of it: what is not whole is torn, at every length. */
static void
test_every_cut(void **state)
{
	struct buf bytes = BUF_INIT(SPOOL_START_MAX);
	struct spool_record record;
	char zeros[1024] = { 0 };

	(void)state;
	put_a_start(&bytes);
	assert_in_range(bytes.len, 100, sizeof(zeros));
	assert_int_equal(spool_read(bytes.data, 0, &record), SPOOL_EMPTY);
	for (size_t len = 1; len < bytes.len; len++) {
		char kept[1024] = { 0 };

		assert_int_equal(spool_read(bytes.data, len, &record),
		    SPOOL_TORN);
		/* The rest of the file may be zeros. */
		memcpy(kept, bytes.data, len);
		if (memcmp(kept, bytes.data, bytes.len) == 0)
			continue;
		assert_int_equal(spool_read(kept, sizeof(kept), &record),
		    len < 8 ? SPOOL_FOREIGN : SPOOL_TORN);
	}
	assert_int_equal(spool_read(zeros, sizeof(zeros), &record),
	    SPOOL_EMPTY);
	buf_clear(&bytes);
}

/* What was there before shows behind a new record that was not finished. */
static void
test_every_overwriting(void **state)
{
	struct spool_start other = a_start;
	struct buf bytes = BUF_INIT(SPOOL_START_MAX);
	struct buf before = BUF_INIT(SPOOL_START_MAX);
	struct spool_record record;
	uint8_t other_key[SPOOL_KEY] = { 9 };

	(void)state;
	other.token = "BBBBKgAAAAIAAAAAAAAAA3n";
	put_a_start(&bytes);
	assert_int_equal(spool_put_start(&before, other_key, &other), 0);
	assert_int_equal(bytes.len, before.len);
	for (size_t len = 1; len < bytes.len; len++) {
		memcpy(before.data, bytes.data, len);
		if (memcmp(before.data, bytes.data, bytes.len) == 0)
			break;
		if (spool_read(before.data, before.len, &record) == SPOOL_GOOD)
			assert_memory_equal(record.key, other_key, SPOOL_KEY);
	}
	buf_clear(&bytes);
	buf_clear(&before);
}

static void
test_every_bit(void **state)
{
	struct buf bytes = BUF_INIT(SPOOL_START_MAX);
	struct spool_record record;

	(void)state;
	put_a_start(&bytes);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(spool_read(bytes.data, bytes.len, &record),
		    bit < 64 ? SPOOL_FOREIGN : SPOOL_TORN);
		bytes.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_GOOD);
	buf_clear(&bytes);
}

static void
sign(struct buf *bytes)
{
	uint32_t crc = crc32_add(crc32_add(0, bytes->data, 32),
	    bytes->data + SPOOL_HEADER, bytes->len - SPOOL_HEADER);

	for (int i = 0; i < 4; i++)
		bytes->data[32 + i] = (char)(crc >> 8 * i);
}

static void
test_newer(void **state)
{
	struct buf bytes = BUF_INIT(SPOOL_START_MAX);
	struct spool_record record;

	(void)state;
	put_a_start(&bytes);
	bytes.data[8] = SPOOL_VERSION + 1;
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_TORN);
	sign(&bytes);
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_NEWER);
	/* Even of a type that does not exist yet. */
	bytes.data[10] = 77;
	sign(&bytes);
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_NEWER);
	bytes.data[8] = SPOOL_VERSION;
	sign(&bytes);
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_TORN);
	buf_clear(&bytes);
}

static void
test_foreign(void **state)
{
	const char text[] = "#!/bin/sh\necho this is no record of anything\n";
	struct spool_record record;

	(void)state;
	assert_int_equal(spool_read(text, sizeof(text), &record),
	    SPOOL_FOREIGN);
	assert_int_equal(spool_read(text, 3, &record), SPOOL_FOREIGN);
	assert_int_equal(spool_length(text, sizeof(text)), 0);
}

/* A body with a good sum that says nothing sensible. */
static int
get_with_body(const char *body, size_t len)
{
	struct buf bytes = BUF_INIT(SPOOL_START_MAX);
	struct spool_record record;
	struct spool_start start;
	int status;

	put_a_start(&bytes);
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_GOOD);
	record.body = (const unsigned char *)body;
	record.body_len = len;
	status = spool_get_start(&record, &start);
	buf_clear(&bytes);
	return status;
}

#define NEEDED     "\1\2\0\0\0t\0\2\2\0\0\0e\0\3\2\0\0\0r\0"
#define WITH(more) get_with_body(NEEDED more, sizeof(NEEDED more) - 1)

static void
test_bodies(void **state)
{
	(void)state;
	assert_int_equal(WITH(""), 0);
	assert_int_equal(get_with_body("", 0), -1);
	assert_int_equal(get_with_body(NEEDED, 14), -1);
	/* A field that is not known is passed over. */
	assert_int_equal(WITH("\310\3\0\0\0abc"), 0);
	/* A text without end, with one too early, with none at all. */
	assert_int_equal(WITH("\4\2\0\0\0ab"), -1);
	assert_int_equal(WITH("\4\4\0\0\0a\0b\0"), -1);
	assert_int_equal(WITH("\4\0\0\0\0"), -1);
	/* A number that is too short; a field that is longer than the rest. */
	assert_int_equal(WITH("\7\4\0\0\0abcd"), -1);
	assert_int_equal(WITH("\4\xff\xff\xff\xff"
			      "ab\0"),
	    -1);
	assert_int_equal(WITH("\4\2\0"), -1);
}

static void
test_kinds(void **state)
{
	struct spool_outcome outcome = { .kind = SPOOL_COMPLETED };
	struct buf bytes = BUF_INIT(SPOOL_OUTCOME_MAX);
	struct spool_record record;

	(void)state;
	outcome.kind = (enum spool_kind)(SPOOL_CANCELED + 1);
	assert_int_equal(spool_put_outcome(&bytes, key, &outcome), 0);
	assert_int_equal(spool_read(bytes.data, bytes.len, &record),
	    SPOOL_GOOD);
	assert_int_equal(spool_get_outcome(&record, &outcome), -1);
	buf_clear(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_little_is_known),
		cmocka_unit_test(test_outcome),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_overwriting),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
