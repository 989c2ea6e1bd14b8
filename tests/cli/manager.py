#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The receiving end of a service manager's notification socket.

	manager.py SOCKET LOG

Makes the socket, and adds to LOG a line for each datagram, the lines of which
are joined by "|".  Ends when it is killed.
"""

import socket
import sys

path, log = sys.argv[1:]
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
    end.bind(path)
    while True:
        lines = end.recv(65536).decode()
        with open(log, "a", encoding="utf-8") as file:
            file.write(lines.replace("\n", "|") + "\n")
