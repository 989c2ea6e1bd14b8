/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/check_report.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/json.h"
#include "text/oneline.h"
#include "text/utf8.h"

enum {
	TEXT_MAX = 1024, /* of a value or a sentence, bytes */
	COLUMNS_MAX = 400,
	VALUE_WIDTH = 44 /* what is longer pushes its source to the right */
};

static const char *const names[CHECK_ITEMS] = {
	[CHECK_PROFILE] = "profile",
	[CHECK_REGION] = "region",
	[CHECK_ENDPOINT] = "endpoint",
	[CHECK_CREDENTIALS] = "credentials",
	[CHECK_CA] = "ca",
	[CHECK_PROXY] = "proxy",
	[CHECK_CONNECTION] = "connection",
	[CHECK_CLOCK] = "clock",
	[CHECK_CALL] = "call",
};

/* In the table, and in JSON. */
static const struct {
	const char *mark;
	const char *name;
} states[] = {
	[CHECK_UNKNOWN] = { "-", "unknown" },
	[CHECK_OK] = { "ok", "ok" },
	[CHECK_WARNING] = { "warn", "warning" },
	[CHECK_FAILED] = { "FAIL", "failed" },
};

/* ---- filling it ---- */

/* A copy that is UTF-8, and one line. */
static char *
clean(const char *text)
{
	size_t len = strlen(text);
	struct buf valid = BUF_INIT(3 * len + 1);
	struct buf line = BUF_INIT(3 * len + 4);

	(void)utf8_repair(&valid, text, len);
	(void)oneline_append(&line, valid.data == NULL ? "" : valid.data,
	    COLUMNS_MAX);
	buf_clear(&valid);
	return line.data == NULL ? mem_string("") : line.data;
}

static void
replace(char **text, char *with)
{
	free(*text);
	*text = with;
}

static void format_into(char **text, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
format_into(char **text, const char *format, va_list ap)
{
	char raw[TEXT_MAX];

	(void)vsnprintf(raw, sizeof(raw), format, ap);
	replace(text, clean(raw));
}

/* See the header. */
void
check_report_set(struct check_report *report, enum check_item item,
    enum check_state state, const char *source, const char *format, ...)
{
	struct check_row *row = &report->rows[item];
	va_list ap;

	row->state = state;
	replace(&row->source, source == NULL ? NULL : clean(source));
	va_start(ap, format);
	format_into(&row->value, format, ap);
	va_end(ap);
}

/* See the header. */
void
check_report_blame(struct check_report *report, enum check_item item,
    enum check_state state, const char *remedy, const char *format, ...)
{
	struct check_row *row = &report->rows[item];
	va_list ap;

	row->state = state;
	replace(&row->remedy, remedy == NULL ? NULL : clean(remedy));
	va_start(ap, format);
	format_into(&row->problem, format, ap);
	va_end(ap);
}

/* Takes it over. */
void
check_report_policy(struct check_report *report, enum check_item item,
    char *policy)
{
	replace(&report->rows[item].policy, policy);
}

/* In the first free place. */
void
check_report_fact(struct check_report *report, enum check_item item,
    const char *name, const char *value)
{
	struct check_row *row = &report->rows[item];

	for (size_t i = 0; value != NULL && i < CHECK_FACTS; i++) {
		if (row->facts[i].name != NULL)
			continue;
		row->facts[i].name = name;
		row->facts[i].value = clean(value);
		return;
	}
}

/* See the header. */
void
check_report_number(struct check_report *report, enum check_item item,
    const char *name, int64_t value)
{
	struct check_row *row = &report->rows[item];
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	check_report_fact(report, item, name, text);
	for (size_t i = 0; i < CHECK_FACTS; i++)
		if (row->facts[i].name == name)
			row->facts[i].is_number = true;
}

/* A call that was not made is no good sign. */
bool
check_report_is_good(const struct check_report *report)
{
	for (size_t i = 0; i < CHECK_ITEMS; i++)
		if (report->rows[i].state == CHECK_FAILED)
			return false;
	return report->rows[CHECK_CALL].state != CHECK_UNKNOWN;
}

/* ---- for people ---- */

static size_t
width_of(const char *text)
{
	return oneline_columns(text, strlen(text));
}

/* How wide the values are, of those that are not too wide. */
static size_t
value_width(const struct check_report *report)
{
	size_t width = 0;

	for (size_t i = 0; i < CHECK_ITEMS; i++) {
		const char *value = report->rows[i].value;
		size_t own = value == NULL ? 0 : width_of(value);

		if (own > width && own <= VALUE_WIDTH)
			width = own;
	}
	return width;
}

static void
write_row(const struct check_row *row, const char *name, size_t width,
    struct buf *out)
{
	const char *value = row->value == NULL ? "" : row->value;
	size_t own = width_of(value);

	(void)buf_format(out, "%-4s  %s", states[row->state].mark, name);
	if (*value != '\0')
		(void)buf_format(out, "%*s%s", 13 - (int)strlen(name), "",
		    value);
	if (row->source != NULL)
		(void)buf_format(out, "%*s%s",
		    own < width ? (int)(width - own) + 2 : 2, "", row->source);
	(void)buf_string(out, "\n");
}

static void
write_problem(const struct check_row *row, const char *name, struct buf *out)
{
	if (row->problem == NULL)
		return;
	(void)buf_format(out, "\n%-4s  %s: %s\n", states[row->state].mark, name,
	    row->problem);
	if (row->remedy != NULL)
		(void)buf_format(out, "      %s\n", row->remedy);
	if (row->policy != NULL)
		(void)buf_format(out, "      %s\n", row->policy);
}

/* The rows, then what is wrong with them. */
void
check_report_table(const struct check_report *report, struct buf *out)
{
	size_t width = value_width(report);

	for (size_t i = 0; i < CHECK_ITEMS; i++)
		write_row(&report->rows[i], names[i], width, out);
	for (size_t i = 0; i < CHECK_ITEMS; i++)
		write_problem(&report->rows[i], names[i], out);
	(void)buf_format(out, "\n%s\n",
	    check_report_is_good(report) ? "work can start"
					 : "work cannot start");
}

/* ---- for programs ---- */

static void
write_member(struct buf *out, const char *name, const char *value)
{
	(void)buf_format(out, ",\"%s\":", name);
	(void)json_string_or_null(out, value);
}

static void
write_object(const struct check_row *row, struct buf *out)
{
	(void)buf_format(out, "{\"state\":\"%s\"", states[row->state].name);
	write_member(out, "value", row->value);
	write_member(out, "source", row->source);
	for (size_t i = 0; i < CHECK_FACTS; i++) {
		if (row->facts[i].name == NULL)
			continue;
		if (row->facts[i].is_number)
			(void)buf_format(out, ",\"%s\":%s", row->facts[i].name,
			    row->facts[i].value);
		else
			write_member(out, row->facts[i].name,
			    row->facts[i].value);
	}
	if (row->problem != NULL) {
		write_member(out, "problem", row->problem);
		write_member(out, "remedy", row->remedy);
	}
	if (row->policy != NULL)
		(void)buf_format(out, ",\"policy\":%s", row->policy);
	(void)buf_string(out, "}");
}

/* One object on one line. */
void
check_report_json(const struct check_report *report, struct buf *out)
{
	(void)buf_format(out, "{\"ok\":%s",
	    check_report_is_good(report) ? "true" : "false");
	for (size_t i = 0; i < CHECK_ITEMS; i++) {
		(void)buf_format(out, ",\"%s\":", names[i]);
		write_object(&report->rows[i], out);
	}
	(void)buf_string(out, "}\n");
}

/* All texts. */
void
check_report_clear(struct check_report *report)
{
	for (size_t i = 0; i < CHECK_ITEMS; i++) {
		struct check_row *row = &report->rows[i];

		free(row->value);
		free(row->source);
		free(row->problem);
		free(row->remedy);
		free(row->policy);
		for (size_t j = 0; j < CHECK_FACTS; j++)
			free(row->facts[j].value);
	}
	*report = (struct check_report){ 0 };
}
