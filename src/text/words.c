/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char blanks[] = " \t\n";
static const char operators[] = "|&;<>()$`";

struct splitter {
	const char *at;
	char *word; /* room for all of the text */
	size_t len;
	bool open; /* a word has begun; it may be empty, as '' is */
	char **words;
	size_t count;
};

static void
add(struct splitter *s, char c)
{
	s->word[s->len++] = c;
	s->open = true;
}

static void
end_word(struct splitter *s)
{
	if (!s->open)
		return;
	s->words = mem_resize(s->words, s->count + 2, sizeof(*s->words));
	s->words[s->count++] = mem_copy(s->word, s->len);
	s->words[s->count] = NULL;
	s->len = 0;
	s->open = false;
}

static int
refuse(char c, struct err *err)
{
	return err_set(err,
	    "no shell runs this, and %c means nothing without one: quote "
	    "it, or use sh -c '...'",
	    c);
}

/* After the opening quote; to behind the closing one. */
static int
single_quoted(struct splitter *s, struct err *err)
{
	s->open = true;
	for (; *s->at != '\''; s->at++) {
		if (*s->at == '\0')
			return err_set(err, "a ' is not closed");
		add(s, *s->at);
	}
	s->at++;
	return 0;
}

static int
double_quoted(struct splitter *s, struct err *err)
{
	s->open = true;
	for (; *s->at != '"'; s->at++) {
		if (*s->at == '\\' && s->at[1] != '\0' &&
		    strchr("\"\\$`", s->at[1]) != NULL)
			s->at++;
		else if (*s->at == '$' || *s->at == '`')
			return refuse(*s->at, err);
		if (*s->at == '\0')
			return err_set(err, "a \" is not closed");
		add(s, *s->at);
	}
	s->at++;
	return 0;
}

/* Takes what begins at s->at, which is not the end. */
static int
take(struct splitter *s, struct err *err)
{
	char c = *s->at++;

	if (c == '\'')
		return single_quoted(s, err);
	if (c == '"')
		return double_quoted(s, err);
	if (c == '\\') {
		if (*s->at == '\0')
			return err_set(err, "nothing follows the last \\");
		add(s, *s->at++);
		return 0;
	}
	if (strchr(operators, c) != NULL)
		return refuse(c, err);
	if (strchr(blanks, c) != NULL)
		end_word(s);
	else
		add(s, c);
	return 0;
}

char **
words_split(const char *text, struct err *err)
{
	struct splitter s = { .at = text };
	int status = 0;

	s.word = mem_new(strlen(text) + 1, 1);
	while (*s.at != '\0' && status == 0)
		status = take(&s, err);
	end_word(&s);
	free(s.word);
	if (status == 0 && s.count == 0)
		status = err_set(err, "there is no command in it");
	if (status == 0)
		return s.words;
	words_free(s.words);
	return NULL;
}

void
words_free(char **words)
{
	if (words == NULL)
		return;
	for (char **word = words; *word != NULL; word++)
		free(*word);
	free(words);
}
