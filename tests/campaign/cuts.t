#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A bad network: between two workers and the service stands something that
lets connections through as they are, or resets them after a random number of
bytes, or holds every byte back for up to two seconds, or swallows all that
comes; a round of it lasts up to some seconds, and then the weather changes.

    cuts.t [ROUNDS [SEED]]

What must be true at the end is said in campaign.py."""

import os
import random
import selectors
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from campaign import run

WEATHER = ("fair", "resets", "slow", "black hole", "refused")
seen = {weather: 0 for weather in WEATHER}


class Wire:
    """One connection and its other half; a thread moves the bytes."""

    def __init__(self, network, client):
        self.network, self.client = network, client
        self.chance = random.Random(network.chance.random())
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            with self.client, socket.create_connection(
                    ("127.0.0.1", self.network.port)) as service:
                self.move(service)
        except OSError:
            pass

    def move(self, service):
        other = {self.client: service, service: self.client}
        waits = selectors.DefaultSelector()
        for end in other:
            waits.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in waits.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                self.pass_on(data, other[key.fileobj])

    def pass_on(self, data, to):
        weather = self.network.weather
        if weather == "resets":
            to.sendall(data[:self.chance.randrange(len(data) + 1)])
            for end in (self.client, to):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
            raise ConnectionResetError
        if weather == "slow":
            time.sleep(self.chance.uniform(0, 2))
        while self.network.weather == "black hole":
            time.sleep(0.05)
        to.sendall(data)


class Network:
    def __init__(self, campaign):
        self.port, self.chance = campaign.port, campaign.chance
        self.weather = "fair"
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        campaign.worker_port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.weather == "refused":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  struct.pack("ii", 1, 0))
                client.close()
            else:
                Wire(self, client)


def trouble(campaign, rounds):
    network = Network(campaign)
    campaign.begin()
    for _ in range(rounds):
        network.weather = campaign.chance.choice(WEATHER)
        seen[network.weather] += 1
        # Some last longer than the lease.
        time.sleep(campaign.chance.choice((0.1, 0.3, 1, campaign.lease * 1.2)))
    network.weather = "fair"
    print("#", ", ".join(f"{times} {name}" for name, times in seen.items()))


run(trouble, 8)
