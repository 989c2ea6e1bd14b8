/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/validate.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/utf8.h"

enum {
	PATH_MAX_BYTES = 256, /* of "a.1.member.b.name" */
	VALUE_MAX = 2048,     /* bytes of a wrong value that are repeated */
	CONSTRAINT_MAX = 512, /* the names of all decisions take 320 */
	YEAR_SECONDS = 31536000,
	RETENTION_DAYS_MAX = 90
};

struct check {
	struct buf *errors;
	size_t count;
	int wrong_type;
};

/* Far beyond all times, and its ms are still exact. */
#define TIME_MAX_SECONDS 1e12

#define NAME_PATTERN "(?!arn$)(?! )[^:/|\\u0000-\\u001F\\u007F-\\u009F]+(?<! )"

static void
add_value(struct buf *errors, const char *value)
{
	size_t len = strlen(value);

	if (len > VALUE_MAX) {
		len = VALUE_MAX;
		while (len > 0 && ((unsigned char)value[len] & 0xc0) == 0x80)
			len--;
	}
	(void)buf_append(errors, "'", 1);
	(void)buf_append(errors, value, len);
	(void)buf_string(errors, value[len] == '\0' ? "'" : "...'");
}

/* Adds one violation; "value" is NULL for a member that is not there. */
static void __attribute__((format(printf, 4, 5))) violated(struct check *check,
    const char *path, const char *value, const char *format, ...)
{
	char constraint[CONSTRAINT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(constraint, sizeof(constraint), format, args);
	va_end(args);
	if (check->count++ > 0)
		(void)buf_string(check->errors, "; ");
	(void)buf_string(check->errors, "Value ");
	if (value == NULL)
		(void)buf_string(check->errors, "null");
	else
		add_value(check->errors, value);
	(void)buf_format(check->errors,
	    " at '%s' failed to satisfy constraint: Member must %s", path,
	    constraint);
}

static int
is_name(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t len = strlen(text);

	if (strcmp(text, "arn") == 0)
		return 0;
	if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
		return 0;
	for (; *at != '\0'; at++) {
		if (*at < 0x20 || *at == 0x7f || strchr(":/|", *at) != NULL)
			return 0;
		/* U+0080 to U+009F are C2 80 to C2 9F. */
		if (at[0] == 0xc2 && at[1] < 0xa0)
			return 0;
	}
	return 1;
}

static int
is_number(const char *text, long max)
{
	char *end;
	long value;

	if (!isdigit((unsigned char)text[0]))
		return 0;
	value = strtol(text, &end, 10);
	return *end == '\0' && value <= max;
}

static int
is_priority(const char *text)
{
	const char *digits = text[0] == '-' ? text + 1 : text;

	if (!is_number(digits, LONG_MAX - 1))
		return 0;
	return strtol(text, NULL, 10) >= INT_MIN &&
	       strtol(text, NULL, 10) <= INT_MAX;
}

static void
check_form(struct check *check, const struct field *field, const char *path,
    const char *text)
{
	int none = strcmp(text, "NONE") == 0;

	switch (field->form) {
	case FORM_ANY:
		break;
	case FORM_NAME:
		if (!is_name(text))
			violated(check, path, text,
			    "satisfy regular expression pattern: %s",
			    NAME_PATTERN);
		break;
	case FORM_SECONDS:
		if (!is_number(text, LONG_MAX - 1))
			violated(check, path, text,
			    "satisfy regular expression pattern: [0-9]+");
		break;
	case FORM_SECONDS_NONE:
		if (!none && !is_number(text, LONG_MAX - 1))
			violated(check, path, text,
			    "satisfy regular expression pattern: "
			    "[0-9]+|NONE");
		break;
	case FORM_YEAR:
		if (!is_number(text, YEAR_SECONDS))
			violated(check, path, text,
			    "have value less than or equal to %d",
			    YEAR_SECONDS);
		break;
	case FORM_DAYS:
		if (!none && !is_number(text, RETENTION_DAYS_MAX))
			violated(check, path, text,
			    "have value less than or equal to %d",
			    RETENTION_DAYS_MAX);
		break;
	case FORM_PRIORITY:
		if (!is_priority(text))
			violated(check, path, text,
			    "satisfy regular expression pattern: "
			    "-?[0-9]{1,10}");
		break;
	}
}

static void
check_values(struct check *check, const struct field *field, const char *path,
    const char *text)
{
	struct buf set = BUF_INIT(1024);

	for (const char *const *value = field->values; *value != NULL;
	     value++) {
		if (strcmp(*value, text) == 0) {
			buf_clear(&set);
			return;
		}
		(void)buf_format(&set, "%s%s", set.len == 0 ? "" : ", ",
		    *value);
	}
	violated(check, path, text, "satisfy enum value set: [%s]",
	    set.data == NULL ? "" : set.data);
	buf_clear(&set);
}

static void
check_string(struct check *check, const struct field *field, const char *path,
    const char *text)
{
	size_t bytes = strlen(text);
	size_t len = bytes;

	/* No text has more units than bytes, nor less than a third of them. */
	if (field->max > 0 && bytes > (size_t)field->max)
		len = utf8_units(text, bytes);
	if (field->max > 0 && len > (size_t)field->max)
		violated(check, path, text,
		    "have length less than or equal to %ld", field->max);
	if (field->min > 0 && bytes == 0)
		violated(check, path, text,
		    "have length greater than or equal to %ld", field->min);
	else if (field->values != NULL)
		check_values(check, field, path, text);
	else if (len <= (size_t)field->max || field->max == 0)
		check_form(check, field, path, text);
}

static void
check_integer(struct check *check, const struct field *field, const char *path,
    double value)
{
	char text[32];

	if (value != floor(value)) {
		check->wrong_type = 1;
		return;
	}
	(void)snprintf(text, sizeof(text), "%.0f", value);
	if (field->max > 0 && value > (double)field->max)
		violated(check, path, text,
		    "have value less than or equal to %ld", field->max);
	if (value < (double)field->min)
		violated(check, path, text,
		    "have value greater than or equal to %ld", field->min);
}

/* A list with too many strings, as "[a, b, c]". */
static void
too_many(struct check *check, const struct field *field, const char *path,
    const cJSON *list)
{
	struct buf value = BUF_INIT(check->errors->max);
	const cJSON *member;

	cJSON_ArrayForEach (member, list)
		(void)buf_format(&value, "%s%s", value.len == 0 ? "[" : ", ",
		    cJSON_IsString(member) ? member->valuestring : "...");
	(void)buf_string(&value, "]");
	violated(check, path, value.data,
	    "have length less than or equal to %ld", field->max);
	buf_clear(&value);
}

static void check_shape(struct check *check, const struct shape *shape,
    const char *path, const cJSON *in);

static void
check_members(struct check *check, const struct field *field, const char *path,
    const cJSON *list)
{
	const cJSON *member;
	char inner[PATH_MAX_BYTES];
	int index = 0;

	cJSON_ArrayForEach (member, list) {
		/* No path of the tables is nearly as long. */
		if (snprintf(inner, sizeof(inner), "%s.%d.member", path,
			++index) >= (int)sizeof(inner))
			return;
		if (field->kind == FIELD_STRUCTS && cJSON_IsObject(member))
			check_shape(check, field->shape, inner, member);
		else if (field->kind == FIELD_STRINGS && cJSON_IsString(member))
			check_string(check, field->member, inner,
			    member->valuestring);
		else
			check->wrong_type = 1;
	}
	if (field->max > 0 && index > field->max)
		too_many(check, field, path, list);
}

static void
check_value(struct check *check, const struct field *field, const char *path,
    const cJSON *value)
{
	int right = 0;

	switch (field->kind) {
	case FIELD_STRING:
		right = cJSON_IsString(value);
		if (right)
			check_string(check, field, path, value->valuestring);
		break;
	case FIELD_INTEGER:
		right = cJSON_IsNumber(value);
		if (right)
			check_integer(check, field, path, value->valuedouble);
		break;
	case FIELD_TIME:
		right = cJSON_IsNumber(value);
		break;
	case FIELD_BOOLEAN:
		right = cJSON_IsBool(value);
		break;
	case FIELD_STRUCT:
		right = cJSON_IsObject(value);
		if (right)
			check_shape(check, field->shape, path, value);
		break;
	case FIELD_STRUCTS:
	case FIELD_STRINGS:
		right = cJSON_IsArray(value);
		if (right)
			check_members(check, field, path, value);
		break;
	}
	if (!right)
		check->wrong_type = 1;
}

static void
check_shape(struct check *check, const struct shape *shape, const char *path,
    const cJSON *in)
{
	char inner[PATH_MAX_BYTES];

	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		const cJSON *value = member_get(in, field->name);

		(void)snprintf(inner, sizeof(inner), "%s%s%s", path,
		    path[0] == '\0' ? "" : ".", field->name);
		if (value != NULL)
			check_value(check, field, inner, value);
		else if (field->required)
			violated(check, inner, NULL, "not be null");
	}
}

enum validity
validate(const struct shape *shape, const cJSON *in, struct buf *message)
{
	struct buf errors = BUF_INIT(message->max);
	struct check check = { .errors = &errors };

	if (!cJSON_IsObject(in))
		return WRONG_TYPE;
	check_shape(&check, shape, "", in);
	if (check.count > 0)
		(void)buf_format(message, "%zu validation error%s detected: %s",
		    check.count, check.count == 1 ? "" : "s", errors.data);
	buf_clear(&errors);
	if (check.wrong_type)
		return WRONG_TYPE;
	return check.count > 0 ? INVALID : VALID;
}

const cJSON *
member_get(const cJSON *in, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(in, name);

	return value == NULL || cJSON_IsNull(value) ? NULL : value;
}

const char *
member_string(const cJSON *in, const char *name)
{
	const cJSON *value = member_get(in, name);

	return cJSON_IsString(value) ? value->valuestring : NULL;
}

const char *
member_name(const cJSON *in, const char *name)
{
	return member_string(member_get(in, name), "name");
}

long
member_integer(const cJSON *in, const char *name, long otherwise)
{
	const cJSON *value = member_get(in, name);

	return cJSON_IsNumber(value) ? (long)value->valuedouble : otherwise;
}

int64_t
member_time(const cJSON *in, const char *name, int64_t otherwise)
{
	const cJSON *value = member_get(in, name);

	if (!cJSON_IsNumber(value))
		return otherwise;
	if (fabs(value->valuedouble) > TIME_MAX_SECONDS)
		return value->valuedouble < 0 ? INT64_MIN : INT64_MAX;
	return llround(value->valuedouble * 1000);
}

int
member_true(const cJSON *in, const char *name)
{
	return cJSON_IsTrue(member_get(in, name));
}
