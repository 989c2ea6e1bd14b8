/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/spool.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/helper.h"
#include "process/spool_job.h"
#include "process/spool_scan.h"

enum {
	/* What a job takes of the bound beside its bytes. */
	JOB_BYTES = 256
};

struct spool {
	struct spool_store store; /* the helper's, once it runs */
	/* The caller's. */
	int event;
	pthread_t thread;
	bool running;
	bool *used; /* places of the own file */
	size_t places;
	bool failing;  /* that nothing is kept was told */
	size_t failed; /* ends of what was found */
	/* Of both. */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct spool_jobs queue;
	struct spool_jobs answers;
	size_t queued; /* bytes */
	unsigned long syncs;
	bool busy; /* the helper is at something */
	bool stop;
};

/* ---- the helper ---- */

/* Takes all that is queued.  The lock is held before and after. */
static void
do_queue(struct spool *spool)
{
	struct spool_jobs jobs = STAILQ_HEAD_INITIALIZER(jobs);
	struct spool_job *job;

	STAILQ_CONCAT(&jobs, &spool->queue);
	spool->busy = true;
	pthread_mutex_unlock(&spool->lock);
	spool_jobs_do(&spool->store, &jobs);
	pthread_mutex_lock(&spool->lock);
	spool->busy = false;
	spool->syncs = spool->store.syncs;
	STAILQ_FOREACH(job, &jobs, link)
	spool->queued -= job->bytes;
	STAILQ_CONCAT(&spool->answers, &jobs);
	helper_notify(spool->event);
}

static void *
helper(void *arg)
{
	struct spool *spool = arg;

	pthread_mutex_lock(&spool->lock);
	while (!spool->stop) {
		if (STAILQ_EMPTY(&spool->queue))
			pthread_cond_wait(&spool->wake, &spool->lock);
		else
			do_queue(spool);
	}
	pthread_mutex_unlock(&spool->lock);
	return NULL;
}

/* ---- the queue ---- */

static struct spool_job *
job_new(enum spool_job_type type, struct spool_entry *entry)
{
	struct spool_job *job = mem_new(1, sizeof(*job));

	job->type = type;
	job->entry = entry;
	if (entry != NULL)
		entry->jobs++;
	return job;
}

static void
job_free(struct spool_job *job)
{
	buf_clear(&job->outcome);
	spool_scan_free(job->scan);
	free(job);
}

/* Nobody does it: nothing is kept, or seen, and that is the answer. */
static void
refuse(struct spool *spool, struct spool_job *job, const char *why)
{
	if (spool_job_is_durable(job))
		(void)err_set(&job->problem, "%s", why);
	else
		job->kept = true;
	if (job->scan != NULL)
		spool_scan_refuse(job->scan, why);
	STAILQ_INSERT_TAIL(&spool->answers, job, link);
	helper_notify(spool->event);
}

/* Without a thread the next job tries to have one. */
static void
enqueue(struct spool *spool, struct spool_job *job, size_t bytes)
{
	bool room;

	if (!spool->running)
		spool->running = helper_start(&spool->thread, helper, spool);
	job->bytes = bytes + JOB_BYTES;
	pthread_mutex_lock(&spool->lock);
	room = !spool_job_is_durable(job) ||
	       spool->queued + job->bytes <= SPOOL_BOUND;
	if (!spool->running) {
		refuse(spool, job, "there can be no thread");
	} else if (!room) {
		refuse(spool, job, "the disk does not keep up");
	} else {
		if (job->entry != NULL)
			job->entry->queued = true;
		spool->queued += job->bytes;
		STAILQ_INSERT_TAIL(&spool->queue, job, link);
		pthread_cond_signal(&spool->wake);
	}
	pthread_mutex_unlock(&spool->lock);
}

/* ---- life ---- */

struct spool *
spool_new(const char *path, bool make, struct err *err)
{
	struct spool *spool = mem_new(1, sizeof(*spool));

	spool->store.disk.directory = -1;
	spool->store.file.fd = -1;
	spool->event = -1;
	STAILQ_INIT(&spool->queue);
	STAILQ_INIT(&spool->answers);
	(void)pthread_mutex_init(&spool->lock, NULL);
	(void)pthread_cond_init(&spool->wake, NULL);
	if (spool_disk_open(&spool->store.disk, path, make, err) == -1)
		goto fail;
	spool->event = helper_event();
	if (spool->event != -1)
		return spool;
	(void)err_errno(err, "cannot make an eventfd");
fail:
	spool_free(spool);
	return NULL;
}

const char *
spool_path(const struct spool *spool)
{
	return spool->store.disk.path;
}

int
spool_descriptor(const struct spool *spool)
{
	return spool->event;
}

/* Says once that nothing is kept, and once that it is again. */
static void
log_answer(struct spool *spool, const struct spool_job *job)
{
	if (!job->kept && job->problem.text[0] != '\0') {
		if (!spool->failing)
			log_warning("the spool %s keeps nothing for now, and "
				    "tasks go on without it: %s",
			    spool->store.disk.path, job->problem.text);
		spool->failing = true;
	} else if (spool_job_is_durable(job)) {
		if (spool->failing)
			log_info("the spool %s keeps what it is given again",
			    spool->store.disk.path);
		spool->failing = false;
	}
}

/* What could not be handed on keeps its place. */
static void
handed_on(struct spool *spool, const struct spool_job *job)
{
	if (job->kept)
		spool->used[job->entry->place] = false;
	else
		log_warning("the spool %s: a record waits for the end of "
			    "this tend: %s",
		    spool->store.disk.path, job->problem.text);
}

static void
free_entry(struct spool_entry *entry)
{
	if (entry == NULL || !entry->over || entry->jobs > 0)
		return;
	buf_clear(&entry->start);
	free(entry);
}

static void
answer(struct spool *spool, struct spool_job *job, bool tell)
{
	struct spool_entry *entry = job->entry;

	if (job->type == SPOOL_JOB_HAND_ON)
		handed_on(spool, job);
	else
		log_answer(spool, job);
	if (job->scan != NULL)
		spool_scan_log(job->scan);
	if (tell && entry != NULL && job->done != NULL && !entry->over)
		job->done(job->arg, job->kept);
	if (tell && job->scanned != NULL)
		job->scanned(job->arg, spool_scan_result(job->scan, spool));
	if (tell && job->released != NULL)
		job->released(job->arg, spool->failed);
	if (job->found != NULL) {
		spool->failed += !job->kept;
		spool_scan_free_found(job->found);
	}
	/* Whoever was told may have ended it: until here it is held. */
	if (entry != NULL)
		entry->jobs--;
	free_entry(entry);
	job_free(job);
}

static void
take_answers(struct spool *spool, bool tell)
{
	struct spool_jobs answers = STAILQ_HEAD_INITIALIZER(answers);
	struct spool_job *job;

	pthread_mutex_lock(&spool->lock);
	STAILQ_CONCAT(&answers, &spool->answers);
	pthread_mutex_unlock(&spool->lock);
	while ((job = STAILQ_FIRST(&answers)) != NULL) {
		STAILQ_REMOVE_HEAD(&answers, link);
		answer(spool, job, tell);
	}
}

void
spool_dispatch(struct spool *spool)
{
	helper_acknowledge(spool->event);
	take_answers(spool, true);
}

static bool
is_idle(struct spool *spool)
{
	bool idle;

	pthread_mutex_lock(&spool->lock);
	idle = !spool->running || (STAILQ_EMPTY(&spool->queue) && !spool->busy);
	pthread_mutex_unlock(&spool->lock);
	return idle;
}

/* Whether all that was queued has been done, in a while. */
static bool
wait_until_idle(struct spool *spool)
{
	struct pollfd wait = { .fd = spool->event, .events = POLLIN };
	int64_t until = clock_boot() + SPOOL_LINGER;

	while (!is_idle(spool)) {
		int64_t left = until - clock_boot();

		if (left <= 0)
			return false;
		(void)poll(&wait, 1, (int)left);
		helper_acknowledge(spool->event);
	}
	return true;
}

void
spool_free(struct spool *spool)
{
	if (spool == NULL)
		return;
	if (!wait_until_idle(spool)) {
		log_warning("the spool %s: the disk does not answer; what is "
			    "to be kept may be lost",
		    spool->store.disk.path);
		return;
	}
	if (spool->running) {
		pthread_mutex_lock(&spool->lock);
		spool->stop = true;
		pthread_cond_signal(&spool->wake);
		pthread_mutex_unlock(&spool->lock);
		(void)pthread_join(spool->thread, NULL);
	}
	STAILQ_CONCAT(&spool->answers, &spool->queue);
	take_answers(spool, false);
	spool_scan_release(&spool->store.series);
	spool_file_close(&spool->store.file);
	spool_disk_close(&spool->store.disk);
	if (spool->event != -1)
		(void)close(spool->event);
	(void)pthread_mutex_destroy(&spool->lock);
	(void)pthread_cond_destroy(&spool->wake);
	free(spool->used);
	free(spool);
}

void
spool_make_key(uint8_t key[SPOOL_KEY])
{
	if (getentropy(key, SPOOL_KEY) == -1)
		abort();
}

unsigned long
spool_syncs(struct spool *spool)
{
	unsigned long syncs;

	pthread_mutex_lock(&spool->lock);
	syncs = spool->syncs;
	pthread_mutex_unlock(&spool->lock);
	return syncs;
}

/* ---- tasks in hand ---- */

/* The first place that is free, so that a file stays as short as can be. */
static size_t
take_place(struct spool *spool)
{
	size_t place = 0;

	while (place < spool->places && spool->used[place])
		place++;
	if (place == spool->places) {
		spool->places = spool->places * 2 + 8;
		spool->used = mem_resize(spool->used, spool->places,
		    sizeof(*spool->used));
		memset(spool->used + place, 0,
		    (spool->places - place) * sizeof(*spool->used));
	}
	spool->used[place] = true;
	return place;
}

struct spool_entry *
spool_enter(struct spool *spool, const struct buf *start, spool_done *done,
    void *arg)
{
	struct spool_entry *entry = mem_new(1, sizeof(*entry));
	struct spool_job *job = job_new(SPOOL_JOB_START, entry);

	entry->spool = spool;
	entry->place = take_place(spool);
	buf_init(&entry->start, start->len);
	(void)buf_append(&entry->start, start->data, start->len);
	job->done = done;
	job->arg = arg;
	enqueue(spool, job, start->len);
	return entry;
}

void
spool_decide(struct spool_entry *entry, const struct buf *outcome,
    spool_done *done, void *arg)
{
	struct spool_job *job = job_new(SPOOL_JOB_OUTCOME, entry);

	buf_init(&job->outcome, outcome->len);
	(void)buf_append(&job->outcome, outcome->data, outcome->len);
	job->done = done;
	job->arg = arg;
	enqueue(entry->spool, job, outcome->len);
}

void
spool_close(struct spool_entry *entry)
{
	struct spool *spool;

	if (entry == NULL)
		return;
	spool = entry->spool;
	entry->over = true;
	/* What is queued for this place later comes after this. */
	spool->used[entry->place] = false;
	if (entry->queued)
		enqueue(spool, job_new(SPOOL_JOB_CLOSE, entry), 0);
	else
		free_entry(entry);
}

void
spool_leave(struct spool_entry *entry)
{
	if (entry == NULL)
		return;
	entry->over = true;
	free_entry(entry);
}

void
spool_hand_on(struct spool_entry *entry)
{
	if (entry == NULL)
		return;
	if (!entry->queued) {
		spool_close(entry);
		return;
	}
	entry->over = true;
	enqueue(entry->spool, job_new(SPOOL_JOB_HAND_ON, entry), 0);
}

/* ---- tasks of those that have ended ---- */

void
spool_scan(struct spool *spool, bool tidy, spool_scanned *call, void *arg)
{
	struct spool_job *job = job_new(SPOOL_JOB_SCAN, NULL);

	job->scan = spool_scan_new(tidy);
	job->scanned = call;
	job->arg = arg;
	enqueue(spool, job, 0);
}

static void
end_found(struct spool_found *found, enum spool_end end)
{
	struct spool_job *job = job_new(SPOOL_JOB_END, NULL);

	job->found = found;
	job->end = end;
	enqueue(found->spool, job, 0);
}

void
spool_found_close(struct spool_found *found)
{
	end_found(found, SPOOL_END_CLOSE);
}

void
spool_found_set_aside(struct spool_found *found)
{
	end_found(found, SPOOL_END_ASIDE);
}

void
spool_found_leave(struct spool_found *found)
{
	end_found(found, SPOOL_END_LEAVE);
}

void
spool_release(struct spool *spool, spool_released *call, void *arg)
{
	struct spool_job *job = job_new(SPOOL_JOB_RELEASE, NULL);

	job->released = call;
	job->arg = arg;
	enqueue(spool, job, 0);
}
