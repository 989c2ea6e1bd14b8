/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/spool_job.h"

#include "process/spool_place.h"

static int
put_start(struct spool_store *store, struct spool_entry *entry, struct err *err)
{
	if (entry->begun)
		return 0;
	if (store->file.fd == -1 &&
	    spool_file_new(&store->disk, &store->file, err) == -1)
		return -1;
	entry->written = true;
	if (spool_place_put(&store->file, entry->place, SPOOL_START,
		&entry->start, err) == -1)
		return -1;
	entry->begun = true;
	return 0;
}

static int
put_outcome(struct spool_store *store, struct spool_job *job)
{
	struct spool_entry *entry = job->entry;

	if (put_start(store, entry, &job->problem) == -1 ||
	    spool_place_put(&store->file, entry->place, SPOOL_OUTCOME,
		&job->outcome, &job->problem) == -1)
		return -1;
	entry->decided = true;
	return 0;
}

/* Without its outcome a record would say that tend died. */
static int
hand_on(struct spool_store *store, struct spool_job *job)
{
	const struct spool_entry *entry = job->entry;

	if (!entry->written)
		return 0;
	if (!entry->decided)
		return err_set(&job->problem,
		    "its outcome could not be written");
	return spool_place_hand_on(&store->disk, &store->file, entry->place,
	    &job->problem);
}

/* What can be done before all of it is made durable at once. */
static void
do_job(struct spool_store *store, struct spool_job *job)
{
	struct spool_entry *entry = job->entry;
	int status = 0;

	switch (job->type) {
	case SPOOL_JOB_START:
		status = put_start(store, entry, &job->problem);
		break;
	case SPOOL_JOB_OUTCOME:
		status = put_outcome(store, job);
		break;
	case SPOOL_JOB_CLOSE:
		if (entry->written)
			status = spool_place_wipe(&store->file, entry->place,
			    &job->problem);
		break;
	case SPOOL_JOB_HAND_ON:
		status = hand_on(store, job);
		break;
	case SPOOL_JOB_SCAN:
		spool_scan_run(job->scan, &store->disk, &store->file,
		    &store->series);
		break;
	case SPOOL_JOB_END:
		status = spool_scan_end(&store->disk, job->found, job->end,
		    &job->problem);
		break;
	case SPOOL_JOB_RELEASE:
		spool_scan_release(&store->series);
		break;
	}
	job->kept = status == 0;
}

bool
spool_job_is_durable(const struct spool_job *job)
{
	return job->type == SPOOL_JOB_START || job->type == SPOOL_JOB_OUTCOME;
}

/*
 * One fdatasync for all that has been written.  What could not be written by
 * it the kernel forgets, and the next one says nothing of it any more: those
 * records have to be put down again.
 */
static void
make_durable(struct spool_store *store, struct spool_jobs *jobs)
{
	bool any = false;
	struct err err;
	struct spool_job *job;

	STAILQ_FOREACH(job, jobs, link)
	any |= spool_job_is_durable(job) && job->kept;
	if (!any)
		return;
	store->syncs++;
	if (spool_file_sync(&store->disk, &store->file, &err) == 0)
		return;
	STAILQ_FOREACH(job, jobs, link)
	{
		if (!spool_job_is_durable(job) || !job->kept)
			continue;
		job->kept = false;
		job->problem = err;
		job->entry->begun = job->entry->decided = false;
	}
}

void
spool_jobs_do(struct spool_store *store, struct spool_jobs *jobs)
{
	struct spool_job *job;

	STAILQ_FOREACH(job, jobs, link)
	do_job(store, job);
	make_durable(store, jobs);
}
