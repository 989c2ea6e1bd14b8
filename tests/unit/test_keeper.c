/* SPDX-License-Identifier: MIT */
/*
 * aws/keeper: with a source that does as it is told: who gets which set, who
 * waits, and who is told what.
 */
#include "config.h"

#include "aws/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/credentials.h"
#include "aws/provider.h"
#include "aws/world.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "fake_source.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)

enum { PATIENCE = 20000 };

static const struct source_traits traits = { .name = "fake",
	.tries = 2,
	.pause = 10 };

struct rig {
	struct source *source;
	struct aws_world world;
	struct keeper *keeper;
	int64_t wake_at;
};

static void
on_wake(void *arg, int64_t at)
{
	((struct rig *)arg)->wake_at = at;
}

static void
rig_start(struct rig *rig, const struct source_traits *its_traits)
{
	*rig = (struct rig){ .wake_at = INSTANT_NEVER };
	rig->source = fake_source_new(its_traits);
	rig->keeper = keeper_new(rig->source);
	assert_int_equal(fake_source_asked(rig->source), 0);
	keeper_start(rig->keeper, &rig->world, on_wake, rig);
	assert_int_equal(fake_source_asked(rig->source), 1);
}

/* One that waits, and what it was told. */
struct waiter {
	struct keeper_wait wait;
	int told;
	enum keeper_end end;
	struct err problem;
	struct waiter *drops; /* forgets that one when it is told */
	struct keeper *keeper;
	int serial;
};

static int serial;

static void
on_ready(void *arg, enum keeper_end end, const struct err *problem)
{
	struct waiter *waiter = arg;

	waiter->told++;
	waiter->end = end;
	waiter->serial = ++serial;
	if (problem != NULL)
		waiter->problem = *problem;
	if (waiter->drops != NULL)
		keeper_forget(waiter->keeper, &waiter->drops->wait);
}

static void
begin_wait(struct rig *rig, struct waiter *waiter, uint64_t than,
    int64_t length)
{
	*waiter = (struct waiter){ .wait = { .ready = on_ready, .arg = waiter },
		.keeper = rig->keeper };
	keeper_wait(rig->keeper, &waiter->wait, than,
	    instant_add(clock_boot(), length));
}

/* Ticks as a loop would until "count" is what is wanted. */
static void
run_until(struct rig *rig, const int *count, int wanted)
{
	int64_t end = clock_boot() + PATIENCE;

	while (*count != wanted && clock_boot() < end)
		if (rig->wake_at <= clock_boot())
			keeper_tick(rig->keeper);
	assert_int_equal(*count, wanted);
}

/* The same until the source was asked so often. */
static void
run_asked(struct rig *rig, int wanted)
{
	int64_t end = clock_boot() + PATIENCE;

	while (fake_source_asked(rig->source) != wanted && clock_boot() < end)
		if (rig->wake_at <= clock_boot())
			keeper_tick(rig->keeper);
	assert_int_equal(fake_source_asked(rig->source), wanted);
}

static void
assert_set(const struct rig *rig, const char *id, uint64_t generation)
{
	const struct credentials *set = keeper_current(rig->keeper);

	assert_non_null(set);
	assert_string_equal(set->access_key_id, id);
	assert_int_equal(keeper_generation(rig->keeper), generation);
}

/* Keys that stand somewhere are there from the beginning. */
static void
test_fixed(void **state)
{
	struct source *source;
	struct rig rig = { .wake_at = INSTANT_NEVER };

	(void)state;
	assert_int_equal(source_fixed(&source, "x", "AKID", "secret", NULL,
			     "somewhere"),
	    PROVIDER_FOUND);
	rig.keeper = keeper_new(source);
	assert_set(&rig, "AKID", 1);
	assert_string_equal(keeper_current(rig.keeper)->source, "somewhere");
	keeper_start(rig.keeper, &rig.world, on_wake, &rig);
	assert_int_equal(rig.wake_at, INSTANT_NEVER);
	assert_false(keeper_refused(rig.keeper, 1));
	assert_int_equal(rig.wake_at, INSTANT_NEVER);
	keeper_free(rig.keeper);
	keeper_free(NULL);
}

static void
test_first(void **state)
{
	struct waiter waiters[3];
	struct rig rig;

	(void)state;
	rig_start(&rig, &traits);
	assert_null(keeper_current(rig.keeper));
	assert_int_equal(rig.wake_at, INSTANT_NEVER);
	for (int i = 0; i < 3; i++)
		begin_wait(&rig, &waiters[i], 0, HOUR);
	assert_in_range(rig.wake_at - clock_boot(), HOUR - MINUTE, HOUR);
	fake_source_give(rig.source, "AKID1", INSTANT_NEVER);
	assert_set(&rig, "AKID1", 1);
	assert_string_equal(keeper_current(rig.keeper)->source, "fake");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(waiters[i].told, 1);
		assert_int_equal(waiters[i].end, KEEPER_READY);
	}
	/* In the order in which they came. */
	assert_true(waiters[0].serial < waiters[1].serial);
	assert_true(waiters[1].serial < waiters[2].serial);
	assert_int_equal(rig.wake_at, INSTANT_NEVER);
	keeper_free(rig.keeper);
}

/* It fails, is asked again, and who waits hears at his deadline. */
static void
test_first_fails(void **state)
{
	struct waiter patient;
	struct waiter hasty;
	struct rig rig;
	struct err err;

	(void)state;
	rig_start(&rig, &traits);
	begin_wait(&rig, &patient, 0, HOUR);
	begin_wait(&rig, &hasty, 0, 300);
	keeper_waiting(rig.keeper, &err);
	assert_non_null(strstr(err.text, "credentials of fake"));
	fake_source_fail(rig.source, SOURCE_FAILED, "out to lunch");
	assert_int_equal(hasty.told, 0);
	keeper_waiting(rig.keeper, &err);
	assert_non_null(strstr(err.text, "out to lunch"));
	run_until(&rig, &hasty.told, 1);
	assert_int_equal(fake_source_asked(rig.source), 2);
	assert_int_equal(hasty.end, KEEPER_LATE);
	assert_non_null(strstr(hasty.problem.text, "out to lunch"));
	assert_int_equal(patient.told, 0);
	fake_source_give(rig.source, "AKID1", INSTANT_NEVER);
	assert_int_equal(patient.end, KEEPER_READY);
	assert_int_equal(hasty.told, 1);
	keeper_free(rig.keeper);
}

static void
test_denied(void **state)
{
	struct waiter before;
	struct waiter after;
	struct rig rig;

	(void)state;
	rig_start(&rig, &traits);
	begin_wait(&rig, &before, 0, HOUR);
	fake_source_fail(rig.source, SOURCE_DENIED, "not for you");
	assert_int_equal(before.told, 1);
	assert_int_equal(before.end, KEEPER_DENIED);
	assert_string_equal(before.problem.text, "not for you");
	/* Who comes later hears it too, but not from within his call. */
	begin_wait(&rig, &after, 0, HOUR);
	assert_int_equal(after.told, 0);
	assert_true(rig.wake_at <= clock_boot());
	keeper_tick(rig.keeper);
	assert_int_equal(after.end, KEEPER_DENIED);
	assert_int_equal(fake_source_asked(rig.source), 1);
	assert_true(rig.wake_at > clock_boot() + MINUTE);
	keeper_free(rig.keeper);
}

/* The set is refused: one asking for all, and the next generation. */
static void
test_refused(void **state)
{
	struct waiter waiters[3];
	struct rig rig;
	int64_t before;

	(void)state;
	rig_start(&rig, &traits);
	fake_source_give(rig.source, "AKID1", clock_wall() + HOUR);
	for (int i = 0; i < 3; i++) {
		assert_true(keeper_refused(rig.keeper, 1));
		begin_wait(&rig, &waiters[i], 1, HOUR);
		run_asked(&rig, 2);
	}
	/* Meanwhile there is still the old one. */
	assert_set(&rig, "AKID1", 1);
	/* The same keys are no news, and asked for again. */
	before = clock_boot();
	fake_source_give(rig.source, "AKID1", clock_wall() + 2 * HOUR);
	assert_int_equal(waiters[0].told, 0);
	assert_set(&rig, "AKID1", 1);
	assert_true(keeper_refused(rig.keeper, 1));
	assert_in_range(rig.wake_at - before, 500,
	    1000 + clock_boot() - before);
	run_asked(&rig, 3);
	fake_source_give(rig.source, "AKID2", clock_wall() + HOUR);
	assert_set(&rig, "AKID2", 2);
	for (int i = 0; i < 3; i++)
		assert_int_equal(waiters[i].end, KEEPER_READY);
	/* Late news of the first one are none. */
	assert_true(keeper_refused(rig.keeper, 1));
	assert_true(rig.wake_at > clock_boot() + MINUTE);
	/* And who only now waits for a later one than it has not to. */
	begin_wait(&rig, &waiters[0], 1, HOUR);
	assert_int_equal(waiters[0].told, 0);
	keeper_tick(rig.keeper);
	assert_int_equal(waiters[0].end, KEEPER_READY);
	keeper_free(rig.keeper);
}

/* It is asked early; what fails then costs nothing. */
static void
test_background(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &traits);
	fake_source_give(rig.source, "AKID1", clock_wall() + HOUR);
	assert_in_range(rig.wake_at - clock_boot(), 41 * MINUTE, 45 * MINUTE);
	assert_true(rig.world.skew_unknown);
	/* The service's clock is ten minutes on: its end is nearer. */
	keeper_skew(rig.keeper, 10 * MINUTE);
	assert_in_range(rig.wake_at - clock_boot(), 31 * MINUTE, 35 * MINUTE);
	/* Noise changes nothing. */
	{
		int64_t at = rig.wake_at;

		keeper_skew(rig.keeper, 10 * MINUTE + 2000);
		assert_int_equal(rig.wake_at, at);
	}
	assert_false(rig.world.skew_unknown);
	assert_int_equal(rig.world.skew, 10 * MINUTE + 2000);
	/* What it gives next is measured by the service's clock at once. */
	assert_true(keeper_refused(rig.keeper, 1));
	keeper_tick(rig.keeper);
	fake_source_give(rig.source, "AKID2", clock_wall() + HOUR);
	assert_in_range(rig.wake_at - clock_boot(), 31 * MINUTE, 35 * MINUTE);
	/* It is taken, and later not any more; denied then: the set stays. */
	keeper_accepted(rig.keeper, 2);
	assert_true(keeper_refused(rig.keeper, 2));
	keeper_tick(rig.keeper);
	fake_source_fail(rig.source, SOURCE_DENIED, "not for you");
	assert_set(&rig, "AKID2", 2);
	keeper_free(rig.keeper);
}

/* Who is told may end the wait of another who was about to be. */
static void
test_forget(void **state)
{
	struct waiter first;
	struct waiter second;
	struct rig rig;

	(void)state;
	rig_start(&rig, &traits);
	begin_wait(&rig, &first, 0, HOUR);
	begin_wait(&rig, &second, 0, MINUTE);
	first.drops = &second;
	assert_in_range(rig.wake_at - clock_boot(), 1, MINUTE);
	fake_source_give(rig.source, "AKID1", INSTANT_NEVER);
	assert_int_equal(first.told, 1);
	assert_int_equal(second.told, 0);
	keeper_forget(rig.keeper, &second.wait);
	keeper_free(rig.keeper);
}

/* Without a world nobody is asked, nor woken. */
static void
test_stop(void **state)
{
	struct waiter waiter;
	struct rig rig;

	(void)state;
	rig_start(&rig, &traits);
	assert_true(fake_source_is_asked(rig.source));
	keeper_stop(rig.keeper);
	assert_false(fake_source_is_asked(rig.source));
	begin_wait(&rig, &waiter, 0, 1);
	keeper_forget(rig.keeper, &waiter.wait);
	assert_int_equal(rig.wake_at, INSTANT_NEVER);
	keeper_free(rig.keeper);
	keeper_stop(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_first_fails),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_background),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_stop),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
