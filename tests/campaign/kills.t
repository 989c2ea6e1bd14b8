#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Somebody kills: two workers with one spool have more to do than they can,
and at random moments tend, a guard, a command, something that a command has
started, or the service itself gets SIGKILL.  tend and the service are started
again at once.

    kills.t [ROUNDS [SEED]]

What must be true at the end is said in campaign.py."""

import os
import signal
import sys
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from campaign import run

killed = {"tend": 0, "guard": 0, "command": 0, "service": 0}


def kill_one(campaign, guard):
    """One of the guards, or one of the others; whether there was one."""
    able = [pid for pid, name in campaign.processes()
            if (name == "tend-guard") == guard]
    if not able:
        return False
    try:
        os.kill(campaign.chance.choice(able), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def kill_somebody(campaign):
    victim = campaign.chance.choices(tuple(killed), (4, 2, 3, 1))[0]
    if victim == "tend":
        campaign.chance.choice(campaign.workers).again()
    elif victim == "service":
        campaign.service.again()
    elif not kill_one(campaign, victim == "guard"):
        return
    killed[victim] += 1


def trouble(campaign, rounds):
    campaign.begin()
    while sum(killed.values()) < rounds:
        time.sleep(campaign.chance.uniform(0.02, 0.25))
        kill_somebody(campaign)
    print("# killed:", ", ".join(f"{times} {name}"
                                 for name, times in killed.items()))


run(trouble, 25)
