# SPDX-License-Identifier: MIT
"""Clocks that a test sets while the program runs that has them; see
tests/tools/clocks.c.

    able()                      # or skips the test
    clock = Clock(path)
    Popen([*clock.words, "tend", ..., "--", *RIGHT, "command"])
    clock.set(wall=-3600)       # seconds
    clock.set(boot=10)"""

import os
import struct
import subprocess
import sys

from campaign import BUILD

LIBRARY = os.path.join(BUILD, "tests/tools/clocks.so")
RIGHT = ["env", "-u", "LD_PRELOAD"]  # who has the right time


class Clock:
    def __init__(self, path):
        self.path, self.wall, self.boot = path, 0, 0
        with open(path, "wb") as file:
            file.write(bytes(16))
        sanitizer = os.environ.get("ASAN_OPTIONS", "")
        self.words = ["env", f"LD_PRELOAD={LIBRARY}", f"CLOCKS={path}",
                      f"ASAN_OPTIONS={sanitizer}:verify_asan_link_order=0"]

    def set(self, wall=None, boot=None):
        """In place: the program looks at it."""
        self.wall = self.wall if wall is None else wall
        self.boot = self.boot if boot is None else boot
        with open(self.path, "r+b") as file:
            file.write(struct.pack("qq", self.wall * 10**9,
                                   self.boot * 10**9))


def able():
    probe = subprocess.run(
        [os.path.join(BUILD, "tend"), "--version"], check=False,
        env=dict(os.environ, LD_PRELOAD=LIBRARY,
                 ASAN_OPTIONS="verify_asan_link_order=0"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if probe.returncode or not probe.stdout.startswith(b"tend "):
        print("1..0 # SKIP no library can be preloaded into this tend")
        sys.exit(0)
