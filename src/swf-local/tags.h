/* SPDX-License-Identifier: MIT */
/*
 * Tags of resources: keys with values, on domains.  A domain keeps its own as
 * the JSON list that is answered.  (The tags of an execution are something
 * else: see tagList and tagFilter.)
 */
#ifndef SWF_LOCAL_TAGS_H
#define SWF_LOCAL_TAGS_H

#include "swf-local/state.h"

/* TagResource, UntagResource, ListTagsForResource */
void tags_add(struct service *service, struct call *call);
void tags_remove(struct service *service, struct call *call);
void tags_list(struct service *service, struct call *call);

/*
 * The tags in "old" (a JSON list, or NULL) with those of "more" (or NULL)
 * added; of equal keys the last value holds.  Returns 0 with "*tags" set to a
 * new JSON list, or to NULL if there is none; -1 with the fault set if these
 * are too many.
 */
int tags_merge(const char *old, const cJSON *more, char **tags,
    struct answer *out);

/* The name by which tags are put on the domain; free it. */
char *domain_arn(const struct domain *domain);

#endif
