/* SPDX-License-Identifier: MIT */
/*
 * Things in the order of an instant: open executions by their start, closed
 * ones by their start and by their close.  (Any number will do for one: what
 * waits in a task list is ordered by priority.)
 *
 * A struct order_node lives inside what it orders.  Of equal instants the
 * lower number comes first; no two nodes have both in common.  Adding,
 * removing, counting a stretch of time and finding where one begins cost the
 * logarithm of how many there are, so that the lists of a service with many
 * executions cost what they show.
 *
 * It is a search tree by instant and number, kept flat by a second order at
 * random (a treap), in which each node knows how many are below it.
 */
#ifndef SWF_LOCAL_ORDER_H
#define SWF_LOCAL_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct order_node {
	struct order_node *earlier;
	struct order_node *later;
	size_t size; /* of the tree below, itself included; 0: not in one */
	int64_t at;
	uint64_t number;
};

struct order {
	struct order_node *root;
};

/* A place between nodes or at one; (INT64_MIN, 0) is before all. */
struct order_place {
	int64_t at;
	uint64_t number;
};

/* Puts the node at its place; it must not be in an order. */
void order_add(struct order *order, struct order_node *node, int64_t at,
    uint64_t number);

/* Takes the node out of the order that it is in. */
void order_remove(struct order *order, struct order_node *node);

/* The first node, or NULL. */
struct order_node *order_first(const struct order *order);

/* How many there are from the instant "from" to the instant "to", both in. */
size_t order_count(const struct order *order, int64_t from, int64_t to);

/* Is shown one node; returns whether that is enough. */
typedef int order_visit(struct order_node *node, void *arg);

/*
 * Visits, until it is enough, the node at "place", if there is one, and those
 * after it; with "back" those before it instead, the latest first.  The order
 * must not be changed meanwhile.
 */
void order_walk(const struct order *order, struct order_place place, int back,
    order_visit *visit, void *arg);

#endif
