/* SPDX-License-Identifier: MIT */
/*
 * swf-local/order: what is added, removed, counted and walked is what a plain
 * sorted table would give; and the tree stays flat when all comes in order.
 */
#include "config.h"

#include "swf-local/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NODES = 1000, STEPS = 20000, INSTANTS = 50, MANY = 100000 };

static struct order order;
static struct order_node nodes[MANY];

/* Numbers that look random and are always the same. */
static unsigned
draw(unsigned below)
{
	static uint64_t bits = 1;

	bits = bits * 6364136223846793005 + 1442695040888963407;
	return (unsigned)(bits >> 33) % below;
}

/* What is seen in a walk: at most "left" nodes. */
struct seen {
	const struct order_node *nodes[NODES];
	size_t count;
	size_t left;
};

static int
see(struct order_node *node, void *arg)
{
	struct seen *seen = arg;

	seen->nodes[seen->count++] = node;
	return seen->count == seen->left;
}

static int
compare(const void *a, const void *b)
{
	const struct order_node *one = *(struct order_node *const *)a;
	const struct order_node *two = *(struct order_node *const *)b;

	if (one->at != two->at)
		return one->at < two->at ? -1 : 1;
	return one->number < two->number ? -1 : one->number > two->number;
}

/* The nodes that are in the order, sorted; returns how many. */
static size_t
sorted(const struct order_node **found)
{
	size_t count = 0;

	for (size_t i = 0; i < NODES; i++)
		if (nodes[i].size > 0)
			found[count++] = &nodes[i];
	qsort(found, count, sizeof(void *), compare);
	return count;
}

/* Walks "back" or not from a random place, and counts a random stretch. */
static void
check(void)
{
	static const struct order_node *all[NODES];
	struct order_place place = { draw(INSTANTS), draw(NODES) };
	int64_t to = place.at + draw(INSTANTS) - 5;
	struct seen on = { .left = 1 + draw(NODES) };
	struct seen back = { .left = 1 + draw(NODES) };
	size_t count = sorted(all);
	size_t first = 0, past, between = 0;

	while (first < count && (all[first]->at < place.at ||
				    (all[first]->at == place.at &&
					all[first]->number < place.number)))
		first++;
	past = first < count && all[first]->at == place.at &&
		       all[first]->number == place.number
		   ? first + 1
		   : first;
	order_walk(&order, place, 0, see, &on);
	order_walk(&order, place, 1, see, &back);
	assert_int_equal(on.count,
	    count - first < on.left ? count - first : on.left);
	for (size_t i = 0; i < on.count; i++)
		assert_ptr_equal(on.nodes[i], all[first + i]);
	assert_int_equal(back.count, past < back.left ? past : back.left);
	for (size_t i = 0; i < back.count; i++)
		assert_ptr_equal(back.nodes[i], all[past - 1 - i]);
	for (size_t i = 0; i < count; i++)
		between += all[i]->at >= place.at && all[i]->at <= to;
	assert_int_equal(order_count(&order, place.at, to), between);
	assert_int_equal(order_count(&order, INT64_MIN, INT64_MAX), count);
}

static void
test_it_is_a_sorted_table(void **state)
{
	(void)state;
	for (int i = 0; i < STEPS; i++) {
		unsigned which = draw(NODES);

		if (nodes[which].size > 0)
			order_remove(&order, &nodes[which]);
		else
			order_add(&order, &nodes[which], draw(INSTANTS), which);
		if (i % 20 == 0)
			check();
	}
	for (size_t i = 0; i < NODES; i++)
		if (nodes[i].size > 0)
			order_remove(&order, &nodes[i]);
	assert_null(order.root);
}

static int
depth(const struct order_node *node)
{
	int earlier, later;

	if (node == NULL)
		return 0;
	earlier = depth(node->earlier);
	later = depth(node->later);
	return 1 + (earlier > later ? earlier : later);
}

static void
test_it_stays_flat(void **state)
{
	(void)state;
	for (size_t i = 0; i < MANY; i++)
		order_add(&order, &nodes[i], (int64_t)i / 3, i);
	assert_int_equal(order_count(&order, 10, 19), 30);
	/* The logarithm is 17, and chance makes it some twice that. */
	assert_in_range(depth(order.root), 17, 60);
	for (size_t i = 0; i < MANY; i++)
		if (i % 100 != 0)
			order_remove(&order, &nodes[i]);
	assert_int_equal(order_count(&order, 0, MANY), MANY / 100);
	assert_in_range(depth(order.root), 10, 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_a_sorted_table),
		cmocka_unit_test(test_it_stays_flat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
