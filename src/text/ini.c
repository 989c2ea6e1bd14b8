/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/ini.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* A stretch of the text. */
struct span {
	const char *at;
	size_t len;
};

/* The property that following lines may go on with. */
struct property {
	char *key; /* NULL: none since the section began */
	struct buf value;
	bool pending; /* it has not been visited yet */
	bool valid;   /* its name is none that is left out */
	bool empty;   /* its own line had no value */
	size_t line;
};

struct parser {
	ini_visit *visit;
	void *arg;
	struct err *err;
	size_t line;
	bool in_section;
	char *kind;
	char *section; /* NULL: none, or one that is left out */
	struct property property;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_comment(char c)
{
	return c == '#' || c == ';';
}

static struct span
trim(struct span span)
{
	while (span.len > 0 && is_blank(span.at[0])) {
		span.at++;
		span.len--;
	}
	while (span.len > 0 && is_blank(span.at[span.len - 1]))
		span.len--;
	return span;
}

/* Cuts a comment off, one that a blank precedes, and the blanks around. */
static struct span
uncomment(struct span span)
{
	for (size_t i = 1; i < span.len; i++)
		if (is_comment(span.at[i]) && is_blank(span.at[i - 1])) {
			span.len = i;
			break;
		}
	return trim(span);
}

/* Whether a name has only characters that the SDKs take. */
static bool
is_name(struct span span)
{
	for (size_t i = 0; i < span.len; i++) {
		char c = span.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') &&
		    (c == '\0' || strchr("_-/.%@:+", c) == NULL))
			return false;
	}
	return span.len > 0;
}

static char *
copy(struct span span)
{
	return mem_copy(span.at, span.len);
}

static char *
copy_lower(struct span span)
{
	char *text = copy(span);

	for (char *c = text; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return text;
}

static void
visit(struct parser *parser, const char *key, const char *sub,
    const char *value, size_t line)
{
	struct ini_item item = {
		.kind = parser->kind,
		.section = parser->section,
		.key = key,
		.sub = sub,
		.value = value,
		.line = line,
	};

	if (parser->section != NULL)
		parser->visit(parser->arg, &item);
}

/* Visits the property if that was not done, or is not to be done. */
static void
flush_property(struct parser *parser)
{
	struct property *property = &parser->property;

	if (property->pending)
		visit(parser, property->key, NULL, property->value.data,
		    property->line);
	property->pending = false;
}

/* The property has all its lines. */
static void
end_property(struct parser *parser)
{
	struct property *property = &parser->property;

	flush_property(parser);
	free(property->key);
	property->key = NULL;
	buf_reset(&property->value);
}

static int
fail(struct parser *parser, const char *problem)
{
	return err_set(parser->err, "line %zu: %s", parser->line, problem);
}

/* Splits a section header's text into kind and name; false: not a name. */
static bool
split_header(struct span text, struct span *kind, struct span *name)
{
	size_t n = 0;

	*kind = (struct span){ text.at, 0 };
	*name = text;
	while (n < text.len && !is_blank(text.at[n]))
		n++;
	if (n < text.len) {
		*kind = (struct span){ text.at, n };
		*name = trim((struct span){ text.at + n, text.len - n });
	}
	if (name->len >= 2 && kind->len > 0 &&
	    (name->at[0] == '"' || name->at[0] == '\'') &&
	    name->at[name->len - 1] == name->at[0]) {
		*name = (struct span){ name->at + 1, name->len - 2 };
		/* Within quotes a name may have blanks, as in botocore. */
		return name->len > 0 &&
		       memchr(name->at, name->at[-1], name->len) == NULL &&
		       memchr(name->at, '\0', name->len) == NULL;
	}
	return is_name(*name);
}

static int
read_section(struct parser *parser, struct span line)
{
	const char *close = memchr(line.at, ']', line.len);
	struct span text, rest, kind, name;

	end_property(parser);
	free(parser->kind);
	free(parser->section);
	parser->kind = parser->section = NULL;
	if (close == NULL)
		return fail(parser, "a section header must end with ']'");
	text = (struct span){ line.at + 1, (size_t)(close - line.at) - 1 };
	rest = (struct span){ close + 1, line.len - text.len - 2 };
	rest = trim(rest);
	if (rest.len > 0 && !is_comment(rest.at[0]))
		return fail(parser, "a section header must end with ']'");
	parser->in_section = true;
	if (!split_header(trim(text), &kind, &name))
		return 0;
	parser->kind = copy(kind);
	parser->section = copy(name);
	visit(parser, NULL, NULL, NULL, parser->line);
	return 0;
}

/* Splits "key = value". */
static int
split_property(struct parser *parser, struct span line, struct span *key,
    struct span *value)
{
	const char *equals;

	line = uncomment(line);
	equals = memchr(line.at, '=', line.len);
	if (equals == NULL)
		return fail(parser, "no '='; want: key = value");
	*key = trim((struct span){ line.at, (size_t)(equals - line.at) });
	*value = trim((struct span){
	    equals + 1, line.len - (size_t)(equals - line.at) - 1 });
	if (key->len == 0)
		return fail(parser, "no name before '='; want: key = value");
	return 0;
}

static int
read_property(struct parser *parser, struct span line)
{
	struct property *property = &parser->property;
	struct span key = { NULL, 0 }, value = { NULL, 0 };

	end_property(parser);
	if (!parser->in_section)
		return fail(parser, "a property before the first [section]");
	if (split_property(parser, line, &key, &value) == -1)
		return -1;
	property->key = copy_lower(key);
	property->empty = value.len == 0;
	property->line = parser->line;
	property->valid = is_name(key);
	property->pending = property->valid;
	return buf_append(&property->value, value.at, value.len);
}

/* An indented line under a property without a value. */
static int
read_sub_property(struct parser *parser, struct span line)
{
	struct property *property = &parser->property;
	struct span key = { NULL, 0 }, value = { NULL, 0 };
	char *sub, *text;

	if (is_comment(line.at[0]))
		return 0;
	if (split_property(parser, line, &key, &value) == -1)
		return -1;
	flush_property(parser);
	if (!property->valid || !is_name(key))
		return 0;
	sub = copy_lower(key);
	text = copy(value);
	visit(parser, property->key, sub, text, parser->line);
	free(sub);
	free(text);
	return 0;
}

static int
read_indented(struct parser *parser, struct span line)
{
	line = trim(line);
	if (parser->property.key == NULL) {
		if (is_comment(line.at[0]))
			return 0;
		return fail(parser,
		    parser->in_section
			? "an indented line without a property above it"
			: "an indented line before the first [section]");
	}
	if (parser->property.empty)
		return read_sub_property(parser, line);
	(void)buf_string(&parser->property.value, "\n");
	return buf_append(&parser->property.value, line.at, line.len);
}

static int
read_line(struct parser *parser, struct span line)
{
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	if (trim(line).len == 0 || is_comment(line.at[0]))
		return 0;
	if (memchr(line.at, '\0', line.len) != NULL)
		return fail(parser, "a NUL byte; this is no text file");
	if (line.at[0] == '[')
		return read_section(parser, line);
	if (is_blank(line.at[0]))
		return read_indented(parser, line);
	return read_property(parser, line);
}

/* Takes the next line off "text". */
static struct span
next_line(struct span *text)
{
	const char *end = memchr(text->at, '\n', text->len);
	struct span line = *text;

	if (end == NULL) {
		text->at += text->len;
		text->len = 0;
		return line;
	}
	line.len = (size_t)(end - text->at);
	text->at += line.len + 1;
	text->len -= line.len + 1;
	return line;
}

int
ini_parse(const char *text, size_t len, ini_visit *visit_item, void *arg,
    struct err *err)
{
	static const char mark[] = "\xef\xbb\xbf"; /* byte order mark */
	struct parser parser = { .visit = visit_item, .arg = arg, .err = err };
	struct span rest = { text, len };
	int result = 0;

	/* No value is longer than the file. */
	buf_init(&parser.property.value, len + 1);
	if (len >= 3 && memcmp(text, mark, 3) == 0)
		rest = (struct span){ text + 3, len - 3 };
	while (rest.len > 0 && result == 0) {
		parser.line++;
		result = read_line(&parser, next_line(&rest));
	}
	end_property(&parser);
	buf_clear(&parser.property.value);
	free(parser.kind);
	free(parser.section);
	return result;
}
