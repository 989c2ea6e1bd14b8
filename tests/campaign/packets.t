#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A bad network of packets: the workers are in a network namespace of their
own, and the link to the service loses packets, or all of them, or those of
one direction; it resets connections, holds packets back for two seconds,
brings them twice and in another order; or the device at one end is down.  A
round of it lasts up to more than a lease, and then the weather changes.

    CAMPAIGN_LEASE=10 packets.t [ROUNDS [SEED]]

What must be true at the end is said in campaign.py."""

import os
import random
import sys
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from campaign import Campaign, run
from link import HERE, Link, Weather, enter

WEATHER = {
    "resets": Weather(resets=0.1),
    "loss": Weather(lost=(0.3, 0.3)),
    "black hole": Weather(lost=(1, 1)),
    "mute": Weather(lost=(1, 0)),  # the workers are
    "deaf": Weather(lost=(0, 1)),
    "slow": Weather(delay=((2, 2), (0, 0))),
    "shuffled": Weather(delay=((0, 1), (0, 1)), doubled=0.2),
    "down here": None,
    "down there": None,
}
SHORT = len(WEATHER)  # rounds, each of less than a second


class Apart(Campaign):
    """The workers are at the other end of the link."""

    def __init__(self, seed, lease):
        super().__init__(seed, lease)
        os.environ.update(TEND_ALLOW_PLAIN_HTTP="1", TEND_REGION="eu-west-1")
        self.link = Link(random.Random(self.chance.random()))

    def endpoint(self, port):
        return ["--endpoint-url", f"http://{HERE}:{port}",
                "--no-sign-request"]

    def dress(self, name, words):
        if name == "service":
            return [*words, "--listen", "0.0.0.0"]
        # What has to be looked up first binds nobody until it is known.
        at = words.index("worker") + 1
        return [*self.link.there, *words[:at], "--heartbeat-timeout",
                f"{self.lease}s", *words[at:]]


def blow(link, weather, duration):
    there = weather == "down there"
    if WEATHER[weather] is None:
        link.set(there, "down")
    else:
        link.weather = WEATHER[weather]
    time.sleep(duration)
    if WEATHER[weather] is None:
        link.set(there, "up")
    link.weather = Weather()


def trouble(campaign, rounds):
    long = rounds > SHORT
    durations = (0.3, 1, 3, campaign.lease * 1.2) if long else (0.2,)
    if long:  # commands, too, last longer than the lease
        os.environ["STEPS"] = str(campaign.lease * 75)
    campaign.begin()
    seen, bag = dict.fromkeys(WEATHER, 0), []
    for _ in range(rounds):
        # It is fair in between, so that there is something to be broken.
        time.sleep(campaign.chance.choice((0, 0.3, 1) if long else (0.1, 0.3)))
        bag = bag or campaign.chance.sample(list(WEATHER), len(WEATHER))
        weather = bag.pop()
        seen[weather] += 1
        blow(campaign.link, weather, campaign.chance.choice(durations))
    print("#", ", ".join(f"{times} {name}" for name, times in seen.items()))
    print(f"# {campaign.link.passed} packets have come through,",
          f"{campaign.link.lost} have not")


enter()
run(trouble, SHORT, Apart)
