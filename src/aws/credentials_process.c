/* SPDX-License-Identifier: MIT */
/*
 * A program of the user's own that prints credentials as JSON.
 *
 * It is run without a shell and has a minute: somebody may have to be asked,
 * but nobody waits for ever.  What it prints is a secret and goes nowhere
 * else.  What it writes to standard error is for people, and goes where tend
 * writes its own.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "aws/credentials_json.h"
#include "aws/provider.h"
#include "aws/world.h"
#include "base/file.h"
#include "base/mem.h"
#include "text/signame.h"
#include "text/words.h"

enum { TIMEOUT = 60 * 1000 }; /* ms */

struct process {
	struct source source;
	char **words;
	char *place; /* "profile 'x' (FILE:LINE)" */
	struct aws_running *running;
};

/* Times are text: a number is not what the interface has. */
static const struct credentials_form form = {
	.id = "AccessKeyId",
	.secret = "SecretAccessKey",
	.token = "SessionToken",
	.expiry = "Expiration",
	.version = 1,
};

/* How it ended, if not well; a failure of today need not be one of tomorrow. */
static int
check_end(const struct aws_program_end *end, enum source_end *how,
    struct err *err)
{
	char name[SIGNAME_TEXT];

	*how = end->too_long ? SOURCE_DENIED : SOURCE_FAILED;
	if (end->timed_out)
		return err_set(err, "did not end within %d s and was killed",
		    TIMEOUT / 1000);
	if (end->too_long)
		return err_set(err,
		    "printed over %d KiB and was killed: it must print one "
		    "JSON object",
		    CREDENTIALS_DOCUMENT_MAX / 1024);
	if (end->exit_status == -1) {
		signame_format(end->signal, name);
		return err_set(err, "was killed by %s", name);
	}
	if (end->exit_status != 0)
		return err_set(err,
		    "exited with status %d: run it by hand to see why",
		    end->exit_status);
	return 0;
}

/* What it printed.  Whether that has expired is the service's to say. */
static int
take_output(struct credentials *credentials, const struct aws_program_end *end,
    enum source_end *how, struct err *err)
{
	struct err problem;

	*how = SOURCE_DENIED;
	if (credentials_json(credentials, &form, end->output, end->output_len,
		&problem) == -1)
		return err_set(err, "printed what %s", problem.text);
	return 0;
}

static void
fail(struct process *mine, enum source_end how, const char *problem)
{
	source_fail(&mine->source, how, "%s: credential_process: '%.100s' %s",
	    mine->place, mine->words[0], problem);
}

static void
on_end(void *arg, const struct aws_program_end *end)
{
	struct process *mine = arg;
	struct credentials credentials = { 0 };
	enum source_end how;
	struct err problem;

	mine->running = NULL;
	if (check_end(end, &how, &problem) == 0 &&
	    take_output(&credentials, end, &how, &problem) == 0)
		source_give(&mine->source, &credentials);
	else
		fail(mine, how, problem.text);
	credentials_clear(&credentials);
}

static void
ask(struct source *source)
{
	struct process *mine = (struct process *)source;
	const struct aws_world *world = source->world;
	const struct aws_program program = { .argv = mine->words,
		.timeout = TIMEOUT,
		.output_max = CREDENTIALS_DOCUMENT_MAX,
		.done = on_end,
		.arg = mine };
	struct err problem;

	mine->running = world->run(world->arg, &program, &problem);
	if (mine->running == NULL)
		source_fail(source, SOURCE_DENIED, "%s: credential_process: %s",
		    mine->place, problem.text);
}

static void
forget(struct source *source)
{
	struct process *mine = (struct process *)source;

	if (mine->running != NULL)
		source->world->kill(source->world->arg, mine->running);
	mine->running = NULL;
}

static void
clear(struct source *source)
{
	struct process *mine = (struct process *)source;

	words_free(mine->words);
	free(mine->place);
}

/* Tried once: a program may ask somebody for a password. */
static const struct source_kind kind = {
	.traits = { .name = "process", .tries = 1 },
	.ask = ask,
	.forget = forget,
	.clear = clear,
};

/* tend leaves the directory that it was started in. */
static void
make_absolute(char **program)
{
	char *path;

	if (strchr(*program, '/') == NULL)
		return;
	path = file_absolute(*program);
	free(*program);
	*program = path;
}

/* Without an Expiration what it prints is good for ever. */
enum provider_verdict
provider_process(const struct provider_input *input, struct source **source,
    struct err *err)
{
	const char *command =
	    profiles_get(input->profiles, input->profile, "credential_process");
	struct process *mine;
	struct err problem;
	char **words;
	char *place, *text;

	if (command == NULL)
		return PROVIDER_ABSENT;
	place = provider_place(input, "credential_process");
	words = words_split(command, &problem);
	if (words == NULL) {
		(void)err_set(err, "%s: credential_process: %s", place,
		    problem.text);
		free(place);
		return PROVIDER_BROKEN;
	}
	text = mem_format("credential_process '%s' of %s", words[0], place);
	mine = source_new(&kind, sizeof(*mine), text);
	free(text);
	make_absolute(&words[0]);
	mine->words = words;
	mine->place = place;
	*source = &mine->source;
	return PROVIDER_FOUND;
}
