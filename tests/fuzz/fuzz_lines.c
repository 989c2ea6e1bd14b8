/* SPDX-License-Identifier: MIT */
/*
 * text/lines: the same lines come out whatever the pieces, as many as are
 * counted, none longer than is kept, and the last end is the last.
 */
#include "config.h"

#include "text/lines.h"

#include "fuzz.h"

enum { KEPT = 64 };

/* Splits, writes each line and a NUL into "out"; returns how many. */
static uint64_t
split(struct buf *out, const uint8_t *data, size_t size, size_t piece)
{
	struct lines lines;
	uint64_t count = 0;

	lines_init(&lines, KEPT);
	for (size_t at = 0; at < size; at += piece) {
		size_t left = size - at < piece ? size - at : piece;
		char *copy = fuzz_copy(data + at, left);
		const char *rest = copy;

		while (lines_next(&lines, &rest, &left)) {
			MUST(lines.text.len <= KEPT);
			(void)buf_append(out, lines.text.data, lines.text.len);
			(void)buf_append(out, "", 1);
			count++;
		}
		MUST(left == 0);
		free(copy);
	}
	if (lines_end(&lines))
		(void)buf_append(out, lines.text.data, lines.text.len);
	lines_clear(&lines);
	return count;
}

static uint64_t
count_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
	uint64_t count = 0;
	bool after_cr = false;

	for (size_t at = 0; at < size; at += piece)
		count += lines_count((const char *)data + at,
		    size - at < piece ? size - at : piece, &after_cr);
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT(SIZE_MAX / 2);
	struct buf pieces = BUF_INIT(SIZE_MAX / 2);
	size_t piece, last;
	uint64_t count;

	if (size < 1)
		return 0;
	piece = 1 + data[0];
	data++;
	size--;
	count = split(&whole, data, size, size + 1);
	MUST(split(&pieces, data, size, piece) == count);
	MUST(whole.len == pieces.len);
	MUST(whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0);
	MUST(count_in_pieces(data, size, piece) == count);
	last = lines_last((const char *)data, size);
	MUST((last == 0) == (count == 0));
	MUST(last == 0 || data[last - 1] == '\n' || data[last - 1] == '\r');
	for (size_t i = last; i < size; i++)
		MUST(data[i] != '\n' && data[i] != '\r');
	buf_clear(&whole);
	buf_clear(&pieces);
	return 0;
}
