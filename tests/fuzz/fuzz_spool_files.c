/* SPDX-License-Identifier: MIT */
/*
 * process/spool_disk and spool_scan: whole files in a spool's directory, torn
 * and made up.
 *
 * An input is pieces that are written one after the other into one file:
 *
 *	1 byte   bits 0-1 the place, bit 2 its outcome, bit 3 the sum is made
 *	         right, bit 4 somewhere inside, bit 5 the file ends behind it
 *	2 bytes  length
 *	         as many bytes
 *
 * What was found once is found again, until it is ended; what was set aside
 * is not, and its bytes are in a file of their own; when all is ended nothing
 * is left.
 */
#include "config.h"

#include "process/spool_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/crc32.h"
#include "fuzz.h"

enum { INSIDE = 37, PLACES = 4 };

static const char name[] = "0123456789abcdef.spool";
static struct spool_disk disk = { .directory = -1 };

static void
empty_directory(void)
{
	DIR *directory = opendir(disk.path);
	const struct dirent *entry;

	MUST(directory != NULL);
	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			(void)unlinkat(disk.directory, entry->d_name, 0);
	(void)closedir(directory);
}

static void
remove_directory(void)
{
	empty_directory();
	(void)rmdir(disk.path);
	spool_disk_close(&disk);
}

static void
open_directory(void)
{
	char in_memory[] = "/dev/shm/fuzz-spool-XXXXXX";
	char elsewhere[] = "/tmp/fuzz-spool-XXXXXX";
	const char *path = mkdtemp(in_memory);

	if (path == NULL)
		path = mkdtemp(elsewhere);
	MUST(path != NULL && spool_disk_open(&disk, path, false, NULL) == 0);
	MUST(atexit(remove_directory) == 0);
}

/* How many files have that ending. */
static size_t
count_files(const char *ending)
{
	DIR *directory = opendir(disk.path);
	const struct dirent *entry;
	size_t count = 0;

	MUST(directory != NULL);
	while ((entry = readdir(directory)) != NULL)
		if (strstr(entry->d_name, ending) != NULL)
			count++;
	(void)closedir(directory);
	return count;
}

/* ---- the file ---- */

static void
sign(char *bytes, size_t size)
{
	size_t len = spool_length(bytes, size);
	uint32_t crc;

	if (len < SPOOL_HEADER || len > size)
		return;
	crc = crc32_add(crc32_add(0, bytes, 32), bytes + SPOOL_HEADER,
	    len - SPOOL_HEADER);
	for (int i = 0; i < 4; i++)
		bytes[32 + i] = (char)(crc >> 8 * i);
}

static void
write_file(const uint8_t *data, size_t size)
{
	int fd =
	    openat(disk.directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	MUST(fd != -1);
	while (size >= 3) {
		unsigned how = data[0];
		size_t len = (size_t)data[1] << 8 | data[2];
		off_t at = (off_t)(how % PLACES) * SPOOL_PLACE;
		char *bytes;

		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		bytes = fuzz_copy(data, len);
		if ((how & 8) != 0)
			sign(bytes, len);
		at += (how & 4) != 0 ? SPOOL_START_MAX : 0;
		at += (how & 16) != 0 ? INSIDE : 0;
		MUST(pwrite(fd, bytes, len, at) == (ssize_t)len);
		if ((how & 32) != 0)
			MUST(ftruncate(fd, at + (off_t)len) == 0);
		free(bytes);
		data += len;
		size -= len;
	}
	(void)close(fd);
}

/* ---- what is made of it ---- */

static size_t
length(const char *text)
{
	return text == NULL ? 0 : strlen(text);
}

static void
check_found(const struct spool_found *found)
{
	const struct spool_start *start = &found->start;
	const struct spool_outcome *outcome = &found->outcome;
	struct spool_record record;
	bool decided;

	/* An outcome with another key is of a task before. */
	decided = spool_read(found->outcome_bytes.data,
		      found->outcome_bytes.len, &record) == SPOOL_GOOD &&
		  record.type == SPOOL_OUTCOME &&
		  memcmp(record.key, found->key, SPOOL_KEY) == 0;
	MUST(found->decided == decided);
	MUST(spool_read(found->start_bytes.data, found->start_bytes.len,
		 &record) == SPOOL_GOOD &&
	     record.type == SPOOL_START);
	MUST(start->token != NULL);
	MUST(length(start->token) + length(start->endpoint) +
		 length(start->region) + length(start->activity_id) +
		 length(start->workflow_id) + length(start->run_id) +
		 length(start->world) <
	     SPOOL_START_MAX);
	if (found->decided)
		MUST(outcome->kind >= SPOOL_COMPLETED &&
		     outcome->kind <= SPOOL_CANCELED);
	MUST(length(outcome->result) + length(outcome->reason) +
		 length(outcome->details) <
	     SPOOL_OUTCOME_MAX);
}

struct counts {
	size_t found;
	size_t kept;
	size_t decided;
};

/* One scan; what was found is ended so. */
static struct counts
scan_once(enum spool_end wish)
{
	struct spool_series series = { .last = "" };
	struct spool_file own = { .fd = -1 };
	struct spool_scan *scan = spool_scan_new(true);
	const struct spool_scan_result *result;
	struct counts counts = { 0 };

	spool_scan_run(scan, &disk, &own, &series);
	result = spool_scan_result(scan, NULL);
	counts.found = result->count;
	counts.kept = result->kept;
	MUST(result->in_use == 0 && !result->more);
	for (size_t i = 0; i < result->count; i++) {
		struct spool_found *found = result->found[i];

		check_found(found);
		counts.decided += found->decided;
		MUST(spool_scan_end(&disk, found, wish, NULL) == 0);
		spool_scan_free_found(found);
	}
	spool_scan_release(&series);
	spool_scan_free(scan);
	return counts;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct counts first, again;
	size_t aside, files;

	if (disk.directory == -1)
		open_directory();
	if (size < 1)
		return 0;
	write_file(data + 1, size - 1);
	first = scan_once(SPOOL_END_LEAVE);
	aside = count_files(".aside");
	files = count_files(".spool");
	MUST(files == 1 || first.found + first.kept == 0);
	again =
	    scan_once((data[0] & 1) == 0 ? SPOOL_END_CLOSE : SPOOL_END_ASIDE);
	MUST(again.found == first.found && again.kept == first.kept);
	MUST(again.decided == first.decided);
	MUST(count_files(".aside") ==
	     aside + ((data[0] & 1) == 0 ? 0 : first.found));
	again = scan_once(SPOOL_END_LEAVE);
	MUST(again.found == 0 && again.kept == first.kept);
	MUST(count_files(".spool") == (first.kept > 0));
	empty_directory();
	return 0;
}
