/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/spool_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { START_USUAL = 4096, OUTCOME_USUAL = 8192 };

static int
write_at(int fd, const void *data, size_t len, off_t at)
{
	const char *from = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, from, len, at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		from += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* As many of "len" bytes as there are; -1 with errno: nobody knows. */
static ssize_t
read_at(int fd, void *data, size_t len, off_t at)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n =
		    pread(fd, (char *)data + got, len - got, at + (off_t)got);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static off_t
offset_of(size_t place, enum spool_type type)
{
	return (off_t)place * SPOOL_PLACE +
	       (type == SPOOL_OUTCOME ? SPOOL_START_MAX : 0);
}

/*
 * The blocks that nearly all records do with are asked for when a place is
 * used first, so that a disk that is full later does not matter; one that is
 * full now may still have a few.
 */
static void
reserve(struct spool_file *file, size_t place)
{
	if (place < file->places)
		return;
	(void)fallocate(file->fd, 0, offset_of(place, SPOOL_START),
	    START_USUAL);
	(void)fallocate(file->fd, 0, offset_of(place, SPOOL_OUTCOME),
	    OUTCOME_USUAL);
	file->places = place + 1;
}

int
spool_place_put(struct spool_file *file, size_t place, enum spool_type type,
    const struct buf *record, struct err *err)
{
	reserve(file, place);
	if (write_at(file->fd, record->data, record->len,
		offset_of(place, type)) == -1)
		return err_errno(err, "cannot write %s", file->name);
	return 0;
}

/* Zeros over all of the record that begins there, or what should be one. */
static int
wipe_record(struct spool_file *file, off_t at, size_t most)
{
	char bytes[SPOOL_START_MAX] = { 0 };
	ssize_t got = read_at(file->fd, bytes, SPOOL_HEADER, at);
	size_t len;
	size_t n;

	if (got == -1)
		return -1;
	len = spool_length(bytes, (size_t)got);
	if (len > most)
		len = most;
	if (len < (size_t)got)
		len = (size_t)got;
	memset(bytes, 0, SPOOL_HEADER);
	for (size_t done = 0; done < len; done += n) {
		n = len - done < sizeof(bytes) ? len - done : sizeof(bytes);
		if (write_at(file->fd, bytes, n, at + (off_t)done) == -1)
			return -1;
	}
	return 0;
}

/*
 * A START that stays keeps its OUTCOME: without it, it would say that tend
 * died.
 */
static int
wipe_start(struct spool_file *file, size_t place, struct err *err)
{
	if (wipe_record(file, offset_of(place, SPOOL_START), SPOOL_START_MAX) ==
	    -1)
		return err_errno(err, "cannot write %s", file->name);
	return 0;
}

/* That it is closed is said, too; but zeros are as good. */
static void
wipe_outcome(struct spool_file *file, size_t place)
{
	static const uint8_t no_key[SPOOL_KEY];
	struct buf closed = BUF_INIT(SPOOL_HEADER);
	struct err err;

	(void)wipe_record(file, offset_of(place, SPOOL_OUTCOME),
	    SPOOL_OUTCOME_MAX);
	(void)spool_put_closed(&closed, no_key);
	(void)spool_place_put(file, place, SPOOL_CLOSED, &closed, &err);
	buf_clear(&closed);
}

int
spool_place_wipe(struct spool_file *file, size_t place, struct err *err)
{
	if (wipe_start(file, place, err) == -1)
		return -1;
	wipe_outcome(file, place);
	return 0;
}

/*
 * The same where SWF does not have it: when the machine stops, what was
 * written last may be there and what was written before it may not.
 */
static int
wipe_in_order(struct spool_file *file, size_t place, struct err *err)
{
	if (wipe_start(file, place, err) == -1)
		return -1;
	if (fdatasync(file->fd) == -1)
		return err_errno(err, "cannot write %s", file->name);
	wipe_outcome(file, place);
	return 0;
}

/* Fetches the record that begins there: header, and what that says. */
static int
fetch(const struct spool_file *file, off_t at, size_t most, struct buf *bytes)
{
	ssize_t got;
	size_t len;

	buf_init(bytes, most);
	got = read_at(file->fd, buf_reserve(bytes, SPOOL_HEADER), SPOOL_HEADER,
	    at);
	if (got == -1)
		return -1;
	buf_commit(bytes, (size_t)got);
	len = spool_length(bytes->data, bytes->len);
	if (len > most)
		len = most;
	if (len <= bytes->len)
		return 0;
	len -= bytes->len;
	got = read_at(file->fd, buf_reserve(bytes, len), len,
	    at + (off_t)bytes->len);
	if (got == -1)
		return -1;
	buf_commit(bytes, (size_t)got);
	return 0;
}

/* An outcome counts if it is this task's. */
static int
get_outcome(const struct spool_file *file, size_t place,
    struct spool_slot *slot)
{
	struct spool_record record;
	enum spool_verdict verdict;

	if (fetch(file, offset_of(place, SPOOL_OUTCOME), SPOOL_OUTCOME_MAX,
		&slot->outcome) == -1)
		return -1;
	verdict = spool_read(slot->outcome.data, slot->outcome.len, &record);
	if (verdict == SPOOL_GOOD && record.type == SPOOL_OUTCOME)
		slot->has_outcome =
		    memcmp(record.key, slot->key, SPOOL_KEY) == 0;
	else
		slot->torn_outcome = verdict != SPOOL_EMPTY;
	return 0;
}

int
spool_place_get(const struct spool_file *file, size_t place,
    struct spool_slot *slot, struct err *err)
{
	struct spool_record record;

	*slot = (struct spool_slot){ .verdict = SPOOL_EMPTY };
	if (fetch(file, offset_of(place, SPOOL_START), SPOOL_START_MAX,
		&slot->start) == -1)
		return err_errno(err, "cannot be read");
	slot->verdict = spool_read(slot->start.data, slot->start.len, &record);
	if (slot->verdict != SPOOL_GOOD)
		return 0;
	slot->type = record.type;
	memcpy(slot->key, record.key, SPOOL_KEY);
	if (record.type == SPOOL_START && get_outcome(file, place, slot) == -1)
		return err_errno(err, "cannot be read");
	return 0;
}

void
spool_slot_clear(struct spool_slot *slot)
{
	buf_clear(&slot->start);
	buf_clear(&slot->outcome);
}

/* Copies what a place has to the beginning of another file. */
static int
copy_place(const struct spool_file *file, size_t place, int to, struct err *err)
{
	char *bytes = mem_new(1, SPOOL_PLACE);
	ssize_t len = read_at(file->fd, bytes, SPOOL_PLACE,
	    offset_of(place, SPOOL_START));
	int status = 0;

	if (len == -1)
		status = err_errno(err, "cannot read %s", file->name);
	else if (write_at(to, bytes, (size_t)len, 0) == -1)
		status = err_errno(err, "cannot write a new file");
	free(bytes);
	return status;
}

int
spool_place_hand_on(const struct spool_disk *disk, struct spool_file *file,
    size_t place, struct err *err)
{
	struct spool_file other;
	int status;

	if (spool_file_new(disk, &other, err) == -1)
		return -1;
	status = copy_place(file, place, other.fd, err);
	if (status == 0)
		status = spool_file_sync(disk, &other, err);
	/* If the wiping fails, SWF is told twice, and refuses one of them. */
	if (status == -1)
		spool_file_remove(disk, &other);
	else
		status = wipe_in_order(file, place, err);
	spool_file_close(&other);
	return status;
}

int
spool_place_set_aside(const struct spool_disk *disk, struct spool_file *file,
    size_t place, char name[SPOOL_NAME], struct err *err)
{
	int fd = spool_disk_new_aside(disk, name);
	int status;

	if (fd == -1)
		return err_errno(err, "cannot write %s/%s", disk->path, name);
	status = copy_place(file, place, fd, err);
	if (status == 0 && (fsync(fd) == -1 || fsync(disk->directory) == -1))
		status = err_errno(err, "cannot write %s/%s", disk->path, name);
	if (status == 0)
		status = spool_place_wipe(file, place, err);
	(void)close(fd);
	if (status == -1)
		(void)unlinkat(disk->directory, name, 0);
	return status;
}
