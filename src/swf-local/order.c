/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/order.h"

/*
 * Where a node stands in the second order: its number, stirred, so that it
 * looks drawn at random and need not be kept.
 */
static uint64_t
rank(const struct order_node *node)
{
	uint64_t bits = node->number + 0x9e3779b97f4a7c15;

	bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
	bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
	return bits ^ bits >> 31;
}

static int
before(const struct order_node *node, struct order_place place)
{
	return node->at != place.at ? node->at < place.at
				    : node->number < place.number;
}

static struct order_place
place_of(const struct order_node *node)
{
	return (struct order_place){ node->at, node->number };
}

static size_t
size_of(const struct order_node *node)
{
	return node == NULL ? 0 : node->size;
}

static void
measure(struct order_node *node)
{
	node->size = size_of(node->earlier) + 1 + size_of(node->later);
}

/* Divides a tree into what is before the place and the rest. */
static void
split(struct order_node *tree, struct order_place place,
    struct order_node **earlier, struct order_node **later)
{
	if (tree == NULL) {
		*earlier = *later = NULL;
	} else if (before(tree, place)) {
		*earlier = tree;
		split(tree->later, place, &tree->later, later);
		measure(tree);
	} else {
		*later = tree;
		split(tree->earlier, place, earlier, &tree->earlier);
		measure(tree);
	}
}

/* One tree of two; all of the first is before the second. */
static struct order_node *
merge(struct order_node *earlier, struct order_node *later)
{
	if (earlier == NULL || later == NULL)
		return earlier == NULL ? later : earlier;
	if (rank(earlier) > rank(later)) {
		earlier->later = merge(earlier->later, later);
		measure(earlier);
		return earlier;
	}
	later->earlier = merge(earlier, later->earlier);
	measure(later);
	return later;
}

void
order_add(struct order *order, struct order_node *node, int64_t at,
    uint64_t number)
{
	struct order_node **link = &order->root;

	*node = (struct order_node){ .size = 1, .at = at, .number = number };
	/* Down to where it outranks what is there, and takes its place. */
	while (*link != NULL && rank(*link) > rank(node)) {
		(*link)->size++;
		link = before(*link, place_of(node)) ? &(*link)->later
						     : &(*link)->earlier;
	}
	split(*link, place_of(node), &node->earlier, &node->later);
	measure(node);
	*link = node;
}

void
order_remove(struct order *order, struct order_node *node)
{
	struct order_node **link = &order->root;

	while (*link != node) {
		(*link)->size--;
		link = before(*link, place_of(node)) ? &(*link)->later
						     : &(*link)->earlier;
	}
	*link = merge(node->earlier, node->later);
	*node = (struct order_node){ .size = 0 };
}

struct order_node *
order_first(const struct order *order)
{
	struct order_node *node = order->root;

	while (node != NULL && node->earlier != NULL)
		node = node->earlier;
	return node;
}

/* How many are before the place. */
static size_t
count_before(const struct order *order, struct order_place place)
{
	const struct order_node *node = order->root;
	size_t count = 0;

	while (node != NULL) {
		if (before(node, place)) {
			count += size_of(node->earlier) + 1;
			node = node->later;
		} else {
			node = node->earlier;
		}
	}
	return count;
}

size_t
order_count(const struct order *order, int64_t from, int64_t to)
{
	struct order_place first = { from, 0 };
	struct order_place last = { to, UINT64_MAX };

	if (from > to)
		return 0;
	return count_before(order, last) - count_before(order, first);
}

static int
walk(struct order_node *tree, struct order_place place, order_visit *visit,
    void *arg)
{
	for (; tree != NULL; tree = tree->later) {
		if (before(tree, place))
			continue;
		if (walk(tree->earlier, place, visit, arg) || visit(tree, arg))
			return 1;
	}
	return 0;
}

static int
walk_back(struct order_node *tree, struct order_place place, order_visit *visit,
    void *arg)
{
	for (; tree != NULL; tree = tree->earlier) {
		/* Neither before the place nor at it. */
		if (!before(tree, place) &&
		    (tree->at != place.at || tree->number != place.number))
			continue;
		if (walk_back(tree->later, place, visit, arg) ||
		    visit(tree, arg))
			return 1;
	}
	return 0;
}

void
order_walk(const struct order *order, struct order_place place, int back,
    order_visit *visit, void *arg)
{
	(void)(back ? walk_back : walk)(order->root, place, visit, arg);
}
