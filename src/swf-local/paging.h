/* SPDX-License-Identifier: MIT */
/*
 * Answers that come in pages, and the nextPageToken that leads from one to
 * the next.
 *
 * A token says where to go on, until when that may be asked, and what was
 * asked: the operation with all members of the request but the token itself,
 * the size of a page and the identity of the caller.  So it is good for
 * PAGE_LIFE, for the same question only; a false reverseOrder is none.  What
 * the place is made of is the list's own: "task", "execution", "next" and
 * "last" of the token are its to use.
 */
#ifndef SWF_LOCAL_PAGING_H
#define SWF_LOCAL_PAGING_H

#include "swf-local/state.h"
#include "swf-local/token.h"

enum {
	PAGE_MAX = 1000,  /* things on a page; also when no size was asked */
	PAGE_LIFE = 60000 /* ms */
};

/* How many things the page may have. */
long paging_size(const struct call *call);

/*
 * Reads the request's nextPageToken.  Returns 1, or 0 if it has none, or -1
 * with the answer set to the fault: no token of ours, of another question, or
 * too old.
 */
int paging_resume(struct call *call, struct token *token);

/*
 * Writes the member "nextPageToken" for the place in "token"; the rest of the
 * token is filled in.
 */
void paging_next(struct call *call, struct token *token);

#endif
