/* SPDX-License-Identifier: MIT */
/*
 * The file behind swf-local's --state: what was written is read again, and
 * what is torn, foreign, newer or damaged is known as such.
 */
#include "config.h"

#include "swf-local/journal.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"

enum { STEPS = 4 };

static const char *const steps[STEPS] = { "{\"a\":1}", "{\"b\":2},{\"c\":3}",
	"", "{\"d\":\"\\n\"}" };

static char directory[] = "/tmp/test_local_journal.XXXXXX";
static char *path;

static int
set_up(void **state)
{
	(void)state;
	memcpy(strrchr(directory, '.'), ".XXXXXX", 7);
	assert_non_null(mkdtemp(directory));
	path = mem_format("%s/state", directory);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	assert_int_equal(rmdir(directory), 0);
	free(path);
	return 0;
}

/* Checks the steps in order; "arg" counts them. */
static int
expect(void *arg, const char *json, size_t len, struct err *err)
{
	size_t *count = arg;
	char *want;

	(void)err;
	assert_true(*count < STEPS);
	want = mem_format("[%s]", steps[(*count)++]);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(json, want, len);
	free(want);
	return 0;
}

static int
refuse(void *arg, const char *json, size_t len, struct err *err)
{
	(void)arg;
	(void)json;
	(void)len;
	return err_set(err, "not this");
}

static void
add(struct journal *journal, const char *step)
{
	(void)buf_string(journal_begin(journal), step);
	journal_end(journal);
}

/* Opens the file and replaces it by one with all steps but the last. */
static void
make(struct journal *journal)
{
	struct journal next;
	struct err err;

	assert_int_equal(journal_open(journal, path, &err), 0);
	assert_int_equal(journal_replace(journal, &next, &err), 0);
	for (int i = 0; i < STEPS - 1; i++)
		add(&next, steps[i]);
	assert_int_equal(journal_replaced(journal, &next, &err), 0);
}

static char *
make_text(size_t *len)
{
	struct buf text = BUF_INIT(1 << 20);
	struct journal journal;

	make(&journal);
	add(&journal, steps[STEPS - 1]);
	assert_int_equal(journal_write(&journal), 0);
	journal_close(&journal);
	assert_int_equal(file_read(path, &text), 0);
	*len = text.len;
	return text.data;
}

static void
test_what_was_written_is_read(void **state)
{
	struct journal journal;
	struct journal_end end;
	struct err err;
	struct stat file;
	size_t count = 0;

	(void)state;
	make(&journal);
	add(&journal, steps[STEPS - 1]);
	assert_int_equal(journal_write(&journal), 0);
	assert_int_equal(stat(path, &file), 0);
	assert_true(file.st_size == journal.size);
	assert_int_equal(file.st_mode & 0777, 0600);
	assert_int_equal(journal_read(&journal, expect, &count, &end, &err), 0);
	assert_int_equal(count, STEPS);
	assert_int_equal(end.steps, STEPS);
	assert_int_equal(end.torn, 0);
	journal_close(&journal);
}

static void
test_a_new_file_has_no_steps(void **state)
{
	struct journal journal;
	struct journal_end end;
	struct err err;

	(void)state;
	assert_int_equal(journal_open(&journal, path, &err), 0);
	assert_int_equal(journal_read(&journal, refuse, NULL, &end, &err), 0);
	assert_int_equal(end.steps + end.torn, 0);
	journal_close(&journal);
}

/* Cut anywhere after its first line, a journal has lost its end, no more. */
static void
test_cut_at_every_place(void **state)
{
	size_t len;
	char *text = make_text(&len);
	size_t first = (size_t)(strchr(text, '\n') - text) + 1;
	size_t lines = 1;

	(void)state;
	for (size_t cut = 1; cut <= len; cut++) {
		struct journal_end end;
		struct err err;
		size_t count = 0;
		int result =
		    journal_parse(text, cut, expect, &count, &end, &err);

		if (cut < first) {
			assert_int_equal(result, -1);
			assert_non_null(strstr(err.text, "line 1: is no "
							 "state file"));
			continue;
		}
		assert_int_equal(result, 0);
		if (cut > first && text[cut - 1] == '\n')
			lines++;
		assert_int_equal(count, lines - 1);
		assert_int_equal(end.torn,
		    text[cut - 1] == '\n' ? 0 : lines + 1);
	}
	assert_int_equal(lines, STEPS + 1);
	free(text);
}

/* No bit can change but the last step's end, which is then a torn line. */
static void
test_every_bit_is_covered(void **state)
{
	size_t len;
	char *text = make_text(&len);

	(void)state;
	for (size_t bit = 0; bit < len * 8; bit++) {
		struct journal_end end;
		struct err err;
		size_t count = 0;
		int result;

		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		result = journal_parse(text, len, expect, &count, &end, &err);
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		if (bit / 8 == len - 1) {
			assert_int_equal(result, 0);
			assert_int_equal(count, STEPS - 1);
			assert_int_equal(end.torn, STEPS + 1);
		} else {
			assert_int_equal(result, -1);
			assert_non_null(strstr(err.text, "line "));
		}
	}
	free(text);
}

/* A line that is missing, or there twice. */
static void
test_lines_are_chained(void **state)
{
	size_t len;
	char *text = make_text(&len);
	char *second = strchr(text, '\n') + 1;
	char *third = strchr(second, '\n') + 1;
	struct journal_end end;
	struct err err;
	size_t count = 0;
	char *changed;

	(void)state;
	changed = mem_format("%.*s%s", (int)(second - text), text, third);
	assert_int_equal(journal_parse(changed, strlen(changed), expect, &count,
			     &end, &err),
	    -1);
	assert_non_null(strstr(err.text, "line 2: was changed or damaged"));
	free(changed);
	changed = mem_format("%.*s%s", (int)(third - text), text, second);
	assert_int_equal(journal_parse(changed, strlen(changed), expect, &count,
			     &end, &err),
	    -1);
	assert_non_null(strstr(err.text, "line 3: was changed or damaged"));
	free(changed);
	free(text);
}

static void
test_other_files(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "hello\n", "line 1: is no state file of swf-local" },
		{ "swf-local-state 1", "line 1: is no state file" },
		{ "swf-local-state \n", "line 1: is no state file" },
		{ "swf-local-state 1x\n", "line 1: is no state file" },
		{ "swf-local-state 0\n", "line 1: is no state file" },
		{ "swf-local-state 2\n", "line 1: is of version 2, this "
					 "swf-local knows version 1" },
		{ "swf-local-state 1\n\n", "line 2: was changed or damaged" },
		{ "swf-local-state 1\nhello\n", "line 2: was changed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct journal_end end;
		struct err err;

		assert_int_equal(journal_parse(rows[i].text,
				     strlen(rows[i].text), refuse, NULL, &end,
				     &err),
		    -1);
		assert_non_null(strstr(err.text, rows[i].want));
	}
}

static void
test_what_is_refused_names_its_line(void **state)
{
	struct journal journal;
	struct journal_end end;
	struct err err;

	(void)state;
	make(&journal);
	assert_int_equal(journal_read(&journal, refuse, NULL, &end, &err), -1);
	assert_non_null(strstr(err.text, "/state: line 2: not this"));
	journal_close(&journal);
}

static void
test_two_cannot_have_it(void **state)
{
	struct journal one, two;
	struct err err;

	(void)state;
	assert_int_equal(journal_open(&one, path, &err), 0);
	assert_int_equal(journal_open(&two, path, &err), -1);
	assert_non_null(strstr(err.text, "in use by another swf-local"));
	journal_close(&one);
	/* Nor after it was replaced. */
	make(&one);
	assert_int_equal(journal_open(&two, path, &err), -1);
	journal_close(&one);
	assert_int_equal(journal_open(&two, path, &err), 0);
	journal_close(&two);
}

static void
test_what_cannot_be_opened(void **state)
{
	struct journal journal;
	struct err err;
	char *missing = mem_format("%s/none/state", directory);

	(void)state;
	assert_int_equal(journal_open(&journal, missing, &err), -1);
	assert_non_null(strstr(err.text, "cannot open"));
	assert_int_equal(journal_open(&journal, directory, &err), -1);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(journal_open(&journal, path, &err), -1);
	assert_non_null(strstr(err.text, "is no file"));
	free(missing);
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* What could not be written is written once it can be. */
static void
test_no_room(void **state)
{
	struct journal journal, next;
	struct journal_end end;
	struct err err;
	size_t count = 0;

	(void)state;
	make(&journal);
	add(&journal, steps[STEPS - 1]);
	limit_files((rlim_t)journal.size + 10);
	assert_int_equal(journal_write(&journal), -1);
	assert_int_equal(journal_read(&journal, expect, &count, &end, &err), 0);
	assert_int_equal(count, STEPS - 1);
	assert_int_equal(end.torn, STEPS + 1);
	assert_int_equal(journal_replace(&journal, &next, &err), 0);
	(void)buf_format(&next.out, "%*s", (int)journal.size + 20, "");
	assert_int_equal(journal_replaced(&journal, &next, &err), -1);
	assert_non_null(strstr(err.text, "/state.tmp: File too large"));
	limit_files(RLIM_INFINITY);
	assert_int_equal(journal_write(&journal), 0);
	count = 0;
	assert_int_equal(journal_read(&journal, expect, &count, &end, &err), 0);
	assert_int_equal(count, STEPS);
	journal_close(&journal);
}

/* It is the file that is replaced, not the link to it. */
static void
test_a_link(void **state)
{
	struct journal journal;
	struct stat link;
	char *file = mem_string(path);

	(void)state;
	free(path);
	path = mem_format("%s/link", directory);
	assert_int_equal(symlink(file, path), 0);
	make(&journal);
	journal_close(&journal);
	assert_int_equal(lstat(path, &link), 0);
	assert_true(S_ISLNK(link.st_mode));
	assert_int_equal(unlink(file), 0);
	free(file);
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ROW(test_what_was_written_is_read),
		ROW(test_a_new_file_has_no_steps),
		ROW(test_cut_at_every_place),
		ROW(test_every_bit_is_covered),
		ROW(test_lines_are_chained),
		ROW(test_other_files),
		ROW(test_what_is_refused_names_its_line),
		ROW(test_two_cannot_have_it),
		ROW(test_what_cannot_be_opened),
		ROW(test_no_room),
		ROW(test_a_link),
	};

	(void)sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN },
	    NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
