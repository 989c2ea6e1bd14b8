/* SPDX-License-Identifier: MIT */
/*
 * text/progress: what a search from the end finds is what one line by line
 * from the beginning finds, for the formats that a line cannot come to match
 * before it is complete; what comes out is valid and within its limit.
 */
#include "config.h"

#include "text/progress.h"

#include "fuzz.h"

static const char *const formats[] = { "lines", "prefix:P ", "json",
	"regex:([0-9]+)/[0-9]+" };

enum { UNITS = 40 };

static void
feed(struct progress *progress, const uint8_t *data, size_t size, size_t piece)
{
	for (size_t at = 0; at < size; at += piece) {
		size_t len = size - at < piece ? size - at : piece;
		char *copy = fuzz_copy(data + at, len);

		(void)progress_feed(progress, copy, len);
		free(copy);
	}
	(void)progress_end(progress);
}

/* Each line by itself, from the first to the last. */
static void
newest_forward(const struct progress_format *format, const uint8_t *data,
    size_t size, struct buf *newest)
{
	const char *rest = (const char *)data;
	struct progress one;
	struct lines lines;
	bool last;

	lines_init(&lines, PROGRESS_KEEP);
	do {
		last = !lines_next(&lines, &rest, &size);
		if (last && !lines_end(&lines))
			break;
		progress_init(&one, format, PROGRESS_KEEP, false);
		(void)progress_feed(&one, lines.text.data, lines.text.len);
		if (progress_end(&one)) {
			buf_reset(newest);
			(void)progress_text(&one, UNITS, newest);
		}
		progress_clear(&one);
	} while (!last);
	lines_clear(&lines);
}

static void
check(const struct progress *progress, const struct buf *text, bool found)
{
	double percent;

	MUST(found == progress_seen(progress));
	if (progress_percent(progress, &percent) == 0)
		MUST(found && percent >= 0 && percent <= 100);
	if (!found)
		return;
	MUST(utf8_valid(text->data, text->len));
	MUST(text->len > 0 && utf8_units(text->data, text->len) <= UNITS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf got = BUF_INIT(1000), wanted = BUF_INIT(1000);
	struct progress_format format;
	struct progress progress;
	size_t kind, piece;
	bool found;

	if (size < 2)
		return 0;
	kind = data[0] % 4;
	piece = 1 + data[1];
	data += 2;
	size -= 2;
	MUST(progress_format_parse(&format, formats[kind], NULL) == 0);
	progress_init(&progress, &format, PROGRESS_KEEP, true);
	feed(&progress, data, size, piece);
	found = progress_text(&progress, UNITS, &got) == 0;
	check(&progress, &got, found);
	if (kind < 2) {
		newest_forward(&format, data, size, &wanted);
		MUST(got.len == wanted.len &&
		     (got.len == 0 ||
			 memcmp(got.data, wanted.data, got.len) == 0));
	}
	progress_clear(&progress);
	progress_format_clear(&format);
	buf_clear(&got);
	buf_clear(&wanted);
	return 0;
}
