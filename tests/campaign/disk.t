#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A bad disk: the spool of two workers is on a small one, which is filled to
the last page or to the last but few, loses its inodes, is read-only for a
while, and is free again; and in between, whatever the disk is like, a worker
gets SIGKILL and is started again.  The log and the outcomes of one of them are
on that disk, too.

    disk.t [ROUNDS [SEED]]

What must be true at the end is said in campaign.py, and more: the workers have
gone on, said once each time that nothing is kept, and once that it is again,
and nothing is left on the disk, not even what was torn."""

import atexit
import errno
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from campaign import SLOTS, Campaign, Program, run

SIZE, INODES, PAGE = 256 * 1024, 24, 4096
WEATHER = {"free": 3, "full": 3, "tight": 3, "inodes": 2, "read-only": 1}
PATIENCE = 10  # s
GRACE = ("--slots", str(SLOTS), "--kill-after", "300ms")
seen = {weather: 0 for weather in WEATHER}
seen["killed"] = 0


def mount(*words):
    return subprocess.run(["mount", *words], stderr=subprocess.PIPE,
                          check=False).returncode == 0


class Disk(Campaign):
    def __init__(self, seed, lease):
        super().__init__(seed, lease)
        os.mkdir(self.path("disk"))
        if not mount("-t", "tmpfs", "-o", f"size={SIZE},nr_inodes={INODES},"
                     "mode=700", "none", self.path("disk")):
            raise OSError("no disk")
        atexit.register(subprocess.run, ["umount", self.path("disk")],
                        check=False)
        self.weather = "free"

    def path(self, name):
        on_disk = name in ("spool", "worker1.log", "outcomes1", "filler")
        return super().path("disk/" + name if on_disk else name)

    def begin_workers(self):
        # The disk may be full before it is made, and then no tend starts.
        os.mkdir(self.path("spool"), 0o700)
        self.workers = [
            Program(self, "worker0", *self.worker(*GRACE)),
            Program(self, "worker1", *self.worker(*GRACE,
                                                  outcomes="outcomes1"))]

    def outcomes(self):
        yield from super().outcomes()
        yield from super().outcomes("outcomes1")

    # ---- the weather ---------------------------------------------------------

    def free(self):
        for name in os.listdir(self.path("disk")):
            if name.startswith("filler"):
                os.unlink(self.path("disk/" + name))

    def fill(self, left):
        """All but so many bytes, as far as others let us."""
        disk = os.statvfs(self.path("disk"))
        try:
            with open(self.path("filler"), "wb", buffering=0) as filler:
                filler.write(b"x" * max(0, disk.f_bavail * disk.f_frsize
                                        - left))
        except OSError as problem:
            if problem.errno != errno.ENOSPC:
                raise

    def take_inodes(self):
        try:
            for number in range(INODES):
                with open(self.path("filler") + str(number), "wb"):
                    pass
        except OSError as problem:
            if problem.errno != errno.ENOSPC:
                raise

    def be_read_only(self):
        """Nobody may have a file open for that, but one can start then."""
        for worker in self.workers:
            worker.kill()
        until = time.monotonic() + PATIENCE
        while not mount("-o", "remount,ro", self.path("disk")):
            if time.monotonic() > until:
                raise OSError("somebody still writes")
            time.sleep(0.01)
        self.workers[0].start()

    def be_writable(self):
        if not mount("-o", "remount,rw", self.path("disk")):
            raise OSError("the disk stays read-only")
        self.workers[1].start()

    def change(self, weather):
        if self.weather == "read-only":
            self.be_writable()
        self.free()
        self.weather = weather
        if weather == "full":
            self.fill(0)
        elif weather == "tight":
            self.fill(PAGE * self.chance.randrange(1, 8))
        elif weather == "inodes":
            self.take_inodes()
        elif weather == "read-only":
            self.be_read_only()
        seen[weather] += 1

    def kill_one(self):
        """Not the second one on a disk on which its log cannot be opened."""
        able = self.workers[:1 if self.weather == "read-only" else 2]
        self.chance.choice(able).again()
        seen["killed"] += 1

    # ---- what came of it -----------------------------------------------------

    def end(self):
        self.change("free")
        super().end()
        self.reasons("tend died")
        self.ok(os.listdir(self.path("spool")), "the spool is empty")
        with open(self.path("worker0.log"), encoding="utf-8") as file:
            log = file.read()
        less, more = log.count("keeps nothing"), log.count("given again")
        recovered = log.count("tend died") + log.count(": delivered")
        print(f"# worker0: {less} times nothing was kept, {more} times it was "
              f"again, {recovered} outcomes of others")
        # One that is killed meanwhile does not say that it is again.
        self.ok([] if less >= more else [f"{more} after {less}"],
                "that the spool keeps things again is said after it did not")
        if sum(seen[weather] for weather in ("full", "read-only")) > 20:
            self.ok([] if less and more else ["no"], "and it is said")


def trouble(campaign, rounds):
    campaign.begin()
    for _ in range(rounds):
        campaign.change(campaign.chance.choices(
            tuple(WEATHER), tuple(WEATHER.values()))[0])
        time.sleep(campaign.chance.uniform(0.05, 0.4))
        if campaign.chance.random() < 0.4:
            campaign.kill_one()
            time.sleep(campaign.chance.uniform(0.05, 0.4))
    print("#", ", ".join(f"{times} {name}" for name, times in seen.items()))


def in_mounts(words):
    return ["unshare", "-m", "--propagation", "private", *words]


def can_mount():
    with tempfile.TemporaryDirectory() as place:
        return subprocess.run(
            in_mounts(["mount", "-t", "tmpfs", "none", place]),
            stderr=subprocess.DEVNULL, check=False).returncode == 0


if "CAMPAIGN_MOUNTS" in os.environ:
    run(trouble, 6, Disk)
elif can_mount():
    os.environ["CAMPAIGN_MOUNTS"] = "private"
    os.execvp("unshare", in_mounts([sys.executable, *sys.argv]))
else:
    print("1..0 # SKIP no mounts can be made here")
