/* SPDX-License-Identifier: MIT */
/*
 * whole [--campaign CRASHES] [--seconds N] [--jobs N] [--first SEED]
 * whole --seed SEED [--crash CALL]
 *
 * whole.h says what it is.
 */
#include "config.h"

#include "number.h"
#include "whole.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#undef getpid

enum {
#ifdef SANITIZED
	CRASHES = 1000,
	REPEATED = 5,
#else
	CRASHES = 20000,
	REPEATED = 50,
#endif
	/* Histories of one process: who crashes leaves memory behind. */
	BATCH = 100,
	TELL_EVERY = 60, /* s */
	/* One crash of so many is one of a sweep. */
	SWEPT = 16
};

/* What the processes have come to, together. */
struct shared {
	_Atomic uint64_t crashes;
	_Atomic uint64_t histories;
	_Atomic uint64_t calls;
	_Atomic uint64_t next; /* the next seed */
	_Atomic uint64_t kinds[CRASH_MACHINE + 1];
	_Atomic uint64_t closed[ATTEMPT_TERMINATED + 1];
	_Atomic bool broken;
};

static struct shared *shared;
static uint64_t target;
static bool by_hand;
static double begun_at;
static double told_at;
static double ends_at = 1e18;

static uint64_t
crashes_of(const struct tally *tally_)
{
	uint64_t sum = 0;

	for (int i = 0; i <= (int)CRASH_MACHINE; i++)
		sum += tally_->crashes[i];
	return sum;
}

/* Adds what this process has done to what all have. */
static void
hand_in(void)
{
	shared->crashes += crashes_of(&tally);
	shared->histories += tally.histories;
	shared->calls += tally.seams;
	for (int i = 0; i <= (int)CRASH_MACHINE; i++)
		shared->kinds[i] += tally.crashes[i];
	for (int i = 0; i <= (int)ATTEMPT_TERMINATED; i++)
		shared->closed[i] += tally.closed[i];
	tally = (struct tally){ 0 };
}

/* Each system call of one history in turn, from "first" in steps. */
static void
sweep(uint64_t seed, uint64_t first, uint64_t step)
{
	uint64_t calls;

	world_live(seed, UINT64_MAX, false);
	calls = world.calm_seams;
	for (uint64_t at = first; at <= calls; at += step) {
		world_live(seed, at, false);
		if (at % BATCH == 0) {
			hand_in();
			if (shared->crashes >= target)
				break;
		}
	}
}

/* A process of its own for a few of them. */
static void
batch(void)
{
	for (int i = 0; i < BATCH; i++) {
		world_live(shared->next++, 0, false);
		if (shared->crashes + crashes_of(&tally) >= target)
			break;
	}
	hand_in();
}

static void
sweep_batch(uint64_t step)
{
	uint64_t seed = shared->next++;

	sweep(seed, 1 + seed % step, step);
	hand_in();
}

static pid_t
begin(bool sweeping, uint64_t step)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (sweeping)
		sweep_batch(step);
	else
		batch();
	(void)fflush(stdout);
	_exit(0);
}

static void
end_one(int *running)
{
	int status;

	if (wait(&status) == -1)
		return;
	(*running)--;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		if (WIFSIGNALED(status))
			(void)printf("# a history ended with signal %d\n",
			    WTERMSIG(status));
		shared->broken = true;
	}
}

static double
seconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
print_tally(void)
{
	told_at = seconds_now();
	(void)printf("# %llu crashes (%llu of tend, %llu with its guards, %llu "
		     "of both tends, %llu of the machine) in %llu histories, "
		     "%llu system calls, %.1f s\n",
	    (unsigned long long)shared->crashes,
	    (unsigned long long)shared->kinds[CRASH_LIFE],
	    (unsigned long long)shared->kinds[CRASH_WITH_GUARDS],
	    (unsigned long long)shared->kinds[CRASH_LIVES],
	    (unsigned long long)shared->kinds[CRASH_MACHINE],
	    (unsigned long long)shared->histories,
	    (unsigned long long)shared->calls, told_at - begun_at);
	(void)printf("# attempts: %llu completed, %llu failed, %llu canceled, "
		     "%llu timed out, %llu terminated\n",
	    (unsigned long long)shared->closed[ATTEMPT_COMPLETED],
	    (unsigned long long)shared->closed[ATTEMPT_FAILED],
	    (unsigned long long)shared->closed[ATTEMPT_CANCELED],
	    (unsigned long long)shared->closed[ATTEMPT_TIMED_OUT],
	    (unsigned long long)shared->closed[ATTEMPT_TERMINATED]);
}

/* Until there were "most" crashes, or the time is over. */
static void
explore(uint64_t most, int jobs, bool sweeping, uint64_t step)
{
	int running = 0;

	target = most;
	while (shared->crashes < most && !shared->broken &&
	       seconds_now() < ends_at) {
		if (by_hand && seconds_now() > told_at + TELL_EVERY)
			print_tally();
		if (running == jobs) {
			end_one(&running);
			continue;
		}
		if (begin(sweeping, step) == -1)
			exit(2);
		running++;
	}
	while (running > 0)
		end_one(&running);
}

static _Noreturn void
live_one(uint64_t seed, uint64_t crash)
{
	world_live(seed, crash, true);
	(void)printf("# %llu system calls, %d crashes, hash %016llx\n"
		     "ok 1 - history %llu\n1..1\n",
	    (unsigned long long)world.seams, world.crashes,
	    (unsigned long long)world.hash, (unsigned long long)seed);
	/* Who crashes leaves memory behind. */
	(void)fflush(stdout);
	_exit(0);
}

/* Twice the same. */
static bool
repeat(void)
{
	for (uint64_t seed = 1; seed <= REPEATED; seed++) {
		uint64_t hash;

		world_live(seed, 0, false);
		hash = world.hash;
		world_live(seed, 0, false);
		if (world.hash != hash) {
			(void)printf("# history %llu\n",
			    (unsigned long long)seed);
			return false;
		}
	}
	return true;
}

static bool
repeats(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		bool same = repeat();

		(void)fflush(stdout);
		_exit(same ? 0 : 1);
	}
	return pid != -1 && waitpid(pid, &status, 0) == pid && status == 0;
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "crash", required_argument, NULL, 'c' },
		{ "campaign", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 't' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "first", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t seed = 0, crash = 0, crashes = CRASHES, first = 1;
	int jobs = 1;
	bool same;
	int opt;

	begun_at = told_at = seconds_now();
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 's':
			seed = number("whole", optarg);
			break;
		case 'c':
			crash = number("whole", optarg);
			break;
		case 'n':
			crashes = number("whole", optarg);
			by_hand = true;
			break;
		case 't':
			ends_at = begun_at + (double)number("whole", optarg);
			break;
		case 'j':
			jobs = (int)number("whole", optarg);
			break;
		case 'f':
			first = number("whole", optarg);
			break;
		default:
			return 2;
		}
	}
	/* What the surroundings say is none of this. */
	(void)clearenv();
	(void)setenv("HOME", "/nonexistent", 1);
	if (seed != 0) {
		live_one(seed, crash);
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 2;
	shared->next = first;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	explore(crashes - crashes / SWEPT, jobs, false, 1);
	explore(crashes, jobs, true, by_hand ? 1 : 3);
	print_tally();
	(void)printf("%s 1 - no history breaks a rule\n",
	    shared->broken ? "not ok" : "ok");
	same = repeats();
	(void)printf("%s 2 - a seed is a history\n1..2\n",
	    same ? "ok" : "not ok");
	return shared->broken || !same ? 1 : 0;
}
