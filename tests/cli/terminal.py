#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs a program on a terminal, and says what a person sees there.

	terminal.py COLUMNSxROWS COMMAND [ARG]...

The terminal is a small model of a VT100: line ends, the few sequences that
tend uses, wrapping and scrolling; anything else is an error.  Prints the
lines of the screen, those that have scrolled out of it first; then "== seen:"
and each different text that a line began with "tend: " has shown on the way,
numbers apart; then "== status:" and how it ended.
"""

import fcntl
import os
import pty
import re
import struct
import sys
import termios


class Screen:
    def __init__(self, columns, rows):
        self.columns, self.height = columns, rows
        self.gone = []
        self.rows = [[] for _ in range(rows)]
        self.x = self.y = 0
        self.saved = (0, 0)
        self.wrapped = False

    def down(self):
        if self.y < self.height - 1:
            self.y += 1
        else:
            self.gone.append(self.rows.pop(0))
            self.rows.append([])

    def put(self, char):
        if self.x == self.columns:
            self.x = 0
            self.down()
            self.wrapped = True
        row = self.rows[self.y]
        row.extend(" " * (self.x + 1 - len(row)))
        row[self.x] = char
        self.x += 1

    def obey(self, escape):
        if escape == "[K":
            del self.rows[self.y][self.x:]
        elif escape == "[A":
            self.y = max(self.y - 1, 0)
        elif escape == "[B":
            self.y = min(self.y + 1, self.height - 1)
        elif escape == "D":
            self.down()
        elif escape == "7":
            self.saved = (self.x, self.y)
        elif escape == "8":
            self.x, self.y = self.saved
        elif not re.fullmatch(r"\[[0-9;]*m", escape):
            sys.exit("unknown sequence: %r" % escape)

    def write(self, text):
        for part in re.findall(r"\x1b(\[[0-9;]*.|.)|([^\x1b])", text, re.S):
            if part[0]:
                self.obey(part[0])
            elif part[1] == "\r":
                self.x = 0
            elif part[1] == "\n":
                self.down()
            elif part[1] >= " ":
                self.put(part[1])
            else:
                sys.exit("unknown control character: %r" % part[1])

    def lines(self):
        lines = ["".join(row).rstrip() for row in self.gone + self.rows]
        while lines and lines[-1] == "":
            lines.pop()
        return lines


def main():
    columns, rows = (int(n) for n in sys.argv[1].split("x"))
    ready, go = os.pipe()
    pid, master = pty.fork()
    if pid == 0:
        os.read(ready, 1)
        os.closerange(3, 256)
        os.execvp(sys.argv[2], sys.argv[2:])
    size = struct.pack("HHHH", rows, columns, 0, 0)
    fcntl.ioctl(master, termios.TIOCSWINSZ, size)
    os.write(go, b".")
    screen = Screen(columns, rows)
    seen = []
    rest = ""
    while True:
        try:
            data = os.read(master, 4096)
        except OSError:
            break
        # A sequence may come in two parts.
        text = rest + data.decode("utf-8")
        end = re.search(r"\x1b(\[[0-9;]*)?$", text)
        rest = text[end.start():] if end else ""
        screen.write(text[:end.start()] if end else text)
        for row in screen.rows:
            line = re.sub(r"[0-9]+\.[0-9]s|\[[#-]+\]", "N",
                          "".join(row).rstrip())
            if line.startswith("tend: ") and line not in seen:
                seen.append(line)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print("\n".join(screen.lines()))
    print("== seen:", *seen, sep="\n")
    print("== status: %d%s" % (status, ", wrapped" if screen.wrapped else ""))


main()
