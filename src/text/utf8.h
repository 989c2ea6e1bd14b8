/* SPDX-License-Identifier: MIT */
/*
 * Text that a strict service takes: valid UTF-8, without NUL, not too long.
 *
 * Valid is what Unicode says: no overlong form, no surrogate, nothing over
 * U+10FFFF.  Lengths are counted in UTF-16 units (a character outside the
 * basic plane counts 2), because that is the larger of the two ways in which
 * "characters" can be counted.
 */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* What stands for the part that was cut off; it counts as three units. */
#define UTF8_MARK "..."

/* No UTF-16 unit, repaired or not, takes more bytes than this. */
enum { UTF8_BYTES_PER_UNIT = 3 };

enum utf8_keep { UTF8_HEAD, UTF8_TAIL };

/* Whether "text" is valid UTF-8 without NUL. */
bool utf8_valid(const char *text, size_t len);

/*
 * Appends "data" with U+FFFD for each NUL and for each maximal part of an
 * ill-formed sequence, as the Unicode standard recommends (3.9, U+FFFD
 * Substitution of Maximal Subparts).  Returns 0, or -1 if the result does not
 * fit (it takes at most 3 * len bytes); "out" is then as it was.
 */
int utf8_repair(struct buf *out, const void *data, size_t len);

/* Length of valid text in UTF-16 units. */
size_t utf8_units(const char *text, size_t len);

/*
 * How many bytes of valid text, counted from its beginning or, for
 * UTF8_TAIL, from its end, make at most "units" units.  Never inside a
 * character.
 */
size_t utf8_span(const char *text, size_t len, size_t units,
    enum utf8_keep keep);

/*
 * Appends valid text of any length; if it is over "units" units, then only
 * its beginning followed by UTF8_MARK, or for UTF8_TAIL the mark followed by
 * its end, "units" units in all.  With less room than the mark takes, there
 * is no mark.  Returns 0, or -1 if the result does not fit in "out".
 */
int utf8_cut(struct buf *out, const char *text, size_t len, size_t units,
    enum utf8_keep keep);

/*
 * Of bytes that were cut off at "len", which need not be valid: how many there
 * are without a character whose end is missing.
 */
size_t utf8_whole(const char *data, size_t len);

/* And of such whose beginning was cut off: how many are a character's end. */
size_t utf8_rest(const char *data, size_t len);

#endif
