/* SPDX-License-Identifier: MIT */
/*
 * The text of one element of an XML document, for answers that are no more
 * than a few named values.
 *
 *	<Error><Code>AccessDenied</Code><Message>no &amp; no</Message></Error>
 *
 * Pure.  This is no parser of XML: the document is looked through once, from
 * its beginning, for the first element of that name that holds text only.
 * Comments, processing instructions and a document type are passed over;
 * attributes and a prefix ("ns:") are ignored; CDATA is text.  The five named
 * entities and character references are decoded; others, and references to
 * what is no character, end the search.
 */
#ifndef TEXT_XMLTAG_H
#define TEXT_XMLTAG_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends the text of the element "name", blanks at its ends cut, to "out".
 * Returns 0, or -1 if there is no such element, if the document breaks off
 * before its end, or if the text does not fit; "out" is then as it was.
 */
int xmltag_find(const char *xml, size_t len, const char *name, struct buf *out);

#endif
