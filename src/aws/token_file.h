/* SPDX-License-Identifier: MIT */
/*
 * Files that hold one token: what a platform mounts into a container so that
 * credentials can be asked for with it, and replaces from time to time.  So
 * they are read again before each asking.
 */
#ifndef AWS_TOKEN_FILE_H
#define AWS_TOKEN_FILE_H

#include "base/err.h"

/* STS takes no longer ones. */
enum { TOKEN_FILE_MAX = 20000 };

/*
 * Reads the token, to be freed by credentials_cleanse().  One newline after it
 * is taken away.  "said" is who named the file ("AWS_WEB_IDENTITY_TOKEN_FILE")
 * and begins the text of "err", which the path follows.  Returns NULL with
 * "err" if the file is no regular one (so nothing here waits), is empty, or
 * has a blank, a control or the like in it.
 */
char *token_file_read(const char *path, const char *said, struct err *err);

#endif
