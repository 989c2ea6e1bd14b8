/* SPDX-License-Identifier: MIT */
/*
 * The tables of all options: what they are called, how a value of each is
 * read and where it goes, and what the help says.  To add an option, add its
 * field to struct options, a row here and, if no other kind fits, a function
 * that reads its value; flag, variable and help follow.
 *
 * The rows are in groups, and a group belongs to one or more subcommands.
 */
#ifndef TEND_OPTION_TABLE_H
#define TEND_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "tend/options.h"

/* How a value is read, and where it goes. */
enum option_kind {
	KIND_FLAG,     /* bool, no value */
	KIND_STRING,   /* const char * */
	KIND_DURATION, /* int64_t, more than 0 */
	KIND_LIMIT,    /* the same, or "off" */
	KIND_COUNT,    /* size_t, from 1 to "most" */
	KIND_LIST,     /* struct options_list: given again, it is added */
	KIND_CUSTOM    /* a function of its own */
};

struct option_spec {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
	enum option_kind kind;
	size_t offset;
	/* CUSTOM: reads a value; LIST: checks one, or NULL. */
	int (*set)(struct options *, const char *value, struct err *err);
	long long most;
	bool token; /* one of the sources of the task token */
	bool fresh; /* submit: says what is started, so not with --attach */
};

/* Rows that stand together. */
struct option_group {
	const struct option_spec *rows;
	size_t count;
	unsigned int commands; /* bits of enum options_command */
};

/* For a row's "offset". */
#define OPTION_AT(member) .offset = offsetof(struct options, member)

/* No subcommand has more rows. */
enum { OPTION_ROWS_MAX = 64 };

/*
 * The rows of a subcommand, in the order of its help.  A row without a name
 * is a heading.  Returns how many there are.
 */
size_t option_rows(enum options_command command,
    const struct option_spec *rows[OPTION_ROWS_MAX]);

/*
 * Picks one of a few words: "words" has "count" of them.  Returns 0 with the
 * place of the one that "value" is, or -1 with "err".
 */
int option_choose(const char *value, const char *const *words, size_t count,
    int *choice, struct err *err);

/* In option_supervision.c: the rows of all that supervise a command. */
extern const struct option_group option_supervision_group;
void option_supervision_defaults(struct options *options);

/* In option_worker.c: the rows of "tend worker", and what holds for them. */
extern const struct option_group option_worker_group;
void option_worker_defaults(struct options *options);

/* In option_submit.c: the rows of "tend submit", and what holds for them. */
extern const struct option_group option_submit_group;
void option_submit_defaults(struct options *options);

/*
 * SWF's rules for names: 1 to "max" characters, no blank at the ends, no
 * control character, none of ":/|", not "arn".
 */
int option_check_name(const char *name, size_t len, size_t max,
    struct err *err);

/* The rows of "tend check", in option_check.c. */
extern const struct option_group option_check_group;
void option_check_defaults(struct options *options);

/* The same of "tend try", in option_try.c. */
extern const struct option_group option_try_group;
void option_try_defaults(struct options *options);

/* What holds where nothing is said. */
void option_defaults(struct options *options, enum options_command command);

/* Reads a value.  Returns 0, or -1 with "err", which does not name it. */
int option_set(const struct option_spec *spec, struct options *options,
    const char *value, struct err *err);

#endif
