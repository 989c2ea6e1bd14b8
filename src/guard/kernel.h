/* SPDX-License-Identifier: MIT */
/*
 * Calls that Linux has and some C libraries do not: by number, the same on
 * every architecture that tend runs on.  Each fails with ENOSYS where the
 * kernel does not have it.
 */
#ifndef GUARD_KERNEL_H
#define GUARD_KERNEL_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum {
	/* Signals are 1 to 64; bit n-1 of a set stands for signal n. */
	KERNEL_SIGNALS = 64,
	/* Bytes of the kernel's own sigset_t: 8, on MIPS 16. */
	KERNEL_SIGSET = (_NSIG - 1) / 8
};

/*
 * Sets the signal mask to exactly these bits.  The libc's sigprocmask()
 * would leave out the two or three signals that it keeps to itself.
 */
static inline int
kernel_set_mask(uint64_t bits)
{
	enum { WORD = 8 * sizeof(unsigned long) };
	unsigned long set[128 / WORD] = { 0 };

	for (unsigned i = 0; i < KERNEL_SIGNALS; i++)
		set[i / WORD] |= (unsigned long)(bits >> i & 1) << i % WORD;
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, set, NULL,
	    (size_t)KERNEL_SIGSET);
}

/* Signals the process that "handle" stands for: a pidfd, or /proc/PID. */
static inline int
kernel_signal_handle(int handle, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, handle, signal, NULL, 0);
}

/* close_range(2); "flags" may be 1 << 2, CLOSE_RANGE_CLOEXEC. */
static inline int
kernel_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

#endif
