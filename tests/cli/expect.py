#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Talks to a program on a terminal of its own.

	expect.py COMMAND [ARG]... <SCRIPT

Lines of the script:

	expect REGEX    until the program has printed a match, after the last
	send TEXT       types; \\r, \\x03 and the like are what they are in Python
	until COMMAND   until this shell command succeeds
	hangup          closes the terminal

Waits at most EXPECT_PATIENCE seconds for each.  Ends with 0 if all came true;
else says what did not, and what had been printed, and ends with 1.  What was
started is killed at the end.
"""

import ctypes
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PATIENCE = float(os.environ.get("EXPECT_PATIENCE", "10"))


class Terminal:
    def __init__(self, argv):
        self.printed = b""
        self.seen = 0
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.closerange(3, 256)
            os.execvp(argv[0], argv)
        size = struct.pack("HHHH", 24, 80, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def read(self, seconds):
        if self.master is None:
            time.sleep(seconds)
            return
        if not select.select([self.master], [], [], seconds)[0]:
            return
        try:
            self.printed += os.read(self.master, 65536)
        except OSError:
            time.sleep(seconds)

    def expect(self, text):
        pattern = re.compile(text.encode(), re.MULTILINE)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            match = pattern.search(self.printed, self.seen)
            if match:
                self.seen = match.end()
                return True
            self.read(0.05)
        return False

    def send(self, text):
        data = text.encode().decode("unicode_escape").encode("latin-1")
        os.write(self.master, data)
        return True

    def until(self, text):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if subprocess.run(["bash", "-c", text], stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0:
                return True
            self.read(0.05)
        return False

    def hangup(self, _):
        os.close(self.master)
        self.master = None
        return True


def kill_children():
    """Kills all that descends from here; orphans have come here, too."""
    path = "/proc/%d/task/%d/children" % (os.getpid(), os.getpid())
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with open(path) as file:
            children = [int(pid) for pid in file.read().split()]
        if not children:
            return
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def main():
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    terminal = Terminal(sys.argv[1:])
    status = 0
    for line in sys.stdin.read().splitlines():
        verb, _, text = line.strip().partition(" ")
        if verb == "" or verb.startswith("#"):
            continue
        if not getattr(terminal, verb)(text):
            print("in vain: %s\nprinted:\n%s" % (
                line.strip(), terminal.printed.decode("latin-1")))
            status = 1
            break
    kill_children()
    sys.exit(status)


main()
