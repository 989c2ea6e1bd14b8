/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* A longer message is cut; a line holds it all escaped, and what is around. */
enum { MESSAGE_MAX = 2048, LINE_MAX_BYTES = MESSAGE_MAX * 6 + 256 };

struct line {
	char data[LINE_MAX_BYTES];
	size_t len;
};

static struct {
	const char *program;
	enum log_level level;
	enum log_format format;
	log_sink *sink;
	void *sink_arg;
} logger = { .program = "tend", .level = LOG_INFO };

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

void
log_init(const char *program)
{
	logger.program = program;
	logger.level = LOG_INFO;
	logger.format = LOG_TEXT;
	log_set_sink(NULL, NULL);
}

void
log_set_level(enum log_level level)
{
	logger.level = level;
}

void
log_set_format(enum log_format format)
{
	logger.format = format;
}

void
log_set_sink(log_sink *sink, void *arg)
{
	logger.sink = sink;
	logger.sink_arg = arg;
}

int
log_level_parse(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]);
	     i++)
		if (strcmp(name, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	return -1;
}

int
log_enabled(enum log_level level)
{
	return level <= logger.level;
}

/* Appends as much as fits, with one byte kept for the newline. */
static void
add(struct line *line, const char *text, size_t len)
{
	size_t room = sizeof(line->data) - 1 - line->len;

	if (len > room)
		len = room;
	memcpy(line->data + line->len, text, len);
	line->len += len;
}

static void
add_string(struct line *line, const char *text)
{
	add(line, text, strlen(text));
}

/*
 * The length of the character that "text" begins with; 0 if that is no UTF-8,
 * or a control character: C0, DEL, or C1, which some terminals obey too.
 */
static size_t
printable(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	/* The second byte rules out C1, overlong forms, surrogates, and what
	 * is past U+10FFFF. */
	if ((s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xe0 && s[1] < 0xa0) ||
	    (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/*
 * Appends text.  What is not printable becomes \xNN byte by byte; in JSON,
 * which has no bytes, \u00NN, and U+FFFD for a byte that is no UTF-8.  The
 * backslash is doubled in JSON only: a path in a text line should stay
 * readable.
 */
static void
add_escaped(struct line *line, const char *text)
{
	int json = logger.format == LOG_JSON;
	char code[8];

	while (*text != '\0') {
		unsigned char c = (unsigned char)*text;
		size_t len = printable(text);

		if (len == 0) {
			(void)snprintf(code, sizeof(code),
			    json ? "\\u%04x" : "\\x%02x",
			    json && c >= 0x80 ? 0xfffd : c);
			add_string(line, code);
			len = 1;
		} else {
			if (json && (c == '"' || c == '\\'))
				add(line, "\\", 1);
			add(line, text, len);
		}
		text += len;
	}
}

static void
add_json(struct line *line, enum log_level level, const char *message)
{
	char now[CLOCK_TEXT];

	clock_format(clock_wall(), now);
	add_string(line, "{\"time\":\"");
	add_string(line, now);
	add_string(line, "\",\"level\":\"");
	add_string(line, level_names[level]);
	add_string(line, "\",\"message\":\"");
	add_escaped(line, message);
	add_string(line, "\"}");
}

static void
add_text(struct line *line, enum log_level level, const char *message)
{
	add_string(line, logger.program);
	add_string(line, ": ");
	if (level != LOG_INFO) {
		add_string(line, level_names[level]);
		add_string(line, ": ");
	}
	add_escaped(line, message);
}

static void
write_line(const char *line, size_t len)
{
	/* There is nobody to tell that the log cannot be written. */
	if (write(STDERR_FILENO, line, len) == -1)
		return;
}

static void log_line(enum log_level level, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void
log_line(enum log_level level, const char *format, va_list args)
{
	char message[MESSAGE_MAX];
	struct line line = { .len = 0 };

	if (!log_enabled(level))
		return;
	if (vsnprintf(message, sizeof(message), format, args) < 0)
		return;
	if (logger.format == LOG_JSON)
		add_json(&line, level, message);
	else
		add_text(&line, level, message);
	line.data[line.len++] = '\n';
	if (logger.sink != NULL)
		logger.sink(logger.sink_arg, line.data, line.len);
	else
		write_line(line.data, line.len);
}

#define LOG_FUNCTION(name, level)              \
	void name(const char *format, ...)     \
	{                                      \
		va_list args;                  \
                                               \
		va_start(args, format);        \
		log_line(level, format, args); \
		va_end(args);                  \
	}

LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warning, LOG_WARNING)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)
