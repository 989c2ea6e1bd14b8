/* SPDX-License-Identifier: MIT */
/*
 * What must hold, whatever happens.  The rules are seen from outside: by what
 * SWF has, what lives, what is on disk and what tend has said.
 */
#include "config.h"

#include "whole.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	/* What SWF is told while the disk is well waits for it: not longer. */
	RECORD_MOST = 6 * SECOND,
	DISK_LONGEST = 10 * SECOND,
	PLACE = SPOOL_START_MAX + SPOOL_OUTCOME_MAX
};

void
broken(const char *rule)
{
	(void)printf("not ok - %s\n"
		     "# broken at %lld ms of history %llu, after call %llu and "
		     "%d crashes\n",
	    rule, (long long)world.now, (unsigned long long)world.seed,
	    (unsigned long long)world.seams, world.crashes);
	if (world.only_crash == 0)
		(void)printf("#   tests/sim/whole --seed %llu\n",
		    (unsigned long long)world.seed);
	else
		(void)printf("#   tests/sim/whole --seed %llu --crash %llu\n",
		    (unsigned long long)world.seed,
		    (unsigned long long)world.only_crash);
	(void)fflush(stdout);
	_exit(1);
}

#define RULE(holds, rule)             \
	do {                          \
		if (!(holds))         \
			broken(rule); \
	} while (0)

static int64_t
margin(void)
{
	return instant_max(100, instant_min(2000, world.timeout / 20));
}

/* What of the lease is for the stop. */
static int64_t
grace(void)
{
	return instant_min(world.kill_after, world.timeout / 6);
}

/* ---- excuses ---- */

/* What it was asked before may still hold it up. */
static bool
disk_was_well_since(int64_t at)
{
	return world.disk == DISK_FINE &&
	       world.disk_troubled_at + DISK_LONGEST < at;
}

/* What was under way in bad weather may still be. */
static bool
weather_was_fine_since(int64_t at)
{
	return world.weather == FINE &&
	       world.weather_at + 2 * world.timeout < at;
}

/* Whether the tend that has the task has been there all the time. */
static bool
was_in_good_hands(const struct attempt *attempt)
{
	const struct life *life;

	if (attempt->life == -1)
		return false;
	life = &world.lives[attempt->life];
	return life->alive && life->incarnation == attempt->incarnation &&
	       life->resumed_at <= attempt->handed_at &&
	       !attempt->guard_trouble;
}

/* Whether tend has found out in time how long it has. */
static bool
has_lease(const struct attempt *attempt)
{
	return !world.finds_out ||
	       attempt->known_at + grace() + SECOND <= world.now;
}

/* One that is stopped kills nobody, and after 30 s that is what is told. */
static bool
guard_is_held(const struct attempt *attempt)
{
	int which = (int)(attempt - world.attempts);

	for (int i = 0; i < world.guard_count; i++)
		if (world.guards[i].attempt == which && world.guards[i].alive &&
		    world.guards[i].stopped_until > world.now)
			return attempt->state == ATTEMPT_FAILED;
	return false;
}

static int
alive_of(const struct attempt *attempt)
{
	int which = (int)(attempt - world.attempts);
	int alive = 0;

	for (int i = 0; i < world.process_count; i++)
		alive += process_runs(&world.processes[i]) &&
			 world.processes[i].kind == PROCESS_COMMAND &&
			 world.processes[i].attempt == which;
	return alive;
}

/* ---- calls ---- */

static bool
is_report(enum operation operation)
{
	return operation == OPERATION_COMPLETED ||
	       operation == OPERATION_FAILED || operation == OPERATION_CANCELED;
}

static enum spool_kind
kind_of(enum operation operation)
{
	switch ((int)operation) {
	case OPERATION_COMPLETED:
		return SPOOL_COMPLETED;
	case OPERATION_CANCELED:
		return SPOOL_CANCELED;
	default:
		return SPOOL_FAILED;
	}
}

/* A record is waited for, for half of what is left of the lease. */
static bool
lease_is_low(const struct attempt *attempt)
{
	return attempt->accepted_at + world.timeout - margin() <
	       world.now + world.timeout / 3;
}

void
check_sends(const struct http_transfer *call)
{
	const struct life *life = world.current;
	struct attempt *attempt;

	if (!is_report(call->operation) || call->attempt == -1)
		return;
	attempt = &world.attempts[call->attempt];
	if (attempt->state == ATTEMPT_OPEN && attempt->outcome_durable &&
	    !attempt->dropped)
		RULE(attempt->outcome_kind == kind_of(call->operation),
		    "what is told is what was put down");
	if (world.spool && attempt->commands > 0 &&
	    attempt->life == life->number &&
	    attempt->incarnation == life->incarnation &&
	    disk_was_well_since(attempt->handed_at) &&
	    life->resumed_at < world.now - RECORD_MOST &&
	    !lease_is_low(attempt) && attempt->low_at < world.now - RECORD_MOST)
		RULE(attempt->outcome_durable,
		    "an outcome is durable before it is told");
}

/* Since when tend can know that it has a task: it has that from a Date. */
static int64_t
had_since(const struct http_transfer *call, const struct attempt *attempt)
{
	int64_t doubt = world.lives[call->life].doubt;

	return instant_max(attempt->handed_at / SECOND * SECOND - doubt,
	    call->sent_at);
}

/* What was answered soon tells what the time is; but there are seconds. */
static void
tell_time(const struct http_transfer *call)
{
	struct life *life = &world.lives[call->life];
	int64_t took = world.now - call->sent_at;

	if (took <= 5 * SECOND &&
	    (life->doubt == 0 || life->doubt > SECOND + took))
		life->doubt = SECOND + took;
}

static void
see_answer(const struct http_transfer *call, int status)
{
	struct attempt *attempt;

	if (call->attempt == -1)
		return;
	attempt = &world.attempts[call->attempt];
	if (call->operation == OPERATION_POLL) {
		attempt->life = call->life;
		attempt->incarnation = world.lives[call->life].incarnation;
		attempt->got_at = world.now;
		attempt->accepted_at = had_since(call, attempt);
	}
	if (call->operation == OPERATION_HEARTBEAT && status == 200) {
		if (lease_is_low(attempt))
			attempt->low_at = world.now;
		attempt->accepted_at = call->sent_at;
	}
	if (call->operation == OPERATION_HISTORY && status == 200)
		attempt->known_at = instant_min(attempt->known_at, world.now);
}

void
check_answered(const struct http_transfer *call, int status)
{
	see_answer(call, status);
	tell_time(call);
}

/* ---- SWF ---- */

void
check_closed(struct attempt *attempt)
{
	if (attempt->state == ATTEMPT_TIMED_OUT
		? !attempt->guard_trouble && has_lease(attempt)
		: !guard_is_held(attempt))
		RULE(alive_of(attempt) == 0,
		    "nobody lives when SWF closes the attempt");
	RULE(attempt->taken <= 1, "an outcome is taken once");
	if (attempt->state != ATTEMPT_TIMED_OUT)
		return;
	if (world.to_close == INSTANT_NEVER && was_in_good_hands(attempt) &&
	    weather_was_fine_since(attempt->handed_at))
		broken("a task in good hands does not time out");
}

void
check_command(struct attempt *attempt)
{
	attempt->commands++;
	RULE(attempt->commands == 1, "an attempt is begun once");
	RULE(attempt->state == ATTEMPT_OPEN ||
		 attempt->state == ATTEMPT_TERMINATED ||
		 attempt->guard_trouble || !was_in_good_hands(attempt) ||
		 (world.to_close != INSTANT_NEVER && !has_lease(attempt)),
	    "a command is begun while SWF has it open");
}

void
check_command_over(struct attempt *attempt)
{
	attempt->done = true;
}

/* ---- the disk ---- */

/* The record that is there; its bytes are good until the next call. */
static bool
read_record(const struct disk_file *file, size_t at, bool durable,
    struct spool_record *record)
{
	static char bytes[8 * SECTOR];
	size_t size = durable ? file->durable_size : file->size;
	size_t len = size <= at ? 0 : size - at;

	disk_fetch(file, at, bytes, sizeof(bytes), durable);
	if (len > sizeof(bytes))
		len = sizeof(bytes);
	return spool_read(bytes, len, record) == SPOOL_GOOD;
}

/* The attempt whose START is there; -1: none. */
static int
attempt_at(const struct disk_file *file, size_t place, bool durable,
    uint8_t key[SPOOL_KEY])
{
	struct spool_record record;
	struct spool_start start;

	if (!read_record(file, place * PLACE, durable, &record) ||
	    record.type != SPOOL_START ||
	    spool_get_start(&record, &start) == -1)
		return -1;
	memcpy(key, record.key, SPOOL_KEY);
	return service_find(start.token);
}

/* Whether it was handed on: another file has its record, and durably. */
static bool
is_handed_on(const struct disk_file *from, int attempt)
{
	uint8_t key[SPOOL_KEY];

	for (int i = 0; i < world.file_count; i++) {
		const struct disk_file *file = &world.files[i];

		if (file != from && file->named && file->named_durably &&
		    attempt_at(file, 0, true, key) == attempt)
			return true;
	}
	return false;
}

/* Something was written to a place, and is not yet durable. */
void
check_put(struct disk_file *file, size_t at)
{
	size_t place = at / PLACE;
	uint8_t key[SPOOL_KEY];
	int now, before;
	struct attempt *attempt;

	if (at % PLACE != 0 || place >= ARRAY_SIZE(file->attempts))
		return;
	now = attempt_at(file, place, false, key);
	before = file->attempts[place] - 1;
	file->attempts[place] = now + 1;
	if (before == -1 || before == now || is_handed_on(file, before))
		return;
	attempt = &world.attempts[before];
	attempt->dropped = true;
	note("the record of attempt %d is dropped", before);
	RULE(attempt->state != ATTEMPT_OPEN || attempt->commands == 0 ||
		 (attempt->accepted_at != INSTANT_NEVER &&
		     world.now >= attempt->accepted_at + world.timeout -
				      margin() - grace()),
	    "a record stays for as long as SWF has the attempt open");
}

/* The machine has stopped: what is there now? */
void
check_lost(struct disk_file *file)
{
	uint8_t key[SPOOL_KEY];

	for (size_t i = 0; i < ARRAY_SIZE(file->attempts); i++)
		file->attempts[i] = attempt_at(file, i, false, key) + 1;
}

static void
look_at_place(const struct disk_file *file, size_t place)
{
	uint8_t key[SPOOL_KEY];
	int which = attempt_at(file, place, true, key);
	struct attempt *attempt;
	struct spool_record record;
	struct spool_outcome outcome;

	if (which == -1)
		return;
	attempt = &world.attempts[which];
	attempt->start_durable = true;
	if (!read_record(file, place * PLACE + SPOOL_START_MAX, true,
		&record) ||
	    record.type != SPOOL_OUTCOME ||
	    memcmp(record.key, key, SPOOL_KEY) != 0 ||
	    spool_get_outcome(&record, &outcome) == -1)
		return;
	attempt->outcome_durable = true;
	attempt->outcome_kind = outcome.kind;
}

/* What is durable now, and tend knows that it is. */
void
check_synced(const struct disk_file *file)
{
	if (!file->named || !file->named_durably || !file->exists_durably)
		return;
	for (size_t i = 0; i * PLACE < file->durable_size; i++)
		look_at_place(file, i);
}

/* ---- what tend says ---- */

static bool
value(const char *line, const char *name, char *text, size_t room)
{
	char quoted[32];
	const char *at;

	(void)snprintf(quoted, sizeof(quoted), "\"%s\":\"", name);
	at = strstr(line, quoted);
	if (at == NULL)
		return false;
	at += strlen(quoted);
	(void)snprintf(text, room, "%.*s", (int)strcspn(at, "\""), at);
	return true;
}

static bool
is_as_said(const struct attempt *attempt)
{
	switch (attempt->state) {
	case ATTEMPT_COMPLETED:
		return strcmp(attempt->said_outcome, "completed") == 0;
	case ATTEMPT_FAILED:
		return strcmp(attempt->said_outcome, "failed") == 0;
	case ATTEMPT_CANCELED:
		return strcmp(attempt->said_outcome, "canceled") == 0;
	case ATTEMPT_NONE:
	case ATTEMPT_READY:
	case ATTEMPT_OPEN:
	case ATTEMPT_TIMED_OUT:
	case ATTEMPT_TERMINATED:
		break;
	}
	return false;
}

void
check_said(const char *line, size_t len)
{
	char text[1024], id[32];
	struct attempt *attempt;

	(void)snprintf(text, sizeof(text), "%.*s", (int)len, line);
	note("says %s", text);
	if (!value(text, "activityId", id, sizeof(id)) ||
	    service_find(id) == -1)
		broken("what is said is of a task");
	attempt = &world.attempts[service_find(id)];
	RULE(!attempt->said, "the end of a task is said once");
	attempt->said = true;
	(void)value(text, "outcome", attempt->said_outcome,
	    sizeof(attempt->said_outcome));
	(void)value(text, "delivered", attempt->said_delivered,
	    sizeof(attempt->said_delivered));
	if (strcmp(attempt->said_delivered, "yes") == 0)
		RULE(is_as_said(attempt), "what tend says SWF has, SWF has");
	if (strcmp(attempt->said_delivered, "gone") == 0)
		RULE(attempt->state != ATTEMPT_OPEN,
		    "what tend says is gone is gone");
}

void
check_life_over(const struct life *life)
{
	if (!life->exited)
		return;
	RULE(life->status == 0 ||
		 (life->told_to_stop >= 3 && life->status == 128 + SIGTERM),
	    life->flush ? "nothing is left to be flushed"
			: "a tend that is told to stop ends well");
	RULE(life->flush || life->told_to_stop > 0,
	    "no tend ends without being told to");
}

/* ---- the end ---- */

/*
 * It is told that tend died: the outcome had not come as far as the disk, or
 * the machine has stopped when the record had been dropped, and only the START
 * is there again.
 */
static bool
came_back(const struct attempt *attempt)
{
	return attempt->state == ATTEMPT_FAILED &&
	       (!attempt->outcome_durable ||
		   (world.boot > 0 && attempt->dropped));
}

static void
check_attempt(const struct attempt *attempt)
{
	RULE(attempt->state != ATTEMPT_OPEN && attempt->state != ATTEMPT_READY,
	    "nothing is left open");
	if (attempt->state == ATTEMPT_COMPLETED)
		RULE(attempt->done && attempt->right,
		    "what is completed was done, and has its own result");
	if (strcmp(attempt->said_delivered, "assumed") == 0)
		RULE(is_as_said(attempt) ||
			 attempt->state == ATTEMPT_TIMED_OUT ||
			 attempt->state == ATTEMPT_TERMINATED ||
			 came_back(attempt),
		    "what is assumed was taken, or timed out");
	if (strcmp(attempt->said_delivered, "gone") == 0)
		RULE(attempt->state == ATTEMPT_TIMED_OUT ||
			 attempt->state == ATTEMPT_TERMINATED,
		    "what was taken is not called gone");
}

/*
 * Who kills tend and the guard leaves what only the spool knows, if that could
 * be written.
 */
static void
check_process(const struct process *process)
{
	const struct attempt *attempt =
	    process->attempt == -1 ? NULL : &world.attempts[process->attempt];

	if (!process_runs(process))
		return;
	note("process %d of attempt %d lives", (int)process->pid,
	    process->attempt);
	RULE(attempt != NULL && attempt->guard_trouble &&
		 (!attempt->start_durable || !world.spool),
	    "nobody runs at the end");
}

void
check_end(void)
{
	for (int i = 0; i < world.process_count; i++)
		check_process(&world.processes[i]);
	for (int i = 0; i < world.attempt_count; i++)
		check_attempt(&world.attempts[i]);
	RULE(!world.flushed || disk_left() == 0, "the spool is empty");
}
