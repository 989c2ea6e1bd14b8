/* SPDX-License-Identifier: MIT */
/*
 * A token of Kubernetes, of a CI service and the like, which STS takes in
 * place of a signature.  The variables and the keys of the profile count one
 * by one, the variables first; with --profile they do not count.
 */
#include "config.h"

#include <stdlib.h>

#include "aws/provider.h"
#include "aws/role.h"
#include "aws/sts.h"
#include "aws/token_file.h"
#include "aws/world.h"
#include "base/file.h"
#include "base/mem.h"

struct web_identity {
	struct source source;
	struct role role;
	char *path;
	char *place; /* who named the file, for messages */
	struct sts_call *call;
};

/* A value, and who said it. */
struct setting {
	const char *value;
	char *place;
};

static void
on_answer(void *arg, const struct sts_answer *answer)
{
	struct web_identity *mine = arg;

	mine->call = NULL;
	if (answer->end == STS_GIVEN)
		source_give(&mine->source, answer->credentials);
	else
		source_fail(&mine->source,
		    answer->end == STS_FAILED ? SOURCE_FAILED : SOURCE_DENIED,
		    "%s", answer->problem.text);
}

/* The token may be another one each time: platforms replace it. */
static void
ask(struct source *source)
{
	struct web_identity *mine = (struct web_identity *)source;
	struct sts_request request = { .endpoint = &mine->role.endpoint,
		.role_arn = mine->role.arn,
		.session_name = mine->role.session_name };
	struct err problem;
	char *token = token_file_read(mine->path, mine->place, &problem);

	if (token == NULL) {
		source_fail(source, SOURCE_DENIED, "%s", problem.text);
		return;
	}
	request.token = token;
	mine->call =
	    sts_start(source->world->http, &request, on_answer, mine, &problem);
	credentials_cleanse(token);
	if (mine->call == NULL)
		source_fail(source, SOURCE_FAILED, "%s", problem.text);
}

static void
forget(struct source *source)
{
	struct web_identity *mine = (struct web_identity *)source;

	sts_cancel(mine->call);
	mine->call = NULL;
}

static void
clear(struct source *source)
{
	struct web_identity *mine = (struct web_identity *)source;

	role_clear(&mine->role);
	free(mine->path);
	free(mine->place);
}

static const struct source_kind kind = {
	.traits = { .name = "web identity", .tries = 3, .pause = 1000 },
	.ask = ask,
	.forget = forget,
	.clear = clear,
};

static struct setting
find(const struct provider_input *input, const char *variable, const char *key)
{
	const char *value =
	    input->profile_named ? NULL : provider_getenv(variable);

	if (value != NULL)
		return (struct setting){ value, mem_string(variable) };
	return (struct setting){ profiles_get(input->profiles, input->profile,
				     key),
		provider_place(input, key) };
}

static int
make(struct source **source, const struct provider_input *input,
    const struct setting *file, const struct setting *arn, struct err *err)
{
	struct setting name =
	    find(input, "AWS_ROLE_SESSION_NAME", "role_session_name");
	const struct role_wish wish = { arn->value, arn->place, name.value,
		name.place };
	struct role role = { 0 };
	int result = role_find(&role, input, &wish, err);

	if (result == 0) {
		char *text = mem_format("web identity with the token in %s "
					"for %s",
		    file->value, role.arn);
		struct web_identity *mine =
		    source_new(&kind, sizeof(*mine), text);

		free(text);
		mine->role = role;
		mine->path = file_absolute(file->value);
		mine->place = mem_string(file->place);
		*source = &mine->source;
	} else {
		role_clear(&role);
	}
	free(name.place);
	return result;
}

/* A file without a role is a mistake, a role without a file another way. */
enum provider_verdict
provider_web_identity(const struct provider_input *input,
    struct source **source, struct err *err)
{
	enum provider_verdict verdict = PROVIDER_ABSENT;
	struct setting file = find(input, "AWS_WEB_IDENTITY_TOKEN_FILE",
	    "web_identity_token_file");
	struct setting arn = find(input, "AWS_ROLE_ARN", "role_arn");

	if (file.value != NULL && arn.value == NULL) {
		verdict = PROVIDER_BROKEN;
		(void)err_set(err,
		    "%s: there is a token, but no role to assume with it: "
		    "%s",
		    file.place,
		    input->profile_named
			? "set role_arn in the profile"
			: "set AWS_ROLE_ARN, or role_arn in the profile");
	} else if (file.value != NULL) {
		verdict = make(source, input, &file, &arn, err) == 0
			      ? PROVIDER_FOUND
			      : PROVIDER_BROKEN;
	}
	free(file.place);
	free(arn.place);
	return verdict;
}
