#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The machine was suspended: everybody stands still, then CLOCK_BOOTTIME has
jumped, CLOCK_MONOTONIC has not, and the timers that were due go off.  If it
was for longer than the lease, SWF has given the task to somebody else: the
command must be dead at once, whether tend and the guard wake up or the guard
alone.  If it was not, the command lives on.

    asleep.t [ROUNDS [SEED]]"""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from campaign import BUILD, Campaign, Program, run
from clocks import RIGHT, Clock, able

LEASE = 60    # s: nobody who waits for it is in time
AT_ONCE = 15  # s, on a machine that is very busy
PIDFD_GETFD = 438
COMMAND = ('trap "" TERM; echo $$ >"$0.new"; mv "$0.new" "$0"; '
           'until test -e "$0.over"; do sleep 0.1; done')

libc = ctypes.CDLL(None, use_errno=True)


def wait_for(condition, what, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError(f"waited for {what} in vain")
        time.sleep(0.01)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def stat(pid):
    """[state, parent, ...] of a process; None: there is none any more."""
    try:
        fields = read(f"/proc/{pid}/stat").rsplit(b")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == b"Z" else fields


def children(pid):
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()
            and (stat(entry) or [b"", b"0"])[1] == str(pid).encode()]


def what_is(link):
    try:
        return os.readlink(link)
    except OSError:
        return None


def borrow(pid, number):
    """A descriptor of another process."""
    process = os.pidfd_open(pid)
    try:
        file = libc.syscall(PIDFD_GETFD, process, number, 0)
        if file == -1:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        return file
    finally:
        os.close(process)


def due(pid):
    """Has the timers of a process go off."""
    for number in os.listdir(f"/proc/{pid}/fd"):
        if what_is(f"/proc/{pid}/fd/{number}") == "anon_inode:[timerfd]":
            timer = borrow(pid, int(number))
            soon = (ctypes.c_long * 4)(0, 0, 0, 1)
            libc.timerfd_settime(timer, 0, soon, None)
            os.close(timer)


def able_to_borrow():
    with subprocess.Popen("cat", stdin=subprocess.PIPE) as child:
        try:
            os.close(borrow(child.pid, 0))
        except OSError as problem:
            print("1..0 # SKIP", problem)
            sys.exit(0)


class Nap(Campaign):
    """One task after the other; each has a worker, a clock and a lease."""

    def __init__(self, seed, lease):
        super().__init__(seed, LEASE)
        self.took = []
        # A guard that can be told another time stands beside its tend.
        for program in ("tend", "tests/tools/tend-guard"):
            shutil.copy(os.path.join(BUILD, program), self.directory.name)
        os.environ["TEND_REGION"] = "eu-west-1"

    def dress(self, name, words):
        if name == "service":
            return list(words)
        self.clock = Clock(self.path(name + ".clock"))
        return [*self.clock.words, *words]

    def begin_task(self, name):
        self.insist("StartWorkflowExecution", domain="test", workflowId=name,
                    workflowType={"name": "flow", "version": "1"},
                    taskList={"name": name}, childPolicy="TERMINATE",
                    executionStartToCloseTimeout="3600",
                    taskStartToCloseTimeout="5")
        task = self.call("PollForDecisionTask", domain="test",
                         taskList={"name": name})
        self.insist("RespondDecisionTaskCompleted",
                    taskToken=task["taskToken"],
                    decisions=[self.schedule(1)])
        self.worker = Program(
            self, name, self.path("tend"), "worker",
            *self.endpoint(self.port), "--domain", "test", "--task-list",
            "work", "--max-tasks", "1", "--heartbeat-timeout", f"{LEASE}s",
            "--heartbeat-interval", "300ms", "--kill-after", "10s",
            "--outcome", self.path(name + ".outcome"), "--",
            *RIGHT, "sh", "-c", COMMAND, self.path(name))
        wait_for(lambda: os.path.exists(self.path(name)), "the command")
        self.command = int(read(self.path(name)))
        self.guard = int(stat(self.command)[1])
        wait_for(lambda: self.beats(name) > 2, "heartbeats")

    def beats(self, name):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/_local/calls?operation="
                "RecordActivityTaskHeartbeat", timeout=10) as answer:
            return sum(call.get("workflowId") == name
                       for call in json.load(answer)["calls"])

    def sleep(self, seconds, guard_alone):
        """All of them; who wakes up then."""
        all = [self.worker.process.pid, self.guard, self.command,
               *children(self.command)]
        for pid in all:
            self.signal(pid, signal.SIGSTOP)
        self.clock.set(boot=seconds)
        for pid in all[:2]:
            due(pid)
        for pid in all[2:] + all[1:2] + ([] if guard_alone else all[:1]):
            self.signal(pid, signal.SIGCONT)

    @staticmethod
    def signal(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # one of the command's own

    def lost(self, name, guard_alone):
        """Whether the command is dead at once, and what tend says then."""
        before = time.monotonic()
        wait_for(lambda: stat(self.command) is None, "the command's end",
                 AT_ONCE)
        self.took.append(time.monotonic() - before)
        if guard_alone:
            self.signal(self.worker.process.pid, signal.SIGCONT)
        self.worker.process.wait(AT_ONCE)
        said = json.loads(read(self.path(name + ".outcome")))
        return (said["cause"], said["delivered"])

    def kept(self, name):
        before = self.beats(name)
        wait_for(lambda: self.beats(name) > before + 2, "more heartbeats")
        with open(self.path(name + ".over"), "w", encoding="ascii"):
            pass
        self.worker.process.wait(AT_ONCE)
        said = json.loads(read(self.path(name + ".outcome")))
        return (said["outcome"], said["delivered"])

    def end(self):
        self.ok([f"{pid} {name}" for pid, name in self.processes()],
                "nobody runs")
        print(f"# dead after {max(self.took):.3f} s at most")


ROUNDS = (  # how long, whether the guard is alone, what comes of it
    (LEASE + 1, False, ("lease-lost", "no")),
    (LEASE - 15, False, ("completed", "yes")),
    (30 * 86400, True, ("lease-lost", "no")),
)


def trouble(campaign, rounds):
    campaign.begin_service()
    for number in range(rounds):
        seconds, guard_alone, want = ROUNDS[number % len(ROUNDS)]
        name = f"t{number}"
        campaign.begin_task(name)
        campaign.sleep(seconds, guard_alone)
        got = (campaign.kept(name) if want[0] == "completed"
               else campaign.lost(name, guard_alone))
        campaign.ok([] if got == want else [f"{got}, not {want}"],
                    f"asleep for {seconds} s"
                    + (", and only the guard wakes up" if guard_alone else "")
                    + f": {want[0]}")


able()
able_to_borrow()
run(trouble, len(ROUNDS), Nap)
