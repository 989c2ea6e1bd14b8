#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Too few: two workers of a user of whom nothing else runs; at random moments
the descriptors that one of them may have, or the processes that the user may
have, become fewer than there are, or just some more, and after a while they
are enough again.  What is started meanwhile inherits that.

    limits.t [ROUNDS [SEED]]

What must be true at the end is said in campaign.py, and more: no worker ends,
what could not be started says why, and they do not try again and again."""

import collections
import os
import resource
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from campaign import BUILD, PATIENCE, SOURCE, Campaign, run

UID = os.getuid() or 200000 + os.getpid()
ENOUGH = 1024
FEW = 60   # descriptors
MOST = 12  # failures of a round: two workers, each of some slots
LIMITS = {"descriptors": resource.RLIMIT_NOFILE,
          "processes": resource.RLIMIT_NPROC}
AS_USER = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups",
           "env", "HOME=/", "CAMPAIGN_USER=other"]
REASONS = (
    r".*: Resource temporarily unavailable",
    r".*: Too many open files",
    r".*: Bad file descriptor",  # one that was open, of too high a number
    r"exit status \d+",  # the command's own trouble
)
seen = collections.Counter()


class Limits(Campaign):
    def tends(self):
        return [worker.process.pid for worker in self.workers]

    def limit(self, pid, what, most):
        try:
            _, hard = resource.prlimit(pid, LIMITS[what])
            if hard != resource.RLIM_INFINITY:
                most = min(most, hard)
            resource.prlimit(pid, LIMITS[what], (most, hard))
        except ProcessLookupError:
            pass

    def relieve(self):
        """For all, also for those who have inherited less."""
        for pid in [*self.tends(), *(pid for pid, _ in self.processes())]:
            for what in LIMITS:
                self.limit(pid, what, ENOUGH)

    def threads(self):
        """How many processes the kernel counts as the user's."""
        count = 0
        for entry in os.listdir("/proc"):
            try:
                if (entry.isdigit()
                        and os.stat(f"/proc/{entry}").st_uid == UID):
                    count += len(os.listdir(f"/proc/{entry}/task"))
            except OSError:
                pass
        return count

    def make_few(self, what):
        for pid in self.tends():
            if self.chance.random() < 0.3:
                continue
            if what == "processes":
                has = self.threads()
            else:
                has = self.chance.randrange(FEW)
            # From none at all to some more than it has.
            self.limit(pid, what, self.chance.choice(
                (0, has // 2, has, has + 1, has + 2, has + 4)))
        seen[what] += 1

    def wait_for_polls(self):
        """One that cannot begin says so and ends, as it should."""
        until = time.monotonic() + PATIENCE
        for worker in self.workers:
            while not os.path.getsize(self.path(worker.name + ".log")):
                self.check_life()
                if time.monotonic() > until:
                    raise RuntimeError(f"{worker.name} does not begin")
                time.sleep(0.02)

    def check_life(self):
        for worker in self.workers:
            if worker.process.poll() is not None:
                raise RuntimeError(f"{worker.name} has ended with "
                                   f"{worker.process.returncode}")

    def end(self):
        super().end()
        reasons = self.reasons(*REASONS)
        # Nobody was killed: a task that is not in the hands of a worker is
        # lost, one whose worker could not say anything for so long is not.
        told = {attempt: said["cause"] for attempt, said in self.outcomes()}
        self.ok([f"{attempt}: {told.get(attempt)}" for attempt, (kind, _, _)
                 in self.histories().items() if kind == "ActivityTaskTimedOut"
                 and told.get(attempt) not in ("lease-lost", "gone")],
                "no task is lost")
        failed, rounds = sum(reasons.values()), sum(seen.values())
        self.ok([f"{failed} failures in {rounds} rounds"]
                if failed > MOST * rounds else [],
                "they do not try again and again")


def trouble(campaign, rounds):
    campaign.begin()
    campaign.wait_for_polls()
    for _ in range(rounds):
        time.sleep(campaign.chance.uniform(0.05, 0.3))
        campaign.make_few(campaign.chance.choice(tuple(LIMITS)))
        time.sleep(campaign.chance.uniform(0.05, 0.5))
        campaign.check_life()
        if campaign.chance.random() < 0.7:
            campaign.relieve()
    campaign.relieve()
    print("#", ", ".join(f"{times} too few {name}"
                         for name, times in seen.items()))


def can_be_somebody_else():
    return subprocess.run(
        [*AS_USER, "sh", "-c", '"$0" --version && test -r "$1"',
         os.path.join(BUILD, "tend"),
         os.path.join(SOURCE, "tests/campaign/command")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False).returncode == 0


# Root may have as many processes as it likes.
if "CAMPAIGN_USER" in os.environ:
    run(trouble, 6, Limits)
elif os.getuid() == 0 and can_be_somebody_else():
    os.execvp(AS_USER[0], [*AS_USER, sys.executable, *sys.argv])
else:
    print("1..0 # SKIP nobody else can be")
