/* SPDX-License-Identifier: MIT */
/*
 * The program's own log: one line per event, to stderr, never to stdout.
 *
 * A line is lower case, names its subject first and has no full stop.  Text
 * from a command or from the network may hold anything: control characters
 * are escaped here, so that it can neither forge a line nor move a cursor.
 * Secrets are never passed to these functions.
 *
 * Text form:  "tend: heartbeat refused: Rate exceeded" (warnings and errors
 * are marked: "tend: warning: ...").  JSON form: an object a line, with
 * "time", "level", "message".
 *
 * By default a line is written with one write(2) to descriptor 2.  A program
 * whose main thread must not block sets a sink, which takes whole lines.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/* Takes one whole line of "len" bytes, its newline included. */
typedef void log_sink(void *arg, const char *line, size_t len);

/* Starts with LOG_INFO and LOG_TEXT; "program" is kept, not copied. */
void log_init(const char *program);
void log_set_level(enum log_level level);
void log_set_format(enum log_format format);

/* Sends lines to "sink"; NULL: to descriptor 2 again. */
void log_set_sink(log_sink *sink, void *arg);

/* "error", "warning", "info", "debug".  Returns 0, or -1 if unknown. */
int log_level_parse(const char *name, enum log_level *level);

/* Whether a line of this level would be written. */
int log_enabled(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
