/* SPDX-License-Identifier: MIT */
/*
 * The simulated system calls, for those that are behind them: whole_calls.h
 * has what the real code is to call, without the names of the real ones.
 */
#ifndef TESTS_SIM_WHOLE_OVER_H
#define TESTS_SIM_WHOLE_OVER_H

#define WHOLE_DECLARED_ONLY
#include "whole_calls.h"

ssize_t signals_read(const struct descriptor *d, void *data, size_t len);
ssize_t exec_read(const struct descriptor *d, void *data);

#endif
