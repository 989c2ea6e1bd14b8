#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Somebody kills: two workers with one spool have more to do than they can,
and at random moments tend, a guard, a command, something that a command has
started, or the service itself gets SIGKILL.  tend and the service are started
again at once.

    kills.t [ROUNDS [SEED]]

At the end, what the commands have written themselves, what the service has and
what is on disk and in the process table are compared:

  - no two attempts of one task have lived at the same time;
  - nobody has lived on after the service had closed the attempt;
  - what tend says was taken by the service is there, with the same result;
  - what the service has as completed, the command has done;
  - every task comes to its end, nothing is left in the spool, nobody runs."""

import atexit
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.environ.get("TEND_BUILD", ".")
SOURCE = os.environ.get("TEND_SOURCE", ".")
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 25
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
WORKERS, SLOTS, OPEN = 2, 4, 12
LEASE = 3      # s
PATIENCE = 120  # s, for the end
CLOSING = ("ActivityTaskCompleted", "ActivityTaskFailed",
           "ActivityTaskTimedOut", "ActivityTaskCanceled")

chance = random.Random(SEED)
directory = tempfile.TemporaryDirectory()
path = lambda name: os.path.join(directory.name, name)
os.mkdir(path("life"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PORT = free_port()
ENDPOINT = ["--endpoint-url", f"http://127.0.0.1:{PORT}",
            "--no-sign-request"]


class Program:
    """One that is started again when it was killed."""

    def __init__(self, name, *words):
        self.name, self.words = name, words
        self.process = None
        self.start()
        atexit.register(self.kill)

    def start(self):
        environment = dict(os.environ, LIFE=path("life"), MARK=directory.name)
        with open(path(self.name + ".log"), "ab") as log:
            self.process = subprocess.Popen(
                self.words, env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def again(self):
        self.kill()
        self.start()


# ---- the service and the decider --------------------------------------------

def call(operation, **body):
    """The answer; None: the service is not there, or does not want this."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    try:
        connection.request("POST", "/", json.dumps(body), {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "SimpleWorkflowService." + operation})
        answer = connection.getresponse()
        text = answer.read()
        return json.loads(text or b"{}") if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def insist(operation, **body):
    """Until it is true: what is there already is no trouble."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if call(operation, **body) is not None:
            return
        time.sleep(0.05)
    raise RuntimeError(f"{operation} is refused")


def register():
    types = dict(domain="test", version="1")
    insist("RegisterDomain", name="test",
           workflowExecutionRetentionPeriodInDays="NONE")
    insist("RegisterWorkflowType", name="flow", **types)
    insist("RegisterActivityType", name="step", **types)


def start(name):
    return call("StartWorkflowExecution", domain="test", workflowId=name,
                workflowType={"name": "flow", "version": "1"},
                taskList={"name": "decide"}, childPolicy="TERMINATE",
                executionStartToCloseTimeout="3600",
                taskStartToCloseTimeout="5")


def schedule(attempt):
    return {"decisionType": "ScheduleActivityTask",
            "scheduleActivityTaskDecisionAttributes": {
                "activityId": str(attempt),
                "activityType": {"name": "step", "version": "1"},
                "taskList": {"name": "work"}, "heartbeatTimeout": str(LEASE),
                "scheduleToStartTimeout": "NONE",
                "scheduleToCloseTimeout": "NONE",
                "startToCloseTimeout": "NONE"}}


def decide(task):
    """The task until it is completed, one attempt after the other."""
    closed = [event["eventType"] for event in task["events"]
              if event["eventType"] in CLOSING]
    if "ActivityTaskCompleted" in closed:
        name = task["workflowExecution"]["workflowId"]
        decision = {"decisionType": "CompleteWorkflowExecution"}
        done.add(name)
    else:
        decision = schedule(len(closed) + 1)
    call("RespondDecisionTaskCompleted", taskToken=task["taskToken"],
         decisions=[decision])


started, done = {}, set()
stop_starting, over = threading.Event(), threading.Event()


def keep_busy():
    number = 0
    while not over.is_set():
        if not stop_starting.is_set() and len(started) - len(done) < OPEN:
            number += 1
            answer = start(f"t{number}")
            if answer:
                started[f"t{number}"] = answer["runId"]
        task = call("PollForDecisionTask", domain="test",
                    taskList={"name": "decide"})
        if task is None:
            time.sleep(0.02)
        elif task.get("taskToken"):
            decide(task)


# ---- whom to kill ------------------------------------------------------------

def processes():
    """(pid, parent, name) of everybody who is ours and no tend."""
    mark = f"MARK={directory.name}".encode()
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


def kill_one(guard):
    """One of the guards, or one of the others; whether there was one."""
    able = [pid for pid, name in processes() if (name == "tend-guard") == guard]
    if not able:
        return False
    try:
        os.kill(chance.choice(able), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


killed = {"tend": 0, "guard": 0, "command": 0, "service": 0}


def kill_somebody(service, workers):
    victim = chance.choices(("tend", "guard", "command", "service"),
                            (4, 2, 3, 1))[0]
    if victim == "tend":
        chance.choice(workers).again()
    elif victim == "service":
        service.again()
    elif not kill_one(victim == "guard"):
        return
    killed[victim] += 1


# ---- what came of it ---------------------------------------------------------

count = failures = 0


def ok(bad, name):
    """Nothing is bad."""
    global count, failures
    count += 1
    failures += bool(bad)
    print(f"{'not ok' if bad else 'ok'} {count} - {name}")
    for line in bad[:20]:
        print("#", line)
    sys.stdout.flush()


def lives():
    """Of each attempt: its lines, as (word, time)."""
    found = {}
    for name in os.listdir(path("life")):
        with open(path("life/" + name), encoding="ascii") as file:
            lines = [line.split() for line in file if line.endswith("\n")]
        if lines:
            found[name] = [(word, float(at)) for word, at in lines]
    return found


def histories():
    """Of each attempt: how the service has closed it: (type, result, time)."""
    found = {}
    for name, run in started.items():
        answer = call("GetWorkflowExecutionHistory", domain="test",
                      execution={"workflowId": name, "runId": run})
        ids = {}
        for event in answer["events"] if answer else []:
            for key, value in event.items():
                if key == "activityTaskScheduledEventAttributes":
                    ids[event["eventId"]] = value["activityId"]
                if event["eventType"] in CLOSING and isinstance(value, dict):
                    found[f"{name}.{ids[value['scheduledEventId']]}"] = (
                        event["eventType"], value.get("result"),
                        event["eventTimestamp"])
    return found


def outcomes():
    with open(path("outcomes"), encoding="utf-8") as file:
        for line in file:
            try:
                said = json.loads(line)
            except ValueError:
                continue  # tend was killed while it wrote
            yield f"{said['workflowId']}.{said['activityId']}", said


def compare(life, history):
    overlaps, late, undone = [], [], []
    for attempt, lines in life.items():
        name, number = attempt.rsplit(".", 1)
        last = max(at for _, at in lines)
        after = life.get(f"{name}.{int(number) + 1}")
        if after and min(at for _, at in after) < last:
            overlaps.append(f"{attempt} lived at {last}, the next one before")
        kind, _, closed = history.get(attempt, (None, None, None))
        # What SWF was told is told when nobody is left; and what it was not
        # told, it finds out when nobody may be.
        if closed is not None and last > closed + 0.001:
            late.append(f"{attempt} lived at {last}, {kind} at {closed}")
    for attempt, (kind, result, _) in history.items():
        words = [word for word, _ in life.get(attempt, [])]
        if kind == "ActivityTaskCompleted" and (
                result != attempt or "done" not in words):
            undone.append(f"{attempt}: {result}, {words[-1:]}")
    ok(overlaps, "no two attempts of a task have lived at the same time")
    ok(late, "nobody has lived on after the service had closed the attempt")
    ok(undone, "what is completed has been done, and has its own result")


def compare_outcomes(history):
    wrong, said_twice, seen = [], [], {}
    for attempt, said in outcomes():
        kind, result, _ = history.get(attempt, (None, None, None))
        want = "ActivityTask" + said["outcome"].capitalize()
        if said["delivered"] in ("yes", "assumed"):
            if kind != want:
                wrong.append(f"{attempt}: {kind}, tend says {said}")
            if attempt in seen:
                said_twice.append(attempt)
            seen[attempt] = said
    ok(wrong, "what tend says SWF has, SWF has")
    ok(said_twice, "and nothing twice")


def main():
    service = Program("service", os.path.join(BUILD, "swf-local"), "--port",
                      str(PORT), "--state", path("state"), "--hold", "500ms")
    register()
    workers = [Program(f"worker{number}", os.path.join(BUILD, "tend"),
                       "worker", *ENDPOINT, "--domain", "test", "--task-list",
                       "work", "--slots", str(SLOTS), "--spool", path("spool"),
                       "--outcome", path("outcomes"), "--kill-after", "300ms",
                       "--", os.path.join(SOURCE, "tests/campaign/command"))
               for number in range(WORKERS)]
    decider = threading.Thread(target=keep_busy, daemon=True)
    decider.start()
    while sum(killed.values()) < ROUNDS:
        time.sleep(chance.uniform(0.02, 0.25))
        kill_somebody(service, workers)
    stop_starting.set()
    until = time.monotonic() + PATIENCE
    while len(done) < len(started) and time.monotonic() < until:
        time.sleep(0.05)
    ok(sorted(set(started) - done), f"all {len(started)} tasks are done")
    for worker in workers:
        worker.process.terminate()
    ok([worker.name for worker in workers if worker.process.wait(40) != 0],
       "the workers end when they are told to")
    flush = subprocess.run(
        [os.path.join(BUILD, "tend"), "flush", *ENDPOINT, "--spool",
         path("spool")], stderr=subprocess.PIPE, check=False)
    ok([flush.stderr.decode()] if flush.returncode else [],
       "nothing is left in the spool")
    ok([f"{pid} {name}" for pid, name in processes()], "nobody runs")
    over.set()
    decider.join()
    history = histories()
    compare(lives(), history)
    compare_outcomes(history)
    kinds = [kind for kind, _, _ in history.values()]
    print("#", ", ".join(f"{kinds.count(kind)} {kind[12:].lower()}"
                         for kind in sorted(set(kinds))), "attempts; killed:",
          ", ".join(f"{times} {name}" for name, times in killed.items()))


print(f"# seed {SEED}, {ROUNDS} rounds")
try:
    main()
except Exception as problem:  # a test that breaks has failed
    ok([repr(problem)], "the campaign comes to its end")
if failures:
    for name in sorted(os.listdir(directory.name)):
        if name.endswith(".log"):
            with open(path(name), encoding="utf-8", errors="replace") as log:
                for line in log.readlines()[-15:]:
                    print(f"# {name}: {line.rstrip()}")
print(f"1..{count}")
sys.exit(1 if failures else 0)
