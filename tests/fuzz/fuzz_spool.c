/* SPDX-License-Identifier: MIT */
/*
 * process/spool_record: what is read of any bytes lies within them; of a
 * record whose sum is right, every text ends in it; what was read and is
 * written again says the same.
 */
#include "config.h"

#include "process/spool_record.h"

#include "fuzz.h"

#include "base/crc32.h"

/* Makes the sum right, so that what lies behind it is reached. */
static void
sign(char *bytes, size_t size)
{
	size_t len = spool_length(bytes, size);
	uint32_t crc;

	if (len == 0 || len > size)
		return;
	crc = crc32_add(crc32_add(0, bytes, 32), bytes + SPOOL_HEADER,
	    len - SPOOL_HEADER);
	for (int i = 0; i < 4; i++)
		bytes[32 + i] = (char)(crc >> 8 * i);
}

/* A text is read to its end, and compared with its copy. */
static void
same(const char *text, const char *again)
{
	MUST((text == NULL) == (again == NULL));
	if (text != NULL)
		MUST(strcmp(text, again) == 0);
}

static void
check_start(const struct spool_record *record)
{
	struct buf out = BUF_INIT(1 << 24);
	struct spool_start start, again;
	struct spool_record copy;

	if (spool_get_start(record, &start) == -1)
		return;
	MUST(spool_put_start(&out, record->key, &start) == 0);
	MUST(spool_read(out.data, out.len, &copy) == SPOOL_GOOD);
	MUST(spool_get_start(&copy, &again) == 0);
	same(start.token, again.token);
	same(start.endpoint, again.endpoint);
	same(start.region, again.region);
	same(start.activity_id, again.activity_id);
	same(start.workflow_id, again.workflow_id);
	same(start.run_id, again.run_id);
	same(start.world, again.world);
	MUST(start.guard == again.guard && start.session == again.session);
	buf_clear(&out);
}

static void
check_outcome(const struct spool_record *record)
{
	struct buf out = BUF_INIT(1 << 24);
	struct spool_outcome outcome, again;
	struct spool_record copy;

	if (spool_get_outcome(record, &outcome) == -1)
		return;
	MUST(spool_put_outcome(&out, record->key, &outcome) == 0);
	MUST(spool_read(out.data, out.len, &copy) == SPOOL_GOOD);
	MUST(spool_get_outcome(&copy, &again) == 0);
	MUST(outcome.kind == again.kind && outcome.alive == again.alive);
	same(outcome.result, again.result);
	same(outcome.reason, again.reason);
	same(outcome.details, again.details);
	buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spool_record record;
	char *bytes;

	if (size == 0)
		return 0;
	bytes = fuzz_copy(data + 1, size - 1);
	if ((data[0] & 1) != 0)
		sign(bytes, size - 1);
	if (spool_read(bytes, size - 1, &record) == SPOOL_GOOD) {
		check_start(&record);
		check_outcome(&record);
	}
	free(bytes);
	return 0;
}
