/* SPDX-License-Identifier: MIT */
/*
 * aws/refresh and aws/skew: when credentials are asked for again, and what an
 * answer tells of the clock.
 */
#include "config.h"

#include "aws/refresh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/skew.h"
#include "base/instant.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

enum { SEEDS = 200 };

static const struct source_traits fixed = { .name = "fixed", .fixed = true };
static const struct source_traits container = { .name = "container",
	.tries = 3,
	.pause = 1000 };
static const struct source_traits metadata = { .name = "metadata",
	.tries = 2,
	.pause = 500,
	.stable = true,
	.guess = true };
static const struct source_traits sso = { .name = "sso",
	.tries = 1,
	.rest = 60 * 1000 };

/* One that has got a set at instant 0, with "left" to live. */
static void
begin(struct refresh *r, const struct source_traits *traits, uint64_t seed,
    int64_t left)
{
	refresh_init(r, traits, seed, 0);
	assert_int_equal(refresh_at(r), 0);
	refresh_asked(r, 0);
	assert_int_equal(refresh_at(r), INSTANT_NEVER);
	assert_false(refresh_given(r, left, true, 0));
}

/* Asks at its instant and has it fail.  Returns when that was. */
static int64_t
fail_next(struct refresh *r, enum refresh_verdict verdict)
{
	int64_t at = refresh_at(r);

	refresh_asked(r, at);
	assert_int_equal(refresh_failed(r, false, at), verdict);
	return at;
}

static void
test_fixed(void **state)
{
	struct refresh r;

	(void)state;
	begin(&r, &fixed, 1, INSTANT_NEVER);
	assert_int_equal(refresh_at(&r), INSTANT_NEVER);
	refresh_refused(&r, 1);
	assert_int_equal(refresh_at(&r), INSTANT_NEVER);
	/* Even those of the environment that have an end. */
	begin(&r, &fixed, 1, HOUR);
	assert_int_equal(refresh_at(&r), INSTANT_NEVER);
}

/* How long before its end a set is renewed, by how long it lives. */
static void
test_early(void **state)
{
	static const struct {
		int64_t life;
		int64_t least;
		int64_t most;
	} rows[] = {
		{ 12 * HOUR, 3 * HOUR, 3 * HOUR + 36 * MINUTE },
		{ 6 * HOUR, 90 * MINUTE, 108 * MINUTE },
		{ HOUR, 15 * MINUTE, 18 * MINUTE },
		{ 30 * MINUTE, 15 * MINUTE, 18 * MINUTE },
		/* Not before half of its life, as it were. */
		{ 15 * MINUTE, 7 * MINUTE + 30 * SECOND, 9 * MINUTE },
		/* And a minute after it came. */
		{ 2 * MINUTE, MINUTE, MINUTE },
		{ 30 * SECOND, -30 * SECOND, -30 * SECOND },
		{ 0, -MINUTE, -MINUTE },
		{ -2 * HOUR, -2 * HOUR - MINUTE, -2 * HOUR - MINUTE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t least = INT64_MAX;
		int64_t most = INT64_MIN;
		struct refresh r;

		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			int64_t early;

			begin(&r, &container, seed, rows[i].life);
			early = rows[i].life - refresh_at(&r);
			least = instant_min(least, early);
			most = instant_max(most, early);
		}
		if (least < rows[i].least || most > rows[i].most)
			fail_msg("row %zu: %lld to %lld", i, (long long)least,
			    (long long)most);
		/* By chance: all of the range is used. */
		if (most - least < (rows[i].most - rows[i].least) * 8 / 10)
			fail_msg("row %zu: only %lld to %lld", i,
			    (long long)least, (long long)most);
	}
}

static void
test_stable(void **state)
{
	static const int64_t lives[] = { 14 * MINUTE, MINUTE, 0, -5 * HOUR };
	struct refresh r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lives); i++)
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			begin(&r, &metadata, seed, lives[i]);
			assert_in_range(refresh_at(&r), 10 * MINUTE,
			    15 * MINUTE);
		}
	/* Out of reach: soon and soon again as long as the set lives... */
	begin(&r, &metadata, 1, HOUR);
	assert_in_range(fail_next(&r, REFRESH_WARN), 42 * MINUTE, 45 * MINUTE);
	for (int i = 0; i < 100 && refresh_at(&r) < HOUR; i++) {
		int64_t at = fail_next(&r, REFRESH_QUIET);

		if (at + MINUTE < HOUR)
			assert_in_range(refresh_at(&r) - at, 500, MINUTE);
	}
	/* ... and then it serves on. */
	for (int i = 0; i < 10; i++) {
		int64_t at = fail_next(&r, REFRESH_QUIET);

		assert_in_range(refresh_at(&r) - at, 10 * MINUTE, 15 * MINUTE);
	}
	/* Unless it is refused. */
	refresh_refused(&r, 10 * HOUR);
	assert_int_equal(refresh_at(&r), 10 * HOUR);
	for (int i = 0; i < 10; i++) {
		int64_t at = fail_next(&r, REFRESH_QUIET);

		assert_in_range(refresh_at(&r) - at, 500, MINUTE);
	}
	/* A person was told, and hears of the end of it. */
	refresh_asked(&r, 11 * HOUR);
	assert_true(refresh_given(&r, HOUR, true, 11 * HOUR));
}

static void
test_first(void **state)
{
	struct refresh r;
	int64_t at;
	int64_t last;

	(void)state;
	refresh_init(&r, &container, 1, 7);
	assert_int_equal(fail_next(&r, REFRESH_QUIET), 7);
	assert_int_equal(refresh_at(&r), 1007);
	(void)fail_next(&r, REFRESH_QUIET);
	assert_int_equal(refresh_at(&r), 2007);
	/* That was the third and last; it goes on all the same. */
	last = fail_next(&r, REFRESH_WARN);
	for (int i = 0; i < 20; i++) {
		at = fail_next(&r, REFRESH_QUIET);
		assert_in_range(at - last, 500, MINUTE);
		if (i > 6)
			assert_in_range(at - last, 30 * SECOND, MINUTE);
		last = at;
	}
	refresh_asked(&r, last + HOUR);
	assert_true(refresh_given(&r, HOUR, true, last + HOUR));
}

/* What nobody has configured is not there if it does not answer. */
static void
test_guess(void **state)
{
	struct refresh r;

	(void)state;
	refresh_init(&r, &metadata, 1, 0);
	(void)fail_next(&r, REFRESH_QUIET);
	assert_int_equal(refresh_at(&r), 500);
	(void)fail_next(&r, REFRESH_FINAL);
	/* But what has answered once is. */
	begin(&r, &metadata, 1, HOUR);
	(void)fail_next(&r, REFRESH_WARN);
}

static void
test_denied(void **state)
{
	struct refresh r;
	int64_t at;

	(void)state;
	refresh_init(&r, &container, 1, 0);
	refresh_asked(&r, 0);
	assert_int_equal(refresh_failed(&r, true, 0), REFRESH_FINAL);
	assert_in_range(refresh_at(&r), 5 * MINUTE, 10 * MINUTE);
	/* Later the set that there is serves on, and a person hears it once. */
	begin(&r, &container, 1, HOUR);
	at = refresh_at(&r);
	refresh_asked(&r, at);
	assert_int_equal(refresh_failed(&r, true, at), REFRESH_WARN);
	assert_in_range(refresh_at(&r) - at, 5 * MINUTE, 10 * MINUTE);
	at = refresh_at(&r);
	refresh_asked(&r, at);
	assert_int_equal(refresh_failed(&r, true, at), REFRESH_QUIET);
}

static void
test_refused(void **state)
{
	struct refresh r;
	int64_t now = 10 * MINUTE;
	int64_t at;

	(void)state;
	begin(&r, &container, 1, HOUR);
	refresh_refused(&r, now);
	assert_int_equal(refresh_at(&r), now);
	/* Others hear the same: nothing changes. */
	refresh_refused(&r, now + 500);
	assert_int_equal(refresh_at(&r), now);
	refresh_asked(&r, now);
	refresh_refused(&r, now + 600);
	assert_int_equal(refresh_at(&r), INSTANT_NEVER);
	assert_false(refresh_given(&r, HOUR, true, now));
	assert_in_range(refresh_at(&r), now + 42 * MINUTE, now + 45 * MINUTE);
	/* The next one too, and the next: not in a hurry for ever. */
	for (int i = 0; i < 12; i++) {
		refresh_refused(&r, now);
		at = refresh_at(&r);
		assert_in_range(at - now, i > 6 ? 30 * SECOND : 500, MINUTE);
		refresh_asked(&r, at);
		now = at;
		(void)refresh_given(&r, HOUR, true, now);
	}
	/* The source has no other keys: they are not asked for in a hurry. */
	refresh_refused(&r, now);
	for (int i = 0; i < 3; i++) {
		at = refresh_at(&r);
		assert_in_range(at - now, 30 * SECOND, MINUTE);
		refresh_asked(&r, at);
		now = at;
		(void)refresh_given(&r, HOUR, false, now);
		refresh_refused(&r, now);
	}
	/* One is taken: that is over. */
	refresh_accepted(&r);
	refresh_refused(&r, now);
	assert_int_equal(refresh_at(&r), now);
}

/* Need goes before the pause of a failure, but once only. */
static void
test_refused_in_a_pause(void **state)
{
	struct refresh r;
	int64_t now;

	(void)state;
	begin(&r, &container, 1, HOUR);
	now = refresh_at(&r);
	for (int i = 0; i < 10; i++)
		now = fail_next(&r, i == 0 ? REFRESH_WARN : REFRESH_QUIET);
	assert_true(refresh_at(&r) >= now + 30 * SECOND);
	refresh_refused(&r, now + 1);
	assert_int_equal(refresh_at(&r), now + 1);
	now = fail_next(&r, REFRESH_QUIET);
	refresh_refused(&r, now + 1);
	assert_true(refresh_at(&r) >= now + 30 * SECOND);
}

static void
test_rest(void **state)
{
	struct refresh r;

	(void)state;
	refresh_init(&r, &sso, 1, 0);
	(void)fail_next(&r, REFRESH_WARN);
	assert_int_equal(refresh_at(&r), MINUTE);
	refresh_asked(&r, MINUTE);
	assert_true(refresh_given(&r, HOUR, true, MINUTE));
	refresh_refused(&r, MINUTE + 5);
	assert_int_equal(refresh_at(&r), 2 * MINUTE);
}

/*
 * A host that is ten minutes, or hours, wrong: until the service's clock is
 * known the set's end is, too; nothing spins, and then it is put right.
 */
static void
test_shift(void **state)
{
	static const int64_t wrong[] = { 10 * MINUTE, -10 * MINUTE, 3 * HOUR,
		-3 * HOUR };
	struct refresh r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		begin(&r, &container, i, HOUR - wrong[i]);
		assert_true(refresh_at(&r) >= MINUTE);
		refresh_shift(&r, wrong[i], 2 * SECOND);
		assert_in_range(refresh_at(&r), 42 * MINUTE, 45 * MINUTE);
	}
	/* In the pause of a failure it stays as it is. */
	begin(&r, &container, 1, HOUR);
	(void)fail_next(&r, REFRESH_WARN);
	refresh_shift(&r, HOUR, HOUR);
	assert_true(refresh_at(&r) < HOUR);
	/* And what has no end gets none. */
	begin(&r, &container, 1, INSTANT_NEVER);
	refresh_shift(&r, HOUR, HOUR);
	assert_int_equal(refresh_at(&r), INSTANT_NEVER);
}

/* ---- aws/skew ------------------------------------------------------------ */

static void
test_skew_tells(void **state)
{
	(void)state;
	assert_true(skew_tells(1000, 1000, 0));
	assert_true(skew_tells(1000, 6000, 0));
	assert_false(skew_tells(1000, 6001, 0));
	assert_false(skew_tells(1000, 999, 0));
	assert_false(skew_tells(1000, 1000, -1));
}

static void
test_skew(void **state)
{
	static const struct {
		int64_t off;
		int64_t used;
		bool news;
	} rows[] = {
		{ 0, 0, false },
		{ 59 * SECOND, 0, false },
		{ -59 * SECOND, 0, false },
		{ 61 * SECOND, 61 * SECOND, true },
		/* It drifts: not a line of the log for each answer. */
		{ 62 * SECOND, 62 * SECOND, false },
		{ 58 * SECOND, 58 * SECOND, false },
		{ 122 * SECOND, 122 * SECOND, true },
		{ 20 * SECOND, 0, true },
		{ 31 * SECOND, 0, false },
		{ -10 * MINUTE, -10 * MINUTE, true },
		{ 0, 0, true },
		{ 0, 0, false },
	};
	struct skew skew = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool news = skew_learn(&skew, 10 * HOUR, 10 * HOUR + 2000,
		    10 * HOUR + 1000 + rows[i].off);

		assert_int_equal(skew.measured, rows[i].off);
		assert_int_equal(skew.used, rows[i].used);
		assert_int_equal(news, rows[i].news);
	}
}

static void
test_skew_explains(void **state)
{
	struct skew skew = { 0 };

	(void)state;
	(void)skew_learn(&skew, HOUR, HOUR, HOUR + 5 * MINUTE);
	assert_true(skew_explains(&skew, 0));
	assert_false(skew_explains(&skew, 5 * MINUTE));
	assert_true(skew_explains(&skew, 10 * MINUTE));
	(void)skew_learn(&skew, HOUR, HOUR, HOUR + 3 * MINUTE);
	assert_false(skew_explains(&skew, 0));
}

/* The wall clock counts until an answer has told what the time is. */
static void
test_skew_age(void **state)
{
	struct skew skew = { 0 };

	(void)state;
	assert_int_equal(skew_age(&skew, SECOND, HOUR + 3999, HOUR), 3000);
	assert_int_equal(skew_age(&skew, SECOND, HOUR + 500, HOUR), 0);
	assert_int_equal(skew_age(&skew, SECOND, 0, HOUR), 0);
	assert_int_equal(skew_age_most(&skew, SECOND, HOUR + 3999, HOUR), 3999);
	assert_int_equal(skew_age_most(&skew, SECOND, 0, HOUR), 0);
	/* At instant 10 s it was, half of 2 s ago, one hour. */
	skew_place(&skew, 2 * SECOND, 10 * SECOND, HOUR);
	assert_int_equal(skew_age(&skew, 10 * SECOND, 99 * HOUR, HOUR), 1);
	assert_int_equal(skew_age(&skew, 15 * SECOND, 0, HOUR), 5001);
	assert_int_equal(skew_age(&skew, 15 * SECOND, 0, HOUR + 5 * SECOND), 1);
	/* The second may have begun or ended, and so may the 2 s. */
	assert_int_equal(skew_age_most(&skew, 10 * SECOND, 0, HOUR), 2999);
	assert_int_equal(skew_age_most(&skew, 15 * SECOND, 0, HOUR), 7999);
	assert_int_equal(skew_age_most(&skew, 15 * SECOND, 0,
			     HOUR + 10 * SECOND),
	    0);
	/* What took longer tells less, for a while. */
	skew_place(&skew, 3 * SECOND, 10 * SECOND, 2 * HOUR);
	assert_int_equal(skew_age_most(&skew, 10 * SECOND, 0, HOUR), 2999);
	skew_place(&skew, 0, 20 * SECOND, HOUR + 11 * SECOND);
	assert_int_equal(skew_age_most(&skew, 20 * SECOND, 0,
			     HOUR + 11 * SECOND),
	    999);
	skew_place(&skew, 2 * SECOND, 20 * SECOND + HOUR, 3 * HOUR);
	assert_int_equal(skew_age_most(&skew, 20 * SECOND + HOUR, 0, 3 * HOUR),
	    2999);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_stable),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_in_a_pause),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_shift),
		cmocka_unit_test(test_skew_tells),
		cmocka_unit_test(test_skew),
		cmocka_unit_test(test_skew_explains),
		cmocka_unit_test(test_skew_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
