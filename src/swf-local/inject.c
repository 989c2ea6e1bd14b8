/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/inject.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/emit.h"
#include "swf-local/operations.h"
#include "swf-local/validate.h"
#include "text/duration.h"
#include "text/size.h"

enum { RULES_MAX = 1000, BODY_MAX = 256 << 20, NAME_MAX_BYTES = 200 };

/* What a kind's value is. */
enum value_kind { NO_VALUE, DURATION, OFFSET, FAULT_NAME, BODY };

struct kind {
	const char *name;
	enum value_kind value;
	int status;
};

static const struct kind kinds[INJECT_KINDS] = {
	[INJECT_NOTHING] = { "nothing", NO_VALUE, 0 },
	[INJECT_DELAY] = { "delay", DURATION, 0 },
	[INJECT_DELAY_BEFORE] = { "delay-before", DURATION, 0 },
	[INJECT_DATE] = { "date", OFFSET, 0 },
	[INJECT_RESET_BEFORE] = { "reset-before", NO_VALUE, 0 },
	[INJECT_RESET_AFTER] = { "reset-after", NO_VALUE, 0 },
	[INJECT_THROTTLE] = { "throttle", NO_VALUE, 400 },
	[INJECT_ERROR500] = { "error500", NO_VALUE, 500 },
	[INJECT_ERROR] = { "error", FAULT_NAME, 400 },
	[INJECT_BLACK_HOLE] = { "black-hole", NO_VALUE, 0 },
	[INJECT_BODY] = { "body", BODY, 200 },
};

const char *
inject_name(enum inject_kind kind)
{
	return kinds[kind].name;
}

void
rules_init(struct rules *rules)
{
	*rules = (struct rules){ .rules = NULL };
}

static void
rule_clear(struct rule *rule)
{
	free(rule->operation);
	free(rule->value);
	free(rule->message);
}

void
rules_clear(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		rule_clear(&rules->rules[i]);
	free(rules->rules);
	rules_init(rules);
}

void
rules_cut(struct rules *rules, size_t count)
{
	while (rules->count > count)
		rule_clear(&rules->rules[--rules->count]);
}

/* ---- reading ------------------------------------------------------------- */

static int
parse_count(const char *text, int64_t *count, struct err *err)
{
	char *end;

	errno = 0;
	if (isdigit((unsigned char)text[0])) {
		*count = (int64_t)strtoll(text, &end, 10);
		if (*end == '\0' && errno == 0)
			return 0;
	}
	return err_set(err, "fault: \"%s\" is no count, want 0, 1, 2, ...",
	    text);
}

static int
parse_probability(const char *text, double *probability, struct err *err)
{
	char *end;

	*probability = strtod(text, &end);
	if (end == text || *end != '\0' || !(*probability >= 0) ||
	    *probability > 1)
		return err_set(err,
		    "fault: \"%s\" is no probability, want 0 to 1", text);
	return 0;
}

static int
parse_status(const char *text, int *status, struct err *err)
{
	int64_t number = 0;

	if (parse_count(text, &number, NULL) == -1 || number < 200 ||
	    number > 599)
		return err_set(err,
		    "fault: \"%s\" is no status of HTTP, want 200 to 599",
		    text);
	*status = (int)number;
	return 0;
}

/* "+3600", "-20m": a duration with a sign. */
static int
parse_offset(const char *text, int64_t *offset, struct err *err)
{
	int back = text[0] == '-';

	if (text[0] == '-' || text[0] == '+')
		text++;
	if (duration_parse(text, offset, err) == -1)
		return -1;
	if (back)
		*offset = -*offset;
	return 0;
}

static int
parse_fault_name(const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (len == 0 || len > NAME_MAX_BYTES)
		return err_set(err,
		    "fault: an error wants a name of 1 to %d "
		    "characters, such as ExpiredTokenException",
		    NAME_MAX_BYTES);
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) &&
		    strchr("._#", text[i]) == NULL)
			return err_set(err,
			    "fault: \"%s\" is no name of an error", text);
	return 0;
}

/* What is read elsewhere is told without whose value it is. */
static int
wrong_value(const struct rule *rule, const struct err *problem, struct err *err)
{
	return err_set(err, "fault: %s: %s", kinds[rule->kind].name,
	    problem->text);
}

static int
set_value(struct rule *rule, const char *text, struct err *err)
{
	const struct kind *kind = &kinds[rule->kind];
	struct err problem;
	size_t size;

	if (kind->value == NO_VALUE)
		return text == NULL ? 0
				    : err_set(err, "fault: %s takes no value",
					  kind->name);
	if (text == NULL)
		return err_set(err, "fault: %s wants a value: %s=...",
		    kind->name, kind->name);
	rule->value = mem_string(text);
	switch (kind->value) {
	case DURATION:
		if (duration_parse(text, &rule->amount, &problem) == -1)
			return wrong_value(rule, &problem, err);
		return 0;
	case OFFSET:
		if (parse_offset(text, &rule->amount, &problem) == -1)
			return wrong_value(rule, &problem, err);
		return 0;
	case FAULT_NAME:
		return parse_fault_name(text, err);
	case BODY:
		if (strcmp(text, "html") == 0)
			return 0;
		if (size_parse(text, BODY_MAX, &size, &problem) == -1)
			return wrong_value(rule, &problem, err);
		rule->amount = (int64_t)size;
		return size > 0 ? 0 : err_set(err, "fault: a body of no bytes");
	case NO_VALUE:
		break;
	}
	return 0;
}

static int
set_kind(struct rule *rule, const char *name, struct err *err)
{
	for (int i = INJECT_NOTHING + 1; i < INJECT_KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0) {
			rule->kind = (enum inject_kind)i;
			rule->status = kinds[i].status;
			return 0;
		}
	return err_set(err,
	    "fault: unknown kind \"%s\", want delay, delay-before, date, "
	    "reset-before, reset-after, throttle, error500, error, "
	    "black-hole or body",
	    name);
}

static int
set_operation(struct rule *rule, const char *name, struct err *err)
{
	if (strcmp(name, "*") != 0 && operation_find(name) == NULL)
		return err_set(err, "fault: unknown operation \"%s\"", name);
	rule->operation = mem_string(name);
	return 0;
}

static int
set_key(struct rule *rule, const char *key, const char *value, struct err *err)
{
	if (strcmp(key, "probability") == 0)
		return parse_probability(value, &rule->probability, err);
	if (strcmp(key, "count") == 0)
		return parse_count(value, &rule->count, err);
	if (strcmp(key, "after") == 0)
		return parse_count(value, &rule->after, err);
	if (strcmp(key, "status") == 0 &&
	    (rule->kind == INJECT_ERROR || rule->kind == INJECT_BODY))
		return parse_status(value, &rule->status, err);
	if (strcmp(key, "message") == 0 && rule->kind == INJECT_ERROR) {
		free(rule->message);
		rule->message = mem_string(value);
		return 0;
	}
	return err_set(err,
	    "fault: unknown key \"%s\" for %s, want probability, count, "
	    "after; for error and body status; for error message",
	    key, kinds[rule->kind].name);
}

static int
add_rule(struct rules *rules, struct rule *rule, struct err *err)
{
	if (rules->count >= RULES_MAX)
		return err_set(err, "fault: more than %d rules", RULES_MAX);
	rules->rules =
	    mem_resize(rules->rules, rules->count + 1, sizeof(rules->rules[0]));
	rules->rules[rules->count++] = *rule;
	return 0;
}

static struct rule
new_rule(void)
{
	return (struct rule){ .probability = 1, .count = -1 };
}

/* Cuts the text at the first "mark"; returns what is after it, or NULL. */
static char *
cut(char *text, char mark)
{
	char *at = strchr(text, mark);

	if (at == NULL)
		return NULL;
	*at = '\0';
	return at + 1;
}

/* "text" is cut to pieces. */
static int
parse_rule(struct rule *rule, char *text, struct err *err)
{
	char *at = cut(text, ':');
	char *next, *value;

	if (at == NULL)
		return err_set(err,
		    "fault: \"%s\" is not OPERATION:KIND[=VALUE][,KEY=VALUE]",
		    text);
	next = cut(at, ',');
	value = cut(at, '=');
	if (set_operation(rule, text, err) == -1 ||
	    set_kind(rule, at, err) == -1 || set_value(rule, value, err) == -1)
		return -1;
	while (next != NULL) {
		at = next;
		next = strncmp(at, "message=", 8) == 0 ? NULL : cut(at, ',');
		value = cut(at, '=');
		if (value == NULL)
			return err_set(err, "fault: \"%s\" is not KEY=VALUE",
			    at);
		if (set_key(rule, at, value, err) == -1)
			return -1;
	}
	return 0;
}

int
rules_add_text(struct rules *rules, const char *text, struct err *err)
{
	struct rule rule = new_rule();
	char *copy = mem_string(text);
	int result = parse_rule(&rule, copy, err);

	if (result == 0)
		result = add_rule(rules, &rule, err);
	if (result == -1)
		rule_clear(&rule);
	free(copy);
	return result;
}

/* A member as text: a string as it is, a number as people write it. */
static char *
member_text(const cJSON *json, const char *name)
{
	const cJSON *member = member_get(json, name);

	if (cJSON_IsNumber(member))
		return mem_format("%.15g", member->valuedouble);
	return copy_or_null(member_string(json, name));
}

static int
set_json_keys(struct rule *rule, const cJSON *json, struct err *err)
{
	const cJSON *member;

	cJSON_ArrayForEach (member, json) {
		char *value;
		int result = 0;

		if (strcmp(member->string, "operation") == 0 ||
		    strcmp(member->string, "fault") == 0 ||
		    strcmp(member->string, "value") == 0)
			continue;
		value = member_text(json, member->string);
		if (value != NULL)
			result = set_key(rule, member->string, value, err);
		free(value);
		if (result == -1)
			return -1;
	}
	return 0;
}

int
rules_add_json(struct rules *rules, const cJSON *json, struct err *err)
{
	const char *operation = member_string(json, "operation");
	const char *kind = member_string(json, "fault");
	struct rule rule = new_rule();
	char *value = member_text(json, "value");
	int result = -1;

	if (!cJSON_IsObject(json) || operation == NULL || kind == NULL)
		(void)err_set(err, "fault: want an object with \"operation\" "
				   "and \"fault\"");
	else if (set_operation(&rule, operation, err) == 0 &&
		 set_kind(&rule, kind, err) == 0 &&
		 set_value(&rule, value, err) == 0 &&
		 set_json_keys(&rule, json, err) == 0)
		result = add_rule(rules, &rule, err);
	if (result == -1)
		rule_clear(&rule);
	free(value);
	return result;
}

static void
emit_probability(struct buf *out, double probability)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%.15g", probability);
	emit_raw(out, "probability", text);
}

void
rules_write(const struct rules *rules, struct buf *out)
{
	emit_list(out, NULL);
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rules[i];

		emit_object(out, NULL);
		emit_integer(out, "after", rule->after);
		emit_integer(out, "applied", rule->applied);
		if (rule->count >= 0)
			emit_integer(out, "count", rule->count);
		emit_string(out, "fault", kinds[rule->kind].name);
		emit_string(out, "message", rule->message);
		emit_string(out, "operation", rule->operation);
		emit_probability(out, rule->probability);
		if (rule->status > 0)
			emit_integer(out, "status", rule->status);
		emit_string(out, "value", rule->value);
		emit_object_end(out);
	}
	emit_list_end(out);
}

/* ---- applying ------------------------------------------------------------ */

static int
applies(struct rule *rule, const char *operation, struct random *random)
{
	if (strcmp(rule->operation, "*") != 0 &&
	    strcmp(rule->operation, operation) != 0)
		return 0;
	if (rule->after > 0) {
		rule->after--;
		return 0;
	}
	if (rule->count == 0)
		return 0;
	return rule->probability >= 1 ||
	       random_unit(random) < rule->probability;
}

/* Puts the rule into the plan.  Returns whether it had a place there. */
static int
plan_add(struct plan *plan, const struct rule *rule)
{
	switch (rule->kind) {
	case INJECT_DELAY:
		plan->delay = instant_add(plan->delay, rule->amount);
		return 1;
	case INJECT_DELAY_BEFORE:
		plan->delay_before =
		    instant_add(plan->delay_before, rule->amount);
		return 1;
	case INJECT_DATE:
		plan->has_date = 1;
		plan->date_offset += rule->amount;
		return 1;
	case INJECT_NOTHING:
	case INJECT_KINDS:
		return 0;
	case INJECT_RESET_BEFORE:
	case INJECT_RESET_AFTER:
	case INJECT_THROTTLE:
	case INJECT_ERROR500:
	case INJECT_ERROR:
	case INJECT_BLACK_HOLE:
	case INJECT_BODY:
		break;
	}
	if (plan->kind != INJECT_NOTHING)
		return 0;
	plan->kind = rule->kind;
	plan->status = rule->status;
	plan->bytes = rule->kind == INJECT_BODY ? (size_t)rule->amount : 0;
	plan->name = copy_or_null(rule->value);
	plan->message = copy_or_null(rule->message);
	return 1;
}

int
rules_plan(struct rules *rules, const char *operation, struct random *random,
    struct plan *plan)
{
	int applied = 0;

	*plan = (struct plan){ .kind = INJECT_NOTHING };
	for (size_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rules[i];

		if (!applies(rule, operation, random) || !plan_add(plan, rule))
			continue;
		rule->applied++;
		applied++;
		if (rule->count > 0)
			rule->count--;
	}
	return applied;
}

/* A page of a proxy, or as many blanks as are wanted. */
static void
answer_body(const struct plan *plan, struct answer *out)
{
	static const char page[] =
	    "<html><head><title>Proxy Error</title></head>"
	    "<body><h1>Proxy Error</h1></body></html>\n";
	char *room;

	out->status = plan->status;
	if (plan->bytes == 0) {
		(void)buf_string(&out->body, page);
		return;
	}
	buf_init(&out->body, plan->bytes);
	room = buf_reserve(&out->body, plan->bytes);
	memset(room, ' ', plan->bytes);
	buf_commit(&out->body, plan->bytes);
}

int
plan_answer(const struct plan *plan, struct answer *out)
{
	switch (plan->kind) {
	case INJECT_THROTTLE:
		answer_fault(out, FAULT_THROTTLING, "Rate exceeded");
		return 1;
	case INJECT_ERROR500:
		answer_fault(out, FAULT_INTERNAL, " ");
		return 1;
	case INJECT_ERROR:
		answer_named_fault(out, plan->status, plan->name,
		    plan->message);
		return 1;
	case INJECT_BODY:
		answer_body(plan, out);
		return 1;
	case INJECT_NOTHING:
	case INJECT_DELAY:
	case INJECT_DELAY_BEFORE:
	case INJECT_DATE:
	case INJECT_RESET_BEFORE:
	case INJECT_RESET_AFTER:
	case INJECT_BLACK_HOLE:
	case INJECT_KINDS:
		break;
	}
	return 0;
}

void
plan_clear(struct plan *plan)
{
	free(plan->name);
	free(plan->message);
	plan->name = plan->message = NULL;
}
