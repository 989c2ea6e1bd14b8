/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/json.h"
#include "text/percent.h"

enum {
	/*
	 * What a few milliseconds are enough for.  The C library looks for a
	 * match at each byte of a line in turn, so an expression such as
	 * "[a-z]+ [0-9]+%" takes time that grows with the square of the line:
	 * 4 to 8 ms for 1,024 bytes.
	 */
	BURST_REGEX = 4 * 1024,
	BURST_JSON = 64 * 1024,
	BURST_PLAIN = 1024 * 1024
};

static const char wanted[] = "want lines, prefix:STR, regex:ERE or json";

/* Position after the bracket expression that begins at "at". */
static const char *
skip_bracket(const char *at)
{
	const char *close;
	char end[3] = "?]";

	at++;
	if (*at == '^')
		at++;
	if (*at == ']')
		at++;
	for (; *at != '\0' && *at != ']'; at++) {
		if (*at != '[' || at[1] == '\0' || strchr(".:=", at[1]) == NULL)
			continue;
		end[0] = at[1];
		close = strstr(at + 2, end);
		if (close != NULL)
			at = close + 1;
	}
	return *at == ']' ? at + 1 : at;
}

/*
 * Extended expressions have no back-references, but the C library takes them,
 * and then needs exponential time for some lines.
 */
static bool
has_back_reference(const char *pattern)
{
	while (*pattern != '\0') {
		if (*pattern == '[') {
			pattern = skip_bracket(pattern);
		} else if (*pattern == '\\' && pattern[1] != '\0') {
			if (pattern[1] >= '1' && pattern[1] <= '9')
				return true;
			pattern += 2;
		} else {
			pattern++;
		}
	}
	return false;
}

static int
parse_regex(struct progress_format *format, const char *pattern,
    struct err *err)
{
	char text[128];
	int error;

	if (*pattern == '\0')
		return err_set(err, "regex: needs an expression after it");
	if (has_back_reference(pattern))
		return err_set(err,
		    "regex '%.200s' has a back-reference, "
		    "which extended regular expressions do not have",
		    pattern);
	error = regcomp(&format->regex, pattern, REG_EXTENDED);
	if (error != 0) {
		(void)regerror(error, &format->regex, text, sizeof(text));
		return err_set(err, "regex '%.200s': %s", pattern, text);
	}
	format->kind = PROGRESS_REGEX;
	return 0;
}

static int
parse_prefix(struct progress_format *format, const char *prefix,
    struct err *err)
{
	size_t len = strlen(prefix);

	if (len == 0)
		return err_set(err, "prefix: needs some text after it");
	if (len >= PROGRESS_MATCH)
		return err_set(err, "prefix: takes at most %d bytes",
		    PROGRESS_MATCH - 1);
	format->kind = PROGRESS_PREFIX;
	format->prefix = mem_string(prefix);
	format->prefix_len = len;
	return 0;
}

int
progress_format_parse(struct progress_format *format, const char *text,
    struct err *err)
{
	memset(format, 0, sizeof(*format));
	format->kind = PROGRESS_LINES;
	if (strcmp(text, "lines") == 0)
		return 0;
	if (strcmp(text, "json") == 0) {
		format->kind = PROGRESS_JSON;
		return 0;
	}
	if (strncmp(text, "prefix:", 7) == 0)
		return parse_prefix(format, text + 7, err);
	if (strncmp(text, "regex:", 6) == 0)
		return parse_regex(format, text + 6, err);
	return err_set(err, "'%.60s' is no progress format; %s", text, wanted);
}

void
progress_format_clear(struct progress_format *format)
{
	if (format->kind == PROGRESS_REGEX)
		regfree(&format->regex);
	free(format->prefix);
	memset(format, 0, sizeof(*format));
}

size_t
progress_burst(const struct progress_format *format)
{
	switch (format->kind) {
	case PROGRESS_REGEX:
		return BURST_REGEX;
	case PROGRESS_JSON:
		return BURST_JSON;
	case PROGRESS_LINES:
	case PROGRESS_PREFIX:
		break;
	}
	return BURST_PLAIN;
}

void
progress_init(struct progress *progress, const struct progress_format *format,
    size_t keep, bool count)
{
	size_t line = keep + format->prefix_len;

	*progress = (struct progress){
		.format = format,
		.keep = keep,
		.newest = BUF_INIT(keep),
		.line = BUF_INIT(line),
		.counting = count,
	};
	lines_init(&progress->lines, line);
}

/* Makes "text" the newest, as much of it as is kept. */
static bool
take(struct progress *progress, const char *text, size_t len)
{
	if (len == 0)
		return false;
	if (len > progress->keep)
		len = progress->keep;
	buf_reset(&progress->newest);
	(void)buf_append(&progress->newest, text, len);
	progress->seen = true;
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
match_lines(struct progress *progress, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_blank(text[i]))
			return take(progress, text, len);
	return false;
}

static bool
match_prefix(struct progress *progress, const char *text, size_t len)
{
	size_t prefix_len = progress->format->prefix_len;

	if (len <= prefix_len ||
	    memcmp(text, progress->format->prefix, prefix_len) != 0)
		return false;
	return take(progress, text + prefix_len, len - prefix_len);
}

/*
 * Makes the string that regexec(3) wants of a line.  A NUL becomes a byte
 * that is never in valid UTF-8, and so U+FFFD in the end, as a NUL does.
 */
static void
make_string(char string[PROGRESS_MATCH_REGEX + 1], const char *text, size_t len)
{
	if (len > PROGRESS_MATCH_REGEX)
		len = utf8_whole(text, PROGRESS_MATCH_REGEX);
	memcpy(string, text, len);
	string[len] = '\0';
	for (size_t at = strlen(string); at < len; at += strlen(string + at))
		string[at] = '\xff';
}

/* Most lines do not match, and to find just that takes less time. */
static bool
match_regex(struct progress *progress, const char *text, size_t len)
{
	const regex_t *regex = &progress->format->regex;
	char string[PROGRESS_MATCH_REGEX + 1];
	regmatch_t match[2];
	size_t group;

	make_string(string, text, len);
	if (regexec(regex, string, 0, NULL, 0) != 0 ||
	    regexec(regex, string, 2, match, 0) != 0)
		return false;
	group = regex->re_nsub > 0 && match[1].rm_so != -1;
	return take(progress, string + match[group].rm_so,
	    (size_t)(match[group].rm_eo - match[group].rm_so));
}

static bool
match_json(struct progress *progress, const char *text, size_t len)
{
	if (len > PROGRESS_MATCH || !json_is_object(text, len))
		return false;
	return take(progress, text, len);
}

/* If a line, already without escapes, is progress, makes it the newest. */
static bool
match(struct progress *progress, const struct buf *line)
{
	if (line->len == 0)
		return false;
	switch (progress->format->kind) {
	case PROGRESS_LINES:
		return match_lines(progress, line->data, line->len);
	case PROGRESS_PREFIX:
		return match_prefix(progress, line->data, line->len);
	case PROGRESS_REGEX:
		return match_regex(progress, line->data, line->len);
	case PROGRESS_JSON:
		return match_json(progress, line->data, line->len);
	}
	return false;
}

static bool
match_raw(struct progress *progress, const char *data, size_t len)
{
	buf_reset(&progress->line);
	(void)lines_strip(&progress->line, LINES_PLAIN, data, len);
	return match(progress, &progress->line);
}

/*
 * Searches whole lines, of which the last one's end is the end of "data",
 * from the newest.  Runs of line ends are stepped over byte by byte, because
 * that is much faster than taking them for lines.
 */
static bool
search(struct progress *progress, const char *data, size_t len)
{
	size_t start;

	for (;;) {
		while (len > 0 &&
		       (data[len - 1] == '\n' || data[len - 1] == '\r'))
			len--;
		if (len == 0)
			return false;
		start = lines_last(data, len);
		if (match_raw(progress, data + start, len - start))
			return true;
		len = start;
	}
}

/* Looks at an open line that a progress bar is writing. */
static bool
match_bar(struct progress *progress)
{
	return progress->lines.open && progress->lines.bar &&
	       match(progress, &progress->lines.text);
}

/*
 * Searches what follows the oldest line that ends in this piece, then that
 * line, which may have begun in a piece before; leaves the newest line open.
 */
static bool
search_back(struct progress *progress, const char *data, size_t len)
{
	struct lines *lines = &progress->lines;
	size_t last = lines_last(data, len);
	bool found =
	    search(progress, data, last) || match(progress, &lines->text);

	if (last > 0)
		lines_skip(lines, data[last - 1]);
	data += last;
	len -= last;
	(void)lines_next(lines, &data, &len);
	return found;
}

bool
progress_feed(struct progress *progress, const char *data, size_t len)
{
	bool found = false;

	if (progress->counting)
		progress->count +=
		    lines_count(data, len, &progress->count_after_cr);
	if (lines_next(&progress->lines, &data, &len))
		found = search_back(progress, data, len);
	return match_bar(progress) || found;
}

bool
progress_end(struct progress *progress)
{
	if (!lines_end(&progress->lines))
		return false;
	if (progress->counting)
		progress->count++;
	return match(progress, &progress->lines.text);
}

bool
progress_seen(const struct progress *progress)
{
	return progress->seen;
}

int
progress_text(const struct progress *progress, size_t units, struct buf *out)
{
	struct buf text = BUF_INIT(progress->keep * UTF8_BYTES_PER_UNIT);
	int failed = -1;

	if (!progress->seen)
		return -1;
	if (utf8_repair(&text, progress->newest.data, progress->newest.len) ==
	    0)
		failed = utf8_cut(out, text.data, text.len, units, UTF8_HEAD);
	buf_clear(&text);
	return failed;
}

int
progress_percent(const struct progress *progress, double *percent)
{
	if (!progress->seen)
		return -1;
	return percent_find(progress->newest.data, progress->newest.len,
	    percent);
}

uint64_t
progress_lines(const struct progress *progress)
{
	return progress->count;
}

void
progress_clear(struct progress *progress)
{
	lines_clear(&progress->lines);
	buf_clear(&progress->newest);
	buf_clear(&progress->line);
	progress->seen = false;
}
