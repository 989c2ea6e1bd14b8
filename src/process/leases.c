/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/leases.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guard/lease.h"

/* Room for as many slots as a worker can have, twice. */
enum { PLACES = 8192 };

static struct guard_lease *leases; /* MAP_FAILED: it cannot be had */
static int file = -1;
static uint16_t freed[PLACES];
static int freed_count;
static int begun; /* places that were ever taken */

static struct guard_lease *
map_file(void)
{
	const size_t size = PLACES * sizeof(*leases);

	file = memfd_create("tend-leases", MFD_CLOEXEC);
	if (file == -1 || ftruncate(file, (off_t)size) == -1)
		return MAP_FAILED;
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
}

int
leases_descriptor(void)
{
	return file;
}

int
leases_take(void)
{
	int place;

	if (leases == NULL)
		leases = map_file();
	if (leases == MAP_FAILED)
		return -1;
	if (freed_count > 0)
		place = freed[--freed_count];
	else if (begun < PLACES)
		place = begun++;
	else
		return -1;
	leases[place].kill_at = INT64_MAX;
	leases[place].stop_at = INT64_MAX;
	return place;
}

void
leases_give_back(int place)
{
	if (place != -1)
		freed[freed_count++] = (uint16_t)place;
}

long
leases_offset(int place)
{
	return place * (long)sizeof(*leases);
}

/* The order is said in guard/lease.h. */
bool
leases_renew(int place, int64_t stop_at, int64_t kill_at)
{
	bool longer;

	if (place == -1)
		return false;
	longer = stop_at >= leases[place].stop_at &&
		 kill_at >= leases[place].kill_at;
	leases[place].kill_at = kill_at;
	leases[place].stop_at = stop_at;
	return longer;
}

void
leases_close(void)
{
	if (leases != NULL && leases != MAP_FAILED)
		(void)munmap(leases, PLACES * sizeof(*leases));
	if (file != -1)
		(void)close(file);
	leases = NULL;
	file = -1;
	freed_count = 0;
	begun = 0;
}
