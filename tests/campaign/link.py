# SPDX-License-Identifier: MIT
"""A link to a network namespace of its own: a point-to-point device at each
end, and between them a thread that passes the packets on as they are, or
loses them, holds them back, doubles them, or resets the connection that they
belong to.  It does what netem does, on every kernel that has tun devices.

    enter()                     # first of all; or skips the test
    link = Link(random.Random())
    Popen([*link.there, "command"])     # in the other namespace, as THERE
    link.weather = Weather(lost=(0.3, 0.3))

Directions are 0, from there to here, and 1."""

import collections
import ctypes
import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import threading
import time

HERE, THERE = "10.98.0.1", "10.98.0.2"
TUNSETIFF, TUN_OF_PACKETS = 0x400454CA, 0x1001
NEW_NETWORK = 0x40000000
TCP, RST, ACK = 6, 4, 16

Weather = collections.namedtuple(
    "Weather", "lost delay doubled resets",
    defaults=((0, 0),            # how many, per direction: 0 to 1
              ((0, 0), (0, 0)),  # s, from and to, per direction
              0, 0))             # how many


def skip(why):
    print("1..0 # SKIP", " ".join(why.split()))
    sys.exit(0)


def enter():
    """Runs the program again in a network namespace."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if os.environ.pop("CAMPAIGN_APART", None):
        return
    words = ["unshare", "-n" if os.geteuid() == 0 else "-rn"]
    try:
        probe = subprocess.run(
            [*words, "sh", "-c", "ip link set lo up && ip tuntap add probe "
             "mode tun && command -v nsenter && : <>/dev/net/tun"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    except OSError as problem:
        skip(f"no network namespace: {problem}")
    if probe.returncode:
        skip("no link between namespaces: " + probe.stderr.decode())
    os.environ["CAMPAIGN_APART"] = "yes"
    os.execvp(words[0], [*words, sys.executable, *sys.argv])


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def device(name):
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(file, TUNSETIFF,
                struct.pack("16sH", name.encode(), TUN_OF_PACKETS))
    return file


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def reset(source, target, ports, sequence, acknowledged):
    """A packet that ends a connection."""
    def segment(check):
        return struct.pack("!4sIIBBHHH", ports, sequence, acknowledged,
                           5 << 4, RST | ACK, 0, check, 0)

    def header(check):
        return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, TCP, check,
                           source, target)
    pseudo = struct.pack("!4s4sHH", source, target, TCP, 20)
    return (header(checksum(header(0)))
            + segment(checksum(pseudo + segment(0))))


def resets(packet):
    """What ends the connection of a packet, for its sender and its receiver;
    None: it has none."""
    start = (packet[0] & 15) * 4
    if packet[9] != TCP or packet[start + 13] & RST:
        return None
    source, target = packet[12:16], packet[16:20]
    sequence, acknowledged = struct.unpack_from("!II", packet, start + 4)
    end = (sequence + len(packet) - start - (packet[start + 12] >> 4) * 4
           + bool(packet[start + 13] & 2))
    return (reset(target, source,
                  packet[start + 2:start + 4] + packet[start:start + 2],
                  acknowledged, end & 0xFFFFFFFF),
            reset(source, target, packet[start:start + 4], sequence,
                  acknowledged))


class Link:
    def __init__(self, chance):
        self.chance, self.weather = chance, Weather()
        self.passed = self.lost = self.number = 0
        self.held = []  # (when, number, end, packet): a heap
        self.keeper = subprocess.Popen(["unshare", "-n", "cat"],
                                       stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL)
        self.there = ["nsenter", "-t", str(self.keeper.pid), "-n"]
        self.ends = [device("near"), None]
        self.reach_over()
        for prefix in ([], self.there):
            name, own = ("far", THERE) if prefix else ("near", HERE)
            for words in (["link", "set", "lo", "up"],
                          ["address", "add", own + "/24", "dev", name],
                          ["link", "set", name, "up"]):
                subprocess.run([*prefix, "ip", *words], check=True)
        threading.Thread(target=self.run, daemon=True).start()

    def reach_over(self):
        """A device is made in the namespace of the thread that makes it."""
        def make():
            with open(f"/proc/{self.keeper.pid}/ns/net", "rb") as space:
                if ctypes.CDLL(None).setns(space.fileno(), NEW_NETWORK) == 0:
                    self.ends[1] = device("far")
        own = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.keeper.pid}/ns/net") == own:
            time.sleep(0.01)
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if self.ends[1] is None:
            raise RuntimeError("no device in the other namespace")

    def set(self, there, state):
        """The device there, or here, is "up" or "down"."""
        prefix, name = (self.there, "far") if there else ([], "near")
        subprocess.run([*prefix, "ip", "link", "set", name, state], check=True)

    # ---- the thread ----------------------------------------------------------

    def run(self):
        while True:
            wait = (max(0, self.held[0][0] - time.monotonic())
                    if self.held else None)
            for end in select.select(self.ends, [], [], wait)[0]:
                self.take(os.read(end, 65536), self.ends.index(end))
            while self.held and self.held[0][0] <= time.monotonic():
                _, _, end, packet = heapq.heappop(self.held)
                self.put(packet, end)

    def put(self, packet, end):
        try:
            os.write(self.ends[end], packet)
            self.passed += 1
        except OSError:
            self.lost += 1  # the device is down

    def take(self, packet, end):
        """One that has come from an end, here or there."""
        weather, direction = self.weather, 1 - end
        if packet[0] >> 4 != 4:
            return
        if self.chance.random() < weather.resets:
            answers = resets(packet)
            if answers:
                self.put(answers[0], end)
                self.put(answers[1], 1 - end)
                return
        if self.chance.random() < weather.lost[direction]:
            self.lost += 1
            return
        for _ in range(1 + (self.chance.random() < weather.doubled)):
            self.number += 1
            due = time.monotonic() + self.chance.uniform(
                *weather.delay[direction])
            heapq.heappush(self.held, (due, self.number, 1 - end, packet))
