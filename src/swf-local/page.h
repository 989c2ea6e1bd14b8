/* SPDX-License-Identifier: MIT */
/*
 * The page for people: its files, which the Makefile puts into the program,
 * and the headers that go with them and with all that they ask for.
 */
#ifndef SWF_LOCAL_PAGE_H
#define SWF_LOCAL_PAGE_H

#include <stddef.h>

#include <microhttpd.h>

struct page_file {
	const char *path; /* of the URL */
	const char *type; /* Content-Type */
	const unsigned char *data;
	const size_t *len;
};

/* The file at that path, or NULL. */
const struct page_file *page_find(const char *path);

/*
 * Nothing is loaded from elsewhere or kept, no other site may frame or embed
 * what is answered, and text is never taken for a script.
 */
void page_add_headers(struct MHD_Response *response);

#endif
