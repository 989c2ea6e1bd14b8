/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/profile.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "text/ini.h"

enum { FILE_MAX = 1024 * 1024 };

/* A property; of the section itself if "key" is NULL. */
struct entry {
	TAILQ_ENTRY(entry) link;
	enum profile_file file;
	char *kind;
	char *section;
	char *key;
	char *sub;
	char *value;
	size_t line;
};

struct profiles {
	TAILQ_HEAD(, entry) entries; /* in the order of the files */
	char *path[2];
	char *name;
	const char *named_by; /* NULL: nobody has */
};

static const struct {
	const char *variable;
	const char *in_home;
} files[] = {
	[PROFILE_CONFIG] = { "AWS_CONFIG_FILE", ".aws/config" },
	[PROFILE_CREDENTIALS] = { "AWS_SHARED_CREDENTIALS_FILE",
	    ".aws/credentials" },
};

static const char *
getenv_or_null(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

/* HOME, else what the password database has. */
const char *
profiles_home(void)
{
	const char *home = getenv_or_null("HOME");
	const struct passwd *user;

	if (home != NULL)
		return home;
	user = getpwuid(getuid());
	return user == NULL || user->pw_dir == NULL ? "/" : user->pw_dir;
}

/* The path of a file; a "~" at its beginning is the home directory. */
static char *
find_path(enum profile_file file)
{
	const char *path = getenv_or_null(files[file].variable);

	if (path == NULL)
		return mem_format("%s/%s", profiles_home(),
		    files[file].in_home);
	if (path[0] == '~' && (path[1] == '/' || path[1] == '\0'))
		return mem_format("%s%s", profiles_home(), path + 1);
	return mem_string(path);
}

/* Reads a whole file.  Returns 1, 0 if there is none, or -1 with "err". */
static int
read_file(const char *path, struct buf *text, struct err *err)
{
	if (file_read(path, text) == 0)
		return 1;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	if (errno == EFBIG)
		return err_set(err, "%s: is over %d bytes", path, FILE_MAX);
	return err_errno(err, "%s", path);
}

static char *
copy(const char *text)
{
	return text == NULL ? NULL : mem_string(text);
}

struct reader {
	struct profiles *profiles;
	enum profile_file file;
};

static void
add_entry(void *arg, const struct ini_item *item)
{
	struct reader *reader = arg;
	struct entry *entry = mem_new(1, sizeof(*entry));

	entry->file = reader->file;
	entry->kind = mem_string(item->kind);
	entry->section = mem_string(item->section);
	entry->key = copy(item->key);
	entry->sub = copy(item->sub);
	entry->value = copy(item->value);
	entry->line = item->line;
	TAILQ_INSERT_TAIL(&reader->profiles->entries, entry, link);
}

static int
load_file(struct profiles *profiles, enum profile_file file, struct err *err)
{
	struct buf text = BUF_INIT(FILE_MAX);
	struct reader reader = { profiles, file };
	struct err problem;
	int result = read_file(profiles->path[file], &text, err);

	if (result == 1) {
		result = ini_parse(text.data == NULL ? "" : text.data, text.len,
		    add_entry, &reader, &problem);
		if (result == -1)
			(void)err_set(err, "%s: %s", profiles->path[file],
			    problem.text);
	}
	if (text.data != NULL)
		explicit_bzero(text.data, text.len);
	buf_clear(&text);
	return result;
}

/* In the credentials file all of a header is a name: [a b] is of "a b". */
static bool
is_whole_header(const struct entry *entry, const char *name)
{
	size_t len = strlen(entry->kind);

	if (len > 0) {
		if (strncmp(entry->kind, name, len) != 0 || name[len] != ' ')
			return false;
		name += len + 1;
	}
	return strcmp(entry->section, name) == 0;
}

/*
 * How well a section's header names profile "name": 0 not at all; in the
 * config file [profile default] beats [default].
 */
static int
names_profile(const struct entry *entry, const char *name)
{
	if (entry->file == PROFILE_CREDENTIALS)
		return is_whole_header(entry, name) ? 1 : 0;
	if (strcmp(entry->section, name) != 0)
		return 0;
	if (strcmp(entry->kind, "profile") == 0)
		return 2;
	return entry->kind[0] == '\0' && strcmp(name, "default") == 0 ? 1 : 0;
}

/* The best rank that a section for "name" has in a file; 0: there is none. */
static int
best_rank(const struct profiles *profiles, enum profile_file file,
    const char *name)
{
	const struct entry *entry;
	int best = 0;

	TAILQ_FOREACH (entry, &profiles->entries, link) {
		int rank;

		if (entry->file != file)
			continue;
		rank = names_profile(entry, name);
		if (rank > best)
			best = rank;
	}
	return best;
}

/* In either file. */
bool
profiles_has(const struct profiles *profiles, const char *profile)
{
	return best_rank(profiles, PROFILE_CONFIG, profile) > 0 ||
	       best_rank(profiles, PROFILE_CREDENTIALS, profile) > 0;
}

static int
choose(struct profiles *profiles, const char *option, struct err *err)
{
	const char *source = "--profile";
	const char *name = option;

	if (name == NULL) {
		source = "AWS_PROFILE";
		name = getenv_or_null(source);
	}
	if (name == NULL) {
		source = "AWS_DEFAULT_PROFILE";
		name = getenv_or_null(source);
	}
	profiles->name = mem_string(name == NULL ? "default" : name);
	profiles->named_by = name == NULL ? NULL : source;
	if (name == NULL || profiles_has(profiles, name))
		return 0;
	return err_set(err, "%s: there is no profile '%s' in %s or %s", source,
	    name, profiles->path[PROFILE_CONFIG],
	    profiles->path[PROFILE_CREDENTIALS]);
}

/* Both files, merged. */
struct profiles *
profiles_load(const char *option, struct err *err)
{
	struct profiles *profiles = mem_new(1, sizeof(*profiles));

	TAILQ_INIT(&profiles->entries);
	profiles->path[PROFILE_CONFIG] = find_path(PROFILE_CONFIG);
	profiles->path[PROFILE_CREDENTIALS] = find_path(PROFILE_CREDENTIALS);
	if (load_file(profiles, PROFILE_CONFIG, err) == -1 ||
	    load_file(profiles, PROFILE_CREDENTIALS, err) == -1 ||
	    choose(profiles, option, err) == -1) {
		profiles_free(profiles);
		return NULL;
	}
	return profiles;
}

static void
free_entry(struct entry *entry)
{
	if (entry->value != NULL)
		explicit_bzero(entry->value, strlen(entry->value));
	free(entry->kind);
	free(entry->section);
	free(entry->key);
	free(entry->sub);
	free(entry->value);
	free(entry);
}

/* Overwrites the values, which may be secrets. */
void
profiles_free(struct profiles *profiles)
{
	struct entry *entry;

	if (profiles == NULL)
		return;
	while ((entry = TAILQ_FIRST(&profiles->entries)) != NULL) {
		TAILQ_REMOVE(&profiles->entries, entry, link);
		free_entry(entry);
	}
	free(profiles->path[PROFILE_CONFIG]);
	free(profiles->path[PROFILE_CREDENTIALS]);
	free(profiles->name);
	free(profiles);
}

/* The one in use, whether it exists or is just the default. */
const char *
profiles_name(const struct profiles *profiles)
{
	return profiles->name;
}

/* A constant text. */
const char *
profiles_named_by(const struct profiles *profiles)
{
	return profiles->named_by;
}

/* Where a file is, or would be. */
const char *
profiles_path(const struct profiles *profiles, enum profile_file file)
{
	return profiles->path[file];
}

/* A property that is empty is not set; the last of two equal ones wins. */
static const struct entry *
find(const struct profiles *profiles, const char *profile,
    enum profile_file file, const char *key)
{
	int rank = best_rank(profiles, file, profile);
	const struct entry *entry;
	const struct entry *found = NULL;

	TAILQ_FOREACH (entry, &profiles->entries, link)
		if (entry->file == file && rank > 0 && entry->key != NULL &&
		    entry->sub == NULL && strcmp(entry->key, key) == 0 &&
		    names_profile(entry, profile) == rank)
			found = entry;
	return found == NULL || *found->value == '\0' ? NULL : found;
}

/* The credentials file's entry, else the config file's. */
static const struct entry *
find_in_both(const struct profiles *profiles, const char *profile,
    const char *key)
{
	const struct entry *entry =
	    find(profiles, profile, PROFILE_CREDENTIALS, key);

	return entry != NULL ? entry
			     : find(profiles, profile, PROFILE_CONFIG, key);
}

/* Of one file. */
const char *
profiles_get_from(const struct profiles *profiles, const char *profile,
    enum profile_file file, const char *key)
{
	const struct entry *entry = find(profiles, profile, file, key);

	return entry == NULL ? NULL : entry->value;
}

/* Of both. */
const char *
profiles_get(const struct profiles *profiles, const char *profile,
    const char *key)
{
	const struct entry *entry = find_in_both(profiles, profile, key);

	return entry == NULL ? NULL : entry->value;
}

/* For messages. */
char *
profiles_where(const struct profiles *profiles, const char *profile,
    const char *key)
{
	const struct entry *entry = find_in_both(profiles, profile, key);

	if (entry == NULL)
		return mem_string(profiles->path[PROFILE_CONFIG]);
	return mem_format("%s:%zu", profiles->path[entry->file], entry->line);
}

static bool
is_section(const struct entry *entry, const char *kind, const char *name)
{
	return entry->file == PROFILE_CONFIG &&
	       strcmp(entry->kind, kind) == 0 &&
	       strcmp(entry->section, name) == 0;
}

/* Sections that are no profiles. */
const char *
profiles_section(const struct profiles *profiles, const char *kind,
    const char *name, const char *key, bool *found)
{
	const struct entry *entry;
	const char *value = NULL;
	bool any = false;

	TAILQ_FOREACH (entry, &profiles->entries, link) {
		if (!is_section(entry, kind, name))
			continue;
		any = true;
		if (entry->key != NULL && entry->sub == NULL &&
		    strcmp(entry->key, key) == 0)
			value = entry->value;
	}
	if (found != NULL)
		*found = any;
	return value == NULL || *value == '\0' ? NULL : value;
}

/* endpoint_url below "service" in the section that the profile names. */
int
profiles_service_url(const struct profiles *profiles, const char *profile,
    const char *service, const char **url, struct err *err)
{
	const char *name = profiles_get(profiles, profile, "services");
	const struct entry *entry;
	bool found = false;

	*url = NULL;
	if (name == NULL)
		return 0;
	TAILQ_FOREACH (entry, &profiles->entries, link) {
		if (!is_section(entry, "services", name))
			continue;
		found = true;
		if (entry->key != NULL && entry->sub != NULL &&
		    strcmp(entry->key, service) == 0 &&
		    strcmp(entry->sub, "endpoint_url") == 0 &&
		    *entry->value != '\0')
			*url = entry->value;
	}
	if (found)
		return 0;
	return err_set(err,
	    "profile '%s' has services = %s, but there is no "
	    "section [services %s] in %s",
	    profile, name, name, profiles->path[PROFILE_CONFIG]);
}
