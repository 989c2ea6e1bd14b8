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

/*
 * The kernel's own struct sigaction, in words.  All that is used of it is the
 * handler; the flags, the mask and, where there is one, the restorer are 0.
 */
enum {
	KERNEL_SIGACTION = 4 + 16,
#ifdef __mips__
	KERNEL_HANDLER = 1
#else
	KERNEL_HANDLER = 0
#endif
};

/* Whether a signal is ignored, also one that the libc keeps to itself. */
static inline int
kernel_is_ignored(int number)
{
	uintptr_t words[KERNEL_SIGACTION] = { 0 };

	return syscall(SYS_rt_sigaction, number, NULL, words,
		   (size_t)KERNEL_SIGSET) == 0 &&
	       words[KERNEL_HANDLER] == (uintptr_t)SIG_IGN;
}

/* Ignores a signal, or sets it to its default. */
static inline int
kernel_ignore(int number, int ignore)
{
	uintptr_t words[KERNEL_SIGACTION] = { 0 };

	if (ignore)
		words[KERNEL_HANDLER] = (uintptr_t)SIG_IGN;
	return (int)syscall(SYS_rt_sigaction, number, words, NULL,
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
