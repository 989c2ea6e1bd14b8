#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""No memory: two workers and their commands are in a cgroup with a limit, and
some of the commands grow until the OOM killer acts.  Whom it takes is chosen
at random, by its score: tend, a guard, a command, or the one that grows.  In
between a tend may have no more address space than it has, so that its next
malloc fails.

    memory.t [ROUNDS [SEED]]

What must be true at the end is said in campaign.py, and more: what the kernel
killed for want of memory says so, and no tend ends in another way."""

import atexit
import collections
import os
import re
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from campaign import Campaign, run, sanitized

ROOTS = "/sys/fs/cgroup", "/sys/fs/cgroup/memory"  # of version 2, of 1
LIMITS = "memory.max", "memory.limit_in_bytes"
LIMIT = (256 if sanitized() else 96) << 20
FIRST = 1000       # the score of who is to be killed
BROKE = 125        # how tend ends when malloc fails
ROOM = 1 << 16     # bytes that may be left to one that is to break
REASONS = (
    r"tend died",
    r"guard lost: .*",
    r"killed by SIGKILL \(.*for want of memory\)",
    r"exit status [12]",  # a command that had no address space
    r".*Cannot allocate memory",
)
seen = collections.Counter()


def make_cgroup():
    """Its directory, or None."""
    for root in ROOTS:
        if not os.path.exists(os.path.join(root, "cgroup.procs")):
            continue
        place = os.path.join(root, f"tend-campaign-{os.getpid()}")
        try:
            os.mkdir(place)
        except OSError:
            continue
        for limit in LIMITS:
            try:
                with open(os.path.join(place, limit), "w",
                          encoding="ascii") as file:
                    file.write(str(LIMIT))
                return place
            except OSError:
                pass
        os.rmdir(place)
    return None


class Memory(Campaign):
    def __init__(self, seed, lease):
        super().__init__(seed, lease)
        self.poor = {}  # which are without memory, and until when
        self.logged = {}  # bytes, when they were started
        self.wrong = []

        self.before = ["sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"',
                       cgroup]
        os.environ["HUNGRY"] = "2"

    def schedule(self, attempt):
        """With input of all sizes, so that tend needs memory, too."""
        decision = super().schedule(attempt)
        decision["scheduleActivityTaskDecisionAttributes"]["input"] = (
            "x" * self.chance.randrange(1, 30000))
        return decision

    def kills(self):
        """How often the OOM killer has acted."""
        for name in ("memory.events", "memory.oom_control"):
            try:
                with open(os.path.join(cgroup, name),
                          encoding="ascii") as file:
                    return int(re.search(r"^oom_kill (\d+)$", file.read(),
                                         re.M).group(1))
            except OSError:
                pass
        return 0

    # ---- trouble -------------------------------------------------------------

    def choose(self):
        """Somebody will be the first whom the kernel takes."""
        others = list(self.processes())
        kind = self.chance.choice(("tend", "tend-guard", "other"))
        if kind == "tend":
            able = [worker.process.pid for worker in self.workers]
        else:
            able = [pid for pid, name in others
                    if (name == "tend-guard") == (kind == "tend-guard")]
        if not able:
            return
        try:
            with open(f"/proc/{self.chance.choice(able)}/oom_score_adj", "w",
                      encoding="ascii") as file:
                file.write(str(FIRST))
        except OSError:
            pass  # it has ended

    def limit(self, worker, most):
        try:
            resource.prlimit(worker.process.pid, resource.RLIMIT_AS,
                             (most, resource.RLIM_INFINITY))
        except ProcessLookupError:
            pass

    def log_size(self, worker):
        return os.path.getsize(self.path(worker.name + ".log"))

    def impoverish(self):
        worker = self.chance.choice(self.workers)
        if self.log_size(worker) <= self.logged.get(worker, 0):
            return  # it has not even been loaded
        try:
            with open(f"/proc/{worker.process.pid}/statm",
                      encoding="ascii") as file:
                pages = int(file.read().split()[0])
        except (OSError, IndexError):
            return
        self.limit(worker, pages * resource.getpagesize()
                   + self.chance.randrange(ROOM))
        self.poor[worker] = time.monotonic() + self.chance.uniform(0.1, 1)
        seen["poor"] += 1

    def enrich(self, now):
        for worker, until in list(self.poor.items()):
            if until <= now:
                self.limit(worker, resource.RLIM_INFINITY)
                del self.poor[worker]

    def look_after(self):
        """Who has ended is started again."""
        for worker in self.workers:
            status = worker.process.poll()
            if status is None:
                continue
            if status == -signal.SIGKILL:
                seen["tend, killed"] += 1
            elif status == BROKE:
                seen["tend, without memory"] += 1
            else:
                self.wrong.append(f"{worker.name} has ended with {status}")
            self.poor.pop(worker, None)
            self.logged[worker] = self.log_size(worker)
            worker.start()

    # ---- what came of it -----------------------------------------------------

    def end(self):
        # Whoever wants it all is killed, whoever that is: no more of them.
        self.enrich(float("inf"))
        os.environ["HUNGRY"] = "0"
        for worker in self.workers:
            worker.again()
        super().end()
        self.ok(self.wrong, "tend ends in no other way")
        said = 0
        for worker in self.workers:
            with open(self.path(worker.name + ".log"),
                      encoding="utf-8") as log:
                said += log.read().count("tend: out of memory\n")
        broken = seen["tend, without memory"]
        self.ok([] if said == broken else [f"{said} of {broken}"],
                "and says so when it has none")
        self.reasons(*REASONS)


def trouble(campaign, rounds):
    campaign.begin()
    while campaign.kills() < rounds:
        campaign.choose()
        # The sanitizers' own memory would end it, in their way.
        if campaign.chance.random() < 0.2 and not sanitized():
            campaign.impoverish()
        until = time.monotonic() + campaign.chance.uniform(0.05, 0.3)
        while time.monotonic() < until:
            campaign.look_after()
            campaign.enrich(time.monotonic())
            time.sleep(0.01)
    print(f"# {campaign.kills()} killed by the kernel;", ", ".join(
        f"{times} {name}" for name, times in seen.items()))


cgroup = make_cgroup()
if cgroup is None:
    print("1..0 # SKIP no cgroup with a memory limit can be made here")
    sys.exit()
atexit.register(lambda: subprocess.run(["rmdir", cgroup], check=False))
run(trouble, 4, Memory)
