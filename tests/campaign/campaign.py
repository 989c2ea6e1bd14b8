# SPDX-License-Identifier: MIT
"""What the campaigns share: a service with its state on disk, two workers with
one spool, a decider that has each task tried until it is completed, and at the
end the comparison of what the commands have written themselves, what the
service has, and what is on disk and in the process table:

  - no two attempts of one task have lived at the same time;
  - nobody has lived on after the service had closed the attempt;
  - what tend says was taken by the service is there, with the same result;
  - what the service has as completed, the command has done;
  - every task comes to its end, nothing is left in the spool, nobody runs.

    campaign = Campaign(seed, lease=3)
    campaign.begin()
    ... make trouble, with campaign.chance ...
    campaign.end()"""

import atexit
import collections
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.environ.get("TEND_BUILD", ".")
SOURCE = os.environ.get("TEND_SOURCE", ".")
WORKERS, SLOTS, OPEN = 2, 4, 12
PATIENCE = 120  # s, for the end
PULSE = 0.02    # s
USUAL = 0.1     # s, a pause of the machine that is none
CLOSING = ("ActivityTaskCompleted", "ActivityTaskFailed",
           "ActivityTaskTimedOut", "ActivityTaskCanceled")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sanitized():
    with open(os.path.join(BUILD, "config.h"), encoding="utf-8") as file:
        return "#define SANITIZED 1\n" in file


class Program:
    """One that is started again when it was killed."""

    output = subprocess.DEVNULL

    def __init__(self, campaign, name, *words):
        self.campaign, self.name = campaign, name
        self.words = campaign.dress(name, words)
        self.process = None
        self.killed = False
        self.start()
        atexit.register(self.kill)

    def start(self):
        environment = dict(os.environ, LIFE=self.campaign.path("life"),
                           MARK=self.campaign.directory.name)
        with open(self.campaign.path(self.name + ".log"), "ab") as log:
            self.process = subprocess.Popen(
                self.words, env=environment, stdin=subprocess.DEVNULL,
                stdout=self.output, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def again(self):
        self.killed = True
        self.kill()
        self.start()


class Campaign:
    def __init__(self, seed, lease):
        self.seed, self.lease = seed, lease
        self.chance = random.Random(seed)
        self.directory = tempfile.TemporaryDirectory()
        os.mkdir(self.path("life"))
        self.port = free_port()
        self.worker_port = self.port  # where the workers find the service
        self.count = self.failures = 0
        self.started, self.done = {}, set()
        self.enough, self.over = threading.Event(), threading.Event()
        self.stood_still = 0  # s, longest
        self.before = []  # words before each tend
        self.service_options = ["--state", self.path("state")]

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def endpoint(self, port):
        return ["--endpoint-url", f"http://127.0.0.1:{port}",
                "--no-sign-request"]

    def dress(self, name, words):
        """How the program of that name is started; for others to change."""
        return list(words)

    # ---- the service and the decider ----------------------------------------

    def headers(self, operation, body):
        """What a call bears; for others to sign."""
        return {"Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": "SimpleWorkflowService." + operation}

    def call(self, operation, **body):
        """The answer; None: the service is not there, or does not want it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=5)
        try:
            text = json.dumps(body)
            connection.request("POST", "/", text,
                               self.headers(operation, text))
            answer = connection.getresponse()
            text = answer.read()
            return json.loads(text or b"{}") if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def insist(self, operation, **body):
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if self.call(operation, **body) is not None:
                return
            time.sleep(0.05)
        raise RuntimeError(f"{operation} is refused")

    def register(self):
        types = {"domain": "test", "version": "1"}
        self.insist("RegisterDomain", name="test",
                    workflowExecutionRetentionPeriodInDays="NONE")
        self.insist("RegisterWorkflowType", name="flow", **types)
        self.insist("RegisterActivityType", name="step", **types)

    def start(self, name):
        return self.call(
            "StartWorkflowExecution", domain="test", workflowId=name,
            workflowType={"name": "flow", "version": "1"},
            taskList={"name": "decide"}, childPolicy="TERMINATE",
            executionStartToCloseTimeout="3600", taskStartToCloseTimeout="5")

    def schedule(self, attempt):
        return {"decisionType": "ScheduleActivityTask",
                "scheduleActivityTaskDecisionAttributes": {
                    "activityId": str(attempt),
                    "activityType": {"name": "step", "version": "1"},
                    "taskList": {"name": "work"},
                    "heartbeatTimeout": str(self.lease),
                    "scheduleToStartTimeout": "NONE",
                    "scheduleToCloseTimeout": "NONE",
                    "startToCloseTimeout": "NONE"}}

    def decide(self, task):
        """The task until it is completed, one attempt after the other."""
        closed = [event["eventType"] for event in task["events"]
                  if event["eventType"] in CLOSING]
        if "ActivityTaskCompleted" in closed:
            decision = {"decisionType": "CompleteWorkflowExecution"}
            self.done.add(task["workflowExecution"]["workflowId"])
        else:
            decision = self.schedule(len(closed) + 1)
        self.call("RespondDecisionTaskCompleted", taskToken=task["taskToken"],
                  decisions=[decision])

    def keep_busy(self):
        number = 0
        while not self.over.is_set():
            if (not self.enough.is_set()
                    and len(self.started) - len(self.done) < OPEN):
                number += 1
                answer = self.start(f"t{number}")
                if answer:
                    self.started[f"t{number}"] = answer["runId"]
            task = self.call("PollForDecisionTask", domain="test",
                             taskList={"name": "decide"})
            if task is None:
                time.sleep(0.02)
            elif task.get("taskToken"):
                self.decide(task)

    def feel_pulse(self):
        """Nobody can kill in time on a machine that stands still."""
        before = time.monotonic()
        while not self.over.is_set():
            time.sleep(PULSE)
            now = time.monotonic()
            self.stood_still = max(self.stood_still, now - before - PULSE)
            before = now

    # ---- from begin to end ---------------------------------------------------

    def begin_service(self):
        self.service = Program(
            self, "service", os.path.join(BUILD, "swf-local"), "--port",
            str(self.port), *self.service_options, "--hold", "500ms",
            "--log-level", "warning")
        self.register()

    def worker(self, *options, command="command", outcomes="outcomes"):
        """The words that start one."""
        return [*self.before, os.path.join(BUILD, "tend"), "worker",
                *self.endpoint(self.worker_port), "--domain", "test",
                "--task-list", "work", "--spool", self.path("spool"),
                "--outcome", self.path(outcomes), *options, "--",
                os.path.join(SOURCE, "tests/campaign", command)]

    def begin_workers(self):
        self.workers = [
            Program(self, f"worker{number}",
                    *self.worker("--slots", str(SLOTS), "--kill-after",
                                 "300ms"))
            for number in range(WORKERS)]

    def begin(self):
        self.begin_service()
        self.begin_workers()
        threading.Thread(target=self.feel_pulse, daemon=True).start()
        self.decider = threading.Thread(target=self.keep_busy, daemon=True)
        self.decider.start()

    def end(self):
        """There is no trouble any more."""
        self.enough.set()
        until = time.monotonic() + PATIENCE
        while (len(self.done) < len(self.started)
               and time.monotonic() < until):
            time.sleep(0.05)
        self.ok(sorted(set(self.started) - self.done),
                f"all {len(self.started)} tasks are done")
        for worker in self.workers:
            worker.process.terminate()
        self.ok([worker.name for worker in self.workers
                 if worker.process.wait(40) != 0],
                "the workers end when they are told to")
        flush = subprocess.run(
            [*self.before, os.path.join(BUILD, "tend"), "flush",
             *self.endpoint(self.port), "--spool", self.path("spool")],
            stderr=subprocess.PIPE, check=False)
        self.ok([flush.stderr.decode()] if flush.returncode else [],
                "nothing is left in the spool")
        self.ok([f"{pid} {name}" for pid, name in self.processes()],
                "nobody runs")
        self.over.set()
        self.decider.join()
        history = self.histories()
        self.compare(self.lives(), history)
        self.compare_outcomes(history)
        kinds = [kind for kind, _, _ in history.values()]
        print("#", ", ".join(f"{kinds.count(kind)} {kind[12:].lower()}"
                             for kind in sorted(set(kinds))), "attempts;",
              f"the machine stood still for {self.stood_still:.3f} s at most")

    # ---- what came of it -----------------------------------------------------

    def reasons(self, *known):
        """Why attempts have failed; each must be one of those, an ERE."""
        reasons = collections.Counter(
            said for kind, said, _ in self.histories().values()
            if kind == "ActivityTaskFailed")
        for reason, count in reasons.most_common():
            print(f"# {count} failed: {reason}")
        self.ok([reason for reason in reasons
                 if not any(re.fullmatch(one, reason) for one in known)],
                "what failed says why")
        return reasons

    def ok(self, bad, name):
        """Nothing is bad."""
        self.count += 1
        self.failures += bool(bad)
        print(f"{'not ok' if bad else 'ok'} {self.count} - {name}")
        for line in bad[:20]:
            print("#", line)
        sys.stdout.flush()

    def processes(self):
        """(pid, name) of everybody who is ours and neither tend nor service."""
        mark = f"MARK={self.directory.name}".encode()
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/environ", "rb") as file:
                    if mark not in file.read().split(b"\0"):
                        continue
                with open(f"/proc/{entry}/comm", encoding="utf-8") as file:
                    name = file.read().strip()
            except OSError:
                continue
            if name not in ("tend", "swf-local"):
                yield int(entry), name

    def lives(self):
        """Of each attempt: its lines, as (word, time)."""
        found = {}
        for name in os.listdir(self.path("life")):
            with open(self.path("life/" + name), encoding="ascii") as file:
                lines = [line.split() for line in file if line.endswith("\n")]
            if lines:
                found[name] = [(word, float(at)) for word, at in lines]
        return found

    def history(self, name, run):
        """All events of an execution."""
        page = {}
        while page is not None:
            answer = self.call("GetWorkflowExecutionHistory", domain="test",
                               execution={"workflowId": name, "runId": run},
                               **page)
            yield from answer["events"] if answer else []
            token = answer.get("nextPageToken") if answer else None
            page = {"nextPageToken": token} if token else None

    def histories(self):
        """Of each attempt: how it was closed, as (type, result or reason,
        time)."""
        found = {}
        for name, run in self.started.items():
            ids = {}
            for event in self.history(name, run):
                for key, value in event.items():
                    if key == "activityTaskScheduledEventAttributes":
                        ids[event["eventId"]] = value["activityId"]
                    if (event["eventType"] in CLOSING
                            and isinstance(value, dict)):
                        found[f"{name}.{ids[value['scheduledEventId']]}"] = (
                            event["eventType"],
                            value.get("result", value.get("reason")),
                            event["eventTimestamp"])
        return found

    def outcomes(self, name="outcomes"):
        with open(self.path(name), encoding="utf-8") as file:
            for line in file:
                try:
                    said = json.loads(line)
                except ValueError:
                    continue  # tend was killed while it wrote
                yield f"{said['workflowId']}.{said['activityId']}", said

    def compare(self, life, history):
        overlaps, late, undone = [], [], []
        still = self.stood_still if self.stood_still > USUAL else 0
        for attempt, lines in life.items():
            name, number = attempt.rsplit(".", 1)
            last = max(at for _, at in lines)
            after = life.get(f"{name}.{int(number) + 1}")
            if after and min(at for _, at in after) < last - still:
                overlaps.append(f"{attempt} lived at {last}, the next before")
            kind, _, closed = history.get(attempt, (None, None, None))
            # What SWF is told it is told when nobody is left; and what it is
            # not told, it finds out when nobody may be.
            if closed is not None and last > closed + 0.001 + still:
                late.append(f"{attempt} lived at {last}, {kind} at {closed}")
        for attempt, (kind, result, _) in history.items():
            words = [word for word, _ in life.get(attempt, [])]
            if kind == "ActivityTaskCompleted" and (
                    result != attempt or "done" not in words):
                undone.append(f"{attempt}: {result}, {words[-1:]}")
        self.ok(overlaps, "no two attempts of a task have lived at once")
        self.ok(late, "nobody has lived on after the attempt was closed")
        self.ok(undone, "what is completed has been done, with its own result")

    def compare_outcomes(self, history):
        wrong, twice, untold, seen = [], [], [], set()
        killed = any(worker.killed for worker in self.workers)
        for attempt, said in self.outcomes():
            kind = history.get(attempt, (None, None, None))[0]
            # Unless what is told of it comes from the spool: tend was killed
            # before it could take that back.
            if said["outcome"] == "none" and not killed and kind in (
                    "ActivityTaskCompleted", "ActivityTaskFailed",
                    "ActivityTaskCanceled"):
                untold.append(f"{attempt}: {kind}, tend says {said}")
            if said["delivered"] not in ("yes", "assumed"):
                continue
            # What is assumed has gone out, but may have been lost on its way
            # until the task was timed out; there is nothing else.
            if (kind != "ActivityTask" + said["outcome"].capitalize()
                    and not (said["delivered"] == "assumed"
                             and kind == "ActivityTaskTimedOut")):
                wrong.append(f"{attempt}: {kind}, tend says {said}")
            if attempt in seen:
                twice.append(attempt)
            seen.add(attempt)
        self.ok(wrong, "what tend says SWF has, SWF has")
        self.ok(untold, "what tend says SWF was not told, SWF was not told")
        self.ok(twice, "and nothing twice")


def run(trouble, rounds, kind=Campaign):
    """A whole campaign, of trouble(campaign, rounds); rounds and seed may be
    the program's arguments, and CAMPAIGN_LEASE is the lease in seconds."""
    lease = int(os.environ.get("CAMPAIGN_LEASE", "6"))
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else rounds
    seed = (int(sys.argv[2]) if len(sys.argv) > 2
            else random.randrange(1 << 32))
    print(f"# seed {seed}, {rounds} rounds")
    # Whoever is told to end takes along what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    campaign = kind(seed, lease)
    try:
        trouble(campaign, rounds)
        campaign.end()
    except Exception as problem:  # a test that breaks has failed
        campaign.ok([repr(problem)], "the campaign comes to its end")
    if campaign.failures:
        for name in sorted(os.listdir(campaign.directory.name)):
            if name.endswith(".log"):
                with open(campaign.path(name), encoding="utf-8",
                          errors="replace") as log:
                    for line in log.readlines()[-15:]:
                        print(f"# {name}: {line.rstrip()}")
    print(f"1..{campaign.count}")
    sys.exit(1 if campaign.failures else 0)
