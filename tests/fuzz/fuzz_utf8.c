/* SPDX-License-Identifier: MIT */
/*
 * text/utf8 and text/json: what was repaired is valid and stays as it is;
 * cuts are valid, as long as may be, and keep their side; a string in JSON
 * makes an object that is one.
 */
#include "config.h"

#include "text/utf8.h"

#include "fuzz.h"

#include "text/json.h"

static void
check_cut(const struct buf *text, size_t units, enum utf8_keep keep)
{
	struct buf cut = BUF_INIT(text->len + sizeof(UTF8_MARK));
	size_t span = utf8_span(text->data, text->len, units, keep);
	const char *from =
	    keep == UTF8_HEAD ? text->data : text->data + text->len - span;
	size_t all = utf8_units(text->data, text->len);

	MUST(utf8_valid(from, span) && utf8_units(from, span) <= units);
	MUST(span == text->len || utf8_units(from, span) + 1 >= units);
	MUST(utf8_cut(&cut, text->data, text->len, units, keep) == 0);
	MUST(utf8_valid(cut.data, cut.len));
	MUST(utf8_units(cut.data, cut.len) <= units || all <= units);
	if (all <= units)
		MUST(cut.len == text->len &&
		     memcmp(cut.data, text->data, cut.len) == 0);
	buf_clear(&cut);
}

static void
check_json(const uint8_t *data, size_t size)
{
	struct buf out = BUF_INIT(8 * size + 100);
	double number;
	char *copy = fuzz_copy(data, size);

	if (json_is_object(copy, size))
		(void)json_number(copy, size, "percent", &number);
	else
		MUST(json_number(copy, size, "percent", &number) == -1);
	MUST(buf_string(&out, "{\"percent\":7,\"x\":") == 0);
	MUST(json_string(&out, copy, size) == 0);
	MUST(buf_string(&out, "}") == 0);
	MUST(utf8_valid(out.data, out.len));
	MUST(json_number(out.data, out.len, "percent", &number) == 0);
	MUST(number == 7);
	free(copy);
	buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT(size * UTF8_BYTES_PER_UNIT);
	struct buf twice = BUF_INIT(size * UTF8_BYTES_PER_UNIT);
	size_t units;
	char *copy;

	if (size < 1)
		return 0;
	units = data[0];
	data++;
	size--;
	copy = fuzz_copy(data, size);
	MUST(utf8_repair(&once, copy, size) == 0);
	MUST(utf8_valid(once.data, once.len));
	MUST(utf8_valid(copy, size) ==
	     (once.len == size && memcmp(once.data, copy, size) == 0));
	MUST(utf8_repair(&twice, once.data, once.len) == 0);
	MUST(once.len == twice.len &&
	     memcmp(once.data, twice.data, once.len) == 0);
	check_cut(&once, units, UTF8_HEAD);
	check_cut(&once, units, UTF8_TAIL);
	check_json(data, size);
	free(copy);
	buf_clear(&once);
	buf_clear(&twice);
	return 0;
}
