#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A long day: one worker with 50 slots and a spool, and a task every 100 ms.
Its commands live for some seconds; some talk, some are silent, some print a
lot, some fail, some leave children behind, some are cancelled, and of those
some are deaf to TERM.

    soak.t [MINUTES [SEED]]

Without minutes it is a short one of some seconds, with shorter commands.

What must be true at the end is said in campaign.py, and more: each task has
ended as its kind does, each line that was printed has come through, the
worker's own numbers are the service's, its log has no error, its heartbeats
were in time, and it is as large as it was after the first minutes, when
nothing was in hand either: in memory, descriptors, threads and children."""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
import zlib

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from campaign import CLOSING, Campaign, Program, free_port, run, sanitized

SLOTS = 50
EVERY = 0.1        # s, from task to task
HEADROOM = 4 << 10  # KiB by which tend may have grown: peaks leave holes
SPARE = 16         # descriptors of connections that may be more
PATIENCE = 300     # s, until nothing is in hand
CALL = 60          # s, for the answer of a service that is never killed
PUNCTUAL = 0.99     # so many heartbeats are late by no more than
LATE = 0.25         # s
# How often each kind is, and how it ends.
KINDS = {
    "quiet": (25, "Completed"),
    "talking": (35, "Completed"),
    "failing": (12, "Failed"),
    "parent": (10, "Completed"),
    "big": (8, "Completed"),
    "polite": (6, "Canceled"),
    "deaf": (4, "Canceled"),
}
LONG = b"0" * 999 + b"\n"


def printed(name, kind, steps):
    """What such a command prints."""
    if kind == "big":
        said = LONG * 100 * steps
    elif kind == "quiet":
        said = b""
    else:
        said = b"".join(b"%d/%d\n" % (step, steps)
                        for step in range(1, steps + 1))
    return said if kind == "failing" else said + name.encode() + b"\n"


class Worker(Program):
    """One whose output is read: of each activity, length and CRC of it."""

    output = subprocess.PIPE

    def start(self):
        super().start()
        self.printed = {}
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            name, text = line.split(b": ", 1)
            length, crc = self.printed.get(name, (0, 0))
            self.printed[name] = length + len(text), zlib.crc32(text, crc)


class Size:
    """How large a process is now."""

    def __init__(self, pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file)
        self.memory = int(status["VmRSS"].split()[0])
        # The rest is the programs', and comes and goes as the machine likes.
        self.own = int(status["RssAnon"].split()[0])
        self.threads = int(status["Threads"])
        links = [self.link(f"/proc/{pid}/fd/{name}")
                 for name in os.listdir(f"/proc/{pid}/fd")]
        self.sockets = sum(link.startswith("socket:") for link in links)
        self.descriptors = len(links) - self.sockets
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            self.children = len(file.read().split())
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            times = file.read().rsplit(")", 1)[1].split()[11:13]
        self.seconds = sum(map(int, times)) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def link(path):
        try:
            return os.readlink(path)
        except OSError:
            return ""

    def __str__(self):
        return (f"{self.memory} KiB ({self.own} its own), "
                f"{self.descriptors} descriptors and {self.sockets} sockets, "
                f"{self.threads} threads, {self.children} children, "
                f"{self.seconds:.1f} s of CPU")


class Soak(Campaign):
    def __init__(self, seed, _):
        # A busy machine must not cost a short one a lease.
        super().__init__(seed, lease=60)
        self.pause, self.options = 0.02, ("--heartbeat-interval", "500ms")
        self.plan = {}     # of each task: kind, steps
        self.cancels = []  # (when, workflow)
        self.early = None  # the worker's size when it was young
        self.metrics_port = free_port()
        self.service_options = []
        self.local = threading.local()

    def be_long(self):
        self.lease, self.pause, self.options = 10, 0.2, ()

    # ---- the decider ---------------------------------------------------------

    def call(self, operation, **body):
        """One connection for each thread: there are millions of calls."""
        for reused in (True, False):
            connection = getattr(self.local, "connection", None)
            if connection is None or not reused:
                connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=CALL)
                self.local.connection = connection
            try:
                connection.request("POST", "/", json.dumps(body), {
                    "Content-Type": "application/x-amz-json-1.0",
                    "X-Amz-Target": "SimpleWorkflowService." + operation})
                answer = connection.getresponse()
                text = answer.read()
            except (ConnectionError, http.client.HTTPException):
                # It has been closed meanwhile, or never was there.
                connection.close()
                continue
            return json.loads(text or b"{}") if answer.status == 200 else None
        return None

    def begin_workers(self):
        self.workers = [Worker(self, "worker", *self.worker(
            "--slots", str(SLOTS), "--kill-after", "1s", "--listen",
            f"127.0.0.1:{self.metrics_port}", *self.options, command="load"))]

    def keep_busy(self):
        while not self.over.is_set():
            task = self.call("PollForDecisionTask", domain="test",
                             taskList={"name": "decide"})
            if task is None:
                time.sleep(0.02)
            elif task.get("taskToken"):
                self.decide(task)

    def decide(self, task):
        """One attempt, which is cancelled when somebody wants that."""
        name = task["workflowExecution"]["workflowId"]
        events = {event["eventType"] for event in task["events"]}
        if events.intersection(CLOSING):
            decisions = [{"decisionType": "CompleteWorkflowExecution"}]
            self.done.add(name)
        elif "WorkflowExecutionCancelRequested" in events:
            decisions = [{"decisionType": "RequestCancelActivityTask",
                          "requestCancelActivityTaskDecisionAttributes":
                          {"activityId": name[1:]}}]
        else:
            # The number of the task: what is printed bears it.
            decisions = [self.schedule(name[1:])]
            kind, steps = self.plan[name]
            decisions[0]["scheduleActivityTaskDecisionAttributes"][
                "input"] = f"{kind} {steps} {self.pause}\n"
        self.call("RespondDecisionTaskCompleted", taskToken=task["taskToken"],
                  decisions=decisions)

    # ---- the load ------------------------------------------------------------

    def one_more(self):
        name = f"t{len(self.started) + 1}"
        kind = self.chance.choices(
            tuple(KINDS), [often for often, _ in KINDS.values()])[0]
        steps = self.chance.randrange(1, 32)
        cancelled = KINDS[kind][1] == "Canceled"
        self.plan[name] = kind, 10000 if cancelled else steps
        self.started[name] = self.start(name)["runId"]
        if cancelled:
            self.cancels.append(
                (time.monotonic() + steps * self.pause / 2, name))

    def cancel_some(self):
        now = time.monotonic()
        for when, name in [due for due in self.cancels if due[0] <= now]:
            # One that waits for a slot would be cancelled without a command.
            if not os.path.exists(self.path(f"life/{name}.{name[1:]}")):
                continue
            self.cancels.remove((when, name))
            self.call("RequestCancelWorkflowExecution", domain="test",
                      workflowId=name, runId=self.started[name])

    def flow(self, seconds):
        begun = minute = time.monotonic()
        count = 0
        while (now := time.monotonic()) < begun + seconds:
            self.cancel_some()
            if now >= begun + count * EVERY:
                self.one_more()
                count += 1
            else:
                time.sleep(EVERY / 10)
            if now >= minute + 60:
                minute += 60
                self.say("under load")

    def rest(self, when):
        """Until nothing is in hand."""
        until = time.monotonic() + PATIENCE
        while self.open() and time.monotonic() < until:
            self.cancel_some()
            time.sleep(0.05)
        # What has ended is put away.
        while time.monotonic() < until and Size(
                self.workers[0].process.pid).children:
            time.sleep(0.05)
        return self.say(when)

    def open(self):
        return len(self.started) - len(self.done)

    def say(self, when):
        size = Size(self.workers[0].process.pid)
        print(f"# {when}: {len(self.started)} tasks, {self.open()} open; tend",
              f"{size}; swf-local {Size(self.service.process.pid).own} KiB; "
              f"load {os.getloadavg()[0]:.1f}")
        sys.stdout.flush()
        return size

    # ---- what came of it -----------------------------------------------------

    def numbers(self):
        """What /metrics has, by name and labels."""
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port,
                                                timeout=20)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in text.splitlines()
                 if line and not line.startswith("#"))}

    def end(self):
        late = self.rest("at rest, in the end")
        numbers = self.numbers()
        super().end()
        self.compare_sizes(late)
        self.compare_kinds(self.histories(), numbers)
        self.compare_printed()
        self.compare_lateness(numbers)
        with open(self.path("worker.log"), encoding="utf-8") as log:
            bad = [line.rstrip() for line in log
                   if re.search("(error|warning): ", line)]
        # A machine that stands still costs a heartbeat now and then.
        self.ok([line for line in bad if "heartbeat failed" not in line],
                "the log has no errors and no warnings")
        for line in bad[:20]:
            print("#", line)
        self.ok(os.listdir(self.path("spool")), "the spool is empty")

    def compare_sizes(self, late):
        grown = []
        if late.own > self.early.own + HEADROOM and not sanitized():
            grown.append("memory")
        if late.sockets > self.early.sockets + SPARE:
            grown.append("sockets")
        # A helper is started when it is needed first.
        if late.threads > self.early.threads + 1:
            grown.append("threads")
        grown += [what for what in ("descriptors", "children")
                  if getattr(late, what) > getattr(self.early, what)]
        self.ok(grown, "the worker is as large as it was when it was young")

    def compare_kinds(self, history, numbers):
        wrong, count = [], {}
        for name, (kind, _) in self.plan.items():
            ends = KINDS[kind][1]
            closed = history.get(f"{name}.{name[1:]}", ("nothing",))[0]
            if closed != "ActivityTask" + ends:
                wrong.append(f"{name}, {kind}: {closed}")
            count[ends] = count.get(ends, 0) + 1
        self.ok(wrong, "each task has ended as its kind does")
        for ends, times in count.items():
            name = f'tend_tasks_total{{outcome="{ends.lower()}"}}'
            if numbers.get(name) != times:
                wrong.append(f"{name} is {numbers.get(name)}, not {times}")
        self.ok(wrong, "and the worker has counted them")

    def compare_printed(self):
        worker, wrong = self.workers[0], []
        worker.reader.join()
        for name, (kind, steps) in self.plan.items():
            if KINDS[kind][1] == "Canceled":
                continue  # nobody knows how far it came
            want = printed(f"{name}.{name[1:]}", kind, steps)
            got = worker.printed.get(name[1:].encode())
            if got != ((len(want), zlib.crc32(want)) if want else None):
                wrong.append(f"{name}, {kind} {steps}: {got}")
        self.ok(wrong, "what they print has come through, each byte once")

    def compare_lateness(self, numbers):
        prefix = 'tend_heartbeat_lateness_seconds_bucket{le="'
        counts = {float(name[len(prefix):-2]): int(count)
                  for name, count in numbers.items()
                  if name.startswith(prefix)}
        print("# of", max(counts.values()), "heartbeats were late by no more",
              "than:", ", ".join(f"{bound:g} s {count}"
                                 for bound, count in counts.items()))
        # Those of a short one are too few to say anything.
        few = self.lease == 60
        self.ok([] if few or counts[LATE] >= PUNCTUAL * max(counts.values())
                else [f"{counts[LATE]} by less than {LATE} s"],
                "heartbeats are in time")


def trouble(campaign, minutes):
    if minutes:
        campaign.be_long()
    seconds = minutes * 60 if minutes else 2.5
    young = min(180, seconds / 3)
    campaign.begin()
    campaign.flow(young)
    campaign.early = campaign.rest("at rest, young")
    campaign.flow(seconds - young)


run(trouble, 0, Soak)
