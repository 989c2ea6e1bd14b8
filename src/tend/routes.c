/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/routes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tend/options.h"
#include "text/words.h"

struct route {
	char *type; /* NAME or NAME:VERSION */
	char **words;
};

struct routes {
	struct route *list;
	size_t count;
	char *const *others; /* NULL: there is no command for them */
};

/* Whether "type" is NAME or NAME:VERSION, without empty parts. */
static bool
is_type(const char *type)
{
	const char *colon = strchr(type, ':');

	if (colon == NULL)
		return *type != '\0';
	return colon != type && colon[1] != '\0' &&
	       strchr(colon + 1, ':') == NULL;
}

static bool
is_known(const struct routes *routes, const char *type)
{
	for (size_t i = 0; i < routes->count; i++)
		if (strcmp(routes->list[i].type, type) == 0)
			return true;
	return false;
}

/* NAME[:VERSION]=COMMAND */
static int
add(struct routes *routes, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	struct route *route = &routes->list[routes->count];
	struct err problem;

	if (equals == NULL)
		return err_set(err,
		    "--activity: '%s' has no '=': it must be "
		    "NAME[:VERSION]=COMMAND",
		    text);
	route->type = mem_copy(text, (size_t)(equals - text));
	if (!is_type(route->type) || is_known(routes, route->type))
		(void)err_set(err,
		    is_type(route->type)
			? "--activity: there is more than one command for "
			  "'%s'"
			: "--activity: '%s' is no activity type: it must be "
			  "NAME or NAME:VERSION",
		    route->type);
	else if ((route->words = words_split(equals + 1, &problem)) == NULL)
		(void)err_set(err, "--activity: %s: %s", route->type,
		    problem.text);
	if (route->words == NULL) {
		free(route->type);
		return -1;
	}
	routes->count++;
	return 0;
}

struct routes *
routes_new(const struct options *options, struct err *err)
{
	struct routes *routes = mem_new(1, sizeof(*routes));
	const struct options_list *activities = &options->activities;

	routes->list = mem_new(activities->count + 1, sizeof(*routes->list));
	if (options->word_count > 0)
		routes->others = options->words;
	for (size_t i = 0; i < activities->count; i++) {
		if (add(routes, activities->values[i], err) == -1) {
			routes_free(routes);
			return NULL;
		}
	}
	return routes;
}

void
routes_free(struct routes *routes)
{
	if (routes == NULL)
		return;
	for (size_t i = 0; i < routes->count; i++) {
		free(routes->list[i].type);
		words_free(routes->list[i].words);
	}
	free(routes->list);
	free(routes);
}

/* Whether the route is for this type: 2 by its version too, 1 by its name. */
static int
match(const struct route *route, const char *name, const char *version)
{
	size_t len = strlen(name);

	if (strncmp(route->type, name, len) != 0)
		return 0;
	if (route->type[len] == '\0')
		return 1;
	return route->type[len] == ':' && version != NULL &&
		       strcmp(route->type + len + 1, version) == 0
		   ? 2
		   : 0;
}

char *const *
routes_find(const struct routes *routes, const char *name, const char *version)
{
	char *const *found = routes->others;
	int best = 0;

	for (size_t i = 0; name != NULL && i < routes->count; i++) {
		int good = match(&routes->list[i], name, version);

		if (good > best) {
			best = good;
			found = routes->list[i].words;
		}
	}
	return found;
}

void
routes_list(const struct routes *routes, struct buf *out)
{
	for (size_t i = 0; i < routes->count; i++)
		(void)buf_format(out, "%s%s", i > 0 ? ", " : "",
		    routes->list[i].type);
}
