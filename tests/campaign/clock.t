#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Somebody sets the clock: the wall clock of each worker jumps by seconds,
hours or years, forwards or backwards, while commands run, heartbeats and
outcomes are signed, credentials expire and records lie in the spool; now and
then a worker is killed and finds them there.  The service has the right time,
and verifies all signatures.

    clock.t [ROUNDS [SEED]]

Besides what campaign.py says: a task that lasts all the while has its
heartbeats on schedule, and credentials are asked for no oftener."""

import datetime
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.request

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from campaign import BUILD, Campaign, Program, run
from clocks import RIGHT, Clock, able

MINUTE, HOUR, YEAR = 60, 3600, 365 * 86400
SIZES = (("seconds", 1, MINUTE), ("minutes", MINUTE, 30 * MINUTE),
         ("hours", HOUR, 48 * HOUR), ("years", YEAR, 8 * YEAR),
         ("right", 0, 0))
SHORT = 12      # rounds, in which only one worker is killed
INTERVAL = 0.5  # s, between the heartbeats of the long task
LATE = 3        # s, that one may be late on a busy machine
LIFE = 40       # s, of credentials
KEY, SECRET, REGION = "AKIDCLOCK", "secret", "eu-west-1"


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Clocks(Campaign):
    """Each worker has a clock of its own, and credentials that expire."""

    def __init__(self, seed, lease):
        super().__init__(seed, lease)
        self.clocks = {}
        self.write("keys", f"[default]\naws_access_key_id = {KEY}\n"
                   f"aws_secret_access_key = {SECRET}\n")
        # Who gives credentials has the right time.
        self.write("give", "#!/bin/sh\n"
                   "unset LD_PRELOAD\n"
                   'date +%s.%N >>"$1"\n'
                   f"end=$(date -u -d '+{LIFE} sec' +%Y-%m-%dT%H:%M:%SZ)\n"
                   'echo "{\\"Version\\": 1, \\"AccessKeyId\\": '
                   f'\\"{KEY}\\", \\"SecretAccessKey\\": \\"{SECRET}\\", '
                   '\\"Expiration\\": \\"$end\\"}"\n')
        os.chmod(self.path("give"), 0o700)
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        self.configure("flush")
        os.environ.update(TEND_REGION=REGION,
                          AWS_CONFIG_FILE=self.path("flush.config"),
                          AWS_SHARED_CREDENTIALS_FILE="/dev/null")

    def write(self, name, text):
        with open(self.path("new"), "w", encoding="ascii") as file:
            file.write(text)
        os.replace(self.path("new"), self.path(name))

    # ---- what campaign.py asks for -------------------------------------------

    def endpoint(self, port):
        return ["--endpoint-url", f"http://127.0.0.1:{port}"]

    def dress(self, name, words):
        if name == "service":
            return [*words, "--verify-signatures", self.path("keys")]
        self.clocks[name] = Clock(self.path(name + ".clock"))
        self.configure(name)
        command = words.index("--") + 1
        return [*self.clocks[name].words,
                f"AWS_CONFIG_FILE={self.path(name)}.config",
                *words[:command], *RIGHT, *words[command:]]

    def configure(self, name):
        self.write(name + ".config", "[default]\ncredential_process = "
                   f"{self.path('give')} {self.path(name)}.asked\n")

    def headers(self, operation, body):
        """Signed; the path is / and nothing is asked for in the URL."""
        now = datetime.datetime.now(datetime.timezone.utc)
        date = now.strftime("%Y%m%dT%H%M%SZ")
        bear = {"Host": f"127.0.0.1:{self.port}", "X-Amz-Date": date,
                **super().headers(operation, body)}
        names = sorted(bear, key=str.lower)
        signed = ";".join(names).lower()
        request = "\n".join([
            "POST", "/", "",
            *(f"{name.lower()}:{bear[name]}" for name in names), "", signed,
            hashlib.sha256(body.encode()).hexdigest()])
        scope = [date[:8], REGION, "swf", "aws4_request"]
        key = ("AWS4" + SECRET).encode()
        for part in scope:
            key = mac(key, part)
        signature = mac(key, "\n".join([
            "AWS4-HMAC-SHA256", date, "/".join(scope),
            hashlib.sha256(request.encode()).hexdigest()])).hex()
        bear["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={KEY}/{'/'.join(scope)}, "
            f"SignedHeaders={signed}, Signature={signature}")
        return bear

    # ---- the task that lasts -------------------------------------------------

    def begin_long(self):
        self.insist("StartWorkflowExecution", domain="test", workflowId="long",
                    workflowType={"name": "flow", "version": "1"},
                    taskList={"name": "decide long"}, childPolicy="TERMINATE",
                    executionStartToCloseTimeout="36000",
                    taskStartToCloseTimeout="5")
        task = self.call("PollForDecisionTask", domain="test",
                         taskList={"name": "decide long"})
        decision = self.schedule(1)
        decision["scheduleActivityTaskDecisionAttributes"]["taskList"] = {
            "name": "long"}
        self.insist("RespondDecisionTaskCompleted",
                    taskToken=task["taskToken"], decisions=[decision])
        self.long = Program(
            self, "long", os.path.join(BUILD, "tend"), "worker",
            *self.endpoint(self.port), "--domain", "test", "--task-list",
            "long", "--max-tasks", "1", "--heartbeat-interval",
            f"{INTERVAL}s", "--outcome", self.path("long.outcome"), "--", "sh",
            "-c", 'until test -e "$0"; do sleep 0.1; done; echo done',
            self.path("long.over"))

    def end_long(self):
        self.beats = [call for call in self.calls("RecordActivityTaskHeartbeat")
                      if call.get("workflowId") == "long"]
        self.write("long.over", "")
        status = self.long.process.wait(20)
        with open(self.path("long.outcome"), encoding="utf-8") as file:
            said = [json.loads(line) for line in file]
        self.ok([] if status == 0 and [
            (one["outcome"], one["delivered"]) for one in said] == [
                ("completed", "yes")] else [f"status {status}", str(said)],
                "a task that lasted all the while is completed")

    def calls(self, operation):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/_local/calls?operation="
                + operation, timeout=10) as answer:
            return json.load(answer)["calls"]

    def compare_long(self):
        still = self.stood_still
        at = [call["arrived"] / 1000 for call in self.beats]
        gaps = [later - earlier for earlier, later in zip(at, at[1:])]
        longest = max(gaps, default=0)
        self.ok([] if gaps and longest <= INTERVAL + LATE + still
                else [f"{len(at)}, at most {longest:.3f} s apart"],
                "its heartbeats came in time")
        most = 2 + sum(gaps) / (INTERVAL * 0.9)
        self.ok([f"{len(gaps)}, not {most:.1f}"] if len(gaps) > most else [],
                "and no more of them than there should be")
        print(f"# {len(at)} heartbeats, at most {longest:.3f} s apart")

    # ---- credentials ---------------------------------------------------------

    def compare_asked(self, starts):
        """A set is asked for when half of its life is over."""
        wrong, asked = [], 0
        for name, times in starts.items():
            with open(self.path(name + ".asked"), encoding="ascii") as file:
                lines = len(file.readlines())
            most = times + (time.monotonic() - self.since) / (LIFE * 0.4)
            asked += lines
            if lines > most:
                wrong.append(f"{name}: {lines} times")
        self.ok(wrong, "credentials were not asked for too often")
        print(f"# credentials were asked for {asked} times")

    def log_has(self, text):
        count = 0
        for name in os.listdir(self.directory.name):
            if name.endswith(".log"):
                with open(self.path(name), encoding="utf-8",
                          errors="replace") as file:
                    count += sum(text in line for line in file)
        return count


def jump(campaign, name):
    """By so much, one way or the other."""
    size, least, most = campaign.chance.choice(SIZES)
    offset = campaign.chance.randint(least, most)
    campaign.clocks[name].set(campaign.chance.choice((-offset, offset)))
    return size


def trouble(campaign, rounds):
    campaign.begin()
    campaign.since = time.monotonic()
    campaign.begin_long()
    starts = {name: 1 for name in ("worker0", "worker1", "long")}
    seen = {size: 0 for size, _, _ in SIZES}
    for number in range(rounds):
        time.sleep(campaign.chance.choice(
            (0.05, 0.2, 0.5, 1) if rounds > SHORT else (0.05, 0.2)))
        name = campaign.chance.choice(list(starts))
        seen[jump(campaign, name)] += 1
        if name != "long" and (
                campaign.chance.random() < 0.25 if rounds > SHORT
                else sum(starts.values()) == 3 and number > SHORT / 2):
            campaign.workers[int(name[-1])].again()
            starts[name] += 1
    print("#", ", ".join(f"{times} {size}" for size, times in seen.items()),
          f"and {sum(starts.values()) - 3} kills")
    time.sleep(2 * INTERVAL)
    campaign.end_long()
    campaign.compare_long()
    campaign.compare_asked(starts)
    print(f"# {campaign.log_has('clock of this host is')} times a clock was",
          "found out")


able()
run(trouble, SHORT, Clocks)
