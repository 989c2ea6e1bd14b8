/* SPDX-License-Identifier: MIT */
/*
 * What the same calls cost with nothing around them: libcurl's easy
 * interface, one handle, one connection.
 *
 *	bare URL                    a heartbeat and a completion
 *	bare URL HEARTBEATS PAUSE   so many heartbeats, PAUSE microseconds apart
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

/* As long as the real service's tokens are. */
enum { TOKEN = 576 };

static char body[TOKEN + 200];

static size_t
swallow(char *data, size_t size, size_t count, void *arg)
{
	(void)data;
	(void)arg;
	return size * count;
}

static void
must(CURLcode code, const char *what)
{
	if (code == CURLE_OK)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, curl_easy_strerror(code));
	exit(1);
}

static struct curl_slist *
headers_of(const char *operation)
{
	struct curl_slist *headers = NULL;
	char target[128];

	(void)snprintf(target, sizeof(target),
	    "X-Amz-Target: SimpleWorkflowService.%s", operation);
	headers = curl_slist_append(headers,
	    "Content-Type: application/x-amz-json-1.0");
	return curl_slist_append(headers, target);
}

static void
call(CURL *curl, struct curl_slist *headers)
{
	long status = 0;

	must(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers), "headers");
	must(curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body), "body");
	must(curl_easy_perform(curl), "call");
	must(curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status),
	    "status");
	if (status != 200)
		exit(1);
}

static void
pause_us(long microseconds)
{
	struct timespec pause = { .tv_sec = microseconds / 1000000,
		.tv_nsec = microseconds % 1000000 * 1000 };

	if (microseconds > 0)
		(void)nanosleep(&pause, NULL);
}

int
main(int argc, char **argv)
{
	struct curl_slist *beat = headers_of("RecordActivityTaskHeartbeat");
	struct curl_slist *done = headers_of("RespondActivityTaskCompleted");
	char token[TOKEN + 1];
	CURL *curl;

	if (argc != 2 && argc != 4)
		return 2;
	memset(token, 'A', TOKEN);
	token[TOKEN] = '\0';
	(void)snprintf(body, sizeof(body),
	    "{\"taskToken\":\"%s\",\"details\":\"50%% (7/14 files)\"}", token);
	must(curl_global_init(CURL_GLOBAL_ALL), "init");
	curl = curl_easy_init();
	if (curl == NULL)
		return 1;
	must(curl_easy_setopt(curl, CURLOPT_URL, argv[1]), "url");
	must(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, swallow), "write");
	must(curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L), "nosignal");
	if (argc == 2) {
		call(curl, beat);
		call(curl, done);
	} else {
		for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
			call(curl, beat);
			pause_us(strtol(argv[3], NULL, 10));
		}
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(beat);
	curl_slist_free_all(done);
	curl_global_cleanup();
	return 0;
}
