#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The state that swf-local keeps in a file, under kill -9: clients keep it
busy and note every answer; it is killed at a random moment and started again,
many times; nothing that was answered may be gone.  Then: files that are no
state, full disks, two services on one file."""

import atexit
import http.client
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import BUILD, tap, wait_for

ROUNDS = int(os.environ.get("TEND_KILLS", "30"))
CLIENTS = 4
SEED = os.environ.get("TEND_SEED", str(random.randrange(1 << 32)))
directory = tempfile.TemporaryDirectory()


class Local:
    """A swf-local with --state, on a port of its own each time."""

    def __init__(self, state, *options):
        self.port_file = os.path.join(directory.name, "port")
        if os.path.exists(self.port_file):
            os.unlink(self.port_file)
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "swf-local"), "--port", "0", "--port-file",
             self.port_file, "--hold", "50ms", "--log-level", "warning",
             "--state", state, *options], stdout=subprocess.DEVNULL,
            stderr=self.log)
        atexit.register(self.process.kill)
        wait_for(lambda: os.path.exists(self.port_file)
                 or self.process.poll() is not None, "the port file", 20)
        if self.process.poll() is not None:
            raise RuntimeError("swf-local: " + self.text())
        with open(self.port_file) as file:
            self.port = int(file.read())

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(20)


class Connection:
    """One connection; what is not answered raises OSError."""

    def __init__(self, local):
        self.http = http.client.HTTPConnection("127.0.0.1", local.port,
                                               timeout=30)

    def call(self, operation, **body):
        try:
            self.http.request(
                "POST", "/", json.dumps(body), {
                    "Content-Type": "application/x-amz-json-1.0",
                    "X-Amz-Target": "SimpleWorkflowService." + operation})
            answer = self.http.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:
            raise OSError(error) from error
        if answer.status != 200:
            raise AssertionError(f"{operation}: {answer.status} {text}")
        return json.loads(text) if text else {}


def register(connection):
    connection.call("RegisterDomain", name="d",
                    workflowExecutionRetentionPeriodInDays="1")
    connection.call("RegisterWorkflowType", domain="d", name="f", version="1",
                    defaultChildPolicy="TERMINATE",
                    defaultTaskStartToCloseTimeout="NONE",
                    defaultExecutionStartToCloseTimeout="30000000")
    connection.call("RegisterActivityType", domain="d", name="a", version="1",
                    defaultTaskHeartbeatTimeout="2000",
                    defaultTaskScheduleToStartTimeout="NONE",
                    defaultTaskScheduleToCloseTimeout="NONE",
                    defaultTaskStartToCloseTimeout="NONE")


class Story:
    """What one execution was answered; "asked" is what was not."""

    def __init__(self, workflow_id, task_list):
        self.id = workflow_id
        self.list = {"name": task_list}
        self.run = None
        self.asked = None
        self.signals = []
        self.scheduled = False
        self.token = None
        self.beats = []  # the last one that was answered, and later ones
        self.result = None
        self.seen = []  # of its history

    def ask(self, connection, what, operation, **body):
        self.asked = what
        answer = connection.call(operation, **body)
        self.asked = None
        return answer

    def history(self, connection):
        events, page = [], {}
        while True:
            answer = connection.call(
                "GetWorkflowExecutionHistory", domain="d",
                execution={"workflowId": self.id, "runId": self.run}, **page)
            events += answer["events"]
            if "nextPageToken" not in answer:
                return events
            page = {"nextPageToken": answer["nextPageToken"]}

    def live(self, connection, chance):
        """From its start to its end, or to where it is left."""
        self.run = self.ask(
            connection, "start", "StartWorkflowExecution", domain="d",
            workflowId=self.id, taskList=self.list, input="é" * 3000,
            workflowType={"name": "f", "version": "1"})["runId"]
        for i in range(chance.randrange(4)):
            name = f"{self.id}-{i}"
            self.ask(connection, name, "SignalWorkflowExecution", domain="d",
                     workflowId=self.id, signalName=name)
            self.signals.append(name)
        task = self.ask(connection, "poll", "PollForDecisionTask", domain="d",
                        taskList=self.list)
        self.seen = task["events"]
        self.ask(connection, "schedule", "RespondDecisionTaskCompleted",
                 taskToken=task["taskToken"], decisions=[{
                     "decisionType": "ScheduleActivityTask",
                     "scheduleActivityTaskDecisionAttributes": {
                         "activityId": "x", "input": "i" * 5000,
                         "taskList": self.list,
                         "activityType": {"name": "a", "version": "1"}}}])
        self.scheduled = True
        self.token = self.ask(connection, "poll", "PollForActivityTask",
                              domain="d", taskList=self.list)["taskToken"]
        for i in range(chance.randrange(30)):
            self.beat(connection, f"{self.id}: {i}")
        if chance.random() < 0.5:
            self.seen = self.history(connection)
        if chance.random() < 0.7:
            result = "r" * chance.randrange(1, 9000)
            self.ask(connection, result, "RespondActivityTaskCompleted",
                     taskToken=self.token, result=result)
            self.result = result

    def beat(self, connection, details):
        self.beats.append(details)
        self.ask(connection, "beat", "RecordActivityTaskHeartbeat",
                 taskToken=self.token, details=details)
        self.beats = [details]

    def check(self, connection):
        """What is wrong with it after a restart: a text, or nothing."""
        if self.run is None:
            return None
        events = self.history(connection)
        if events[:len(self.seen)] != self.seen:
            return "another history"
        if [e["eventId"] for e in events] != list(range(1, len(events) + 1)):
            return "a hole in the history"
        self.seen = events
        found = {}
        for event in events:
            key = event["eventType"]
            key = key[0].lower() + key[1:] + "EventAttributes"
            found.setdefault(event["eventType"], []).append(event[key])
        signals = [s["signalName"]
                   for s in found.get("WorkflowExecutionSignaled", [])]
        if signals != self.signals and signals != self.signals + [self.asked]:
            return f"signals {signals}, not {self.signals}"
        self.signals = signals
        if self.scheduled and "ActivityTaskScheduled" not in found:
            return "no activity"
        if self.token and "ActivityTaskStarted" not in found:
            return "not started"
        ended = found.get("ActivityTaskCompleted", [{}])[0].get("result")
        if ended != self.result and ended != self.asked:
            return f"ended with {ended}"
        self.result = ended
        if self.token and not ended:
            self.beat(connection, "after a restart")
        return None


def busy(local, number, chance, stories, broken):
    """A client: one story after the other until the service is gone."""
    connection = Connection(local)
    try:
        while True:
            name = f"{len(stories)}-{number}"
            story = Story("w" + name, "l" + name)
            stories.append(story)
            story.live(connection, chance)
    except OSError:
        pass
    except Exception as error:
        broken.append(repr(error))


def one_round(path, number, stories, chance, problems):
    local = Local(path)
    connection = Connection(local)
    if number == 0:
        register(connection)
    old = [s for own in stories for s in own]
    for story in chance.sample(old, min(15, len(old))) + old[-15:]:
        problem = story.check(connection)
        if problem is not None:
            problems.append(f"round {number}: {story.id}: {problem}")
    threads = [threading.Thread(
        target=busy, args=(local, i, random.Random(chance.random()),
                           stories[i], problems)) for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(chance.random() * 0.12)
    local.end(signal.SIGKILL)
    for thread in threads:
        thread.join()
    return local


def test_kills():
    path = os.path.join(directory.name, "state")
    chance = random.Random(SEED)
    stories = [[] for _ in range(CLIENTS)]
    problems = []
    torn = 0
    for number in range(ROUNDS):
        local = one_round(path, number, stories, chance, problems)
        torn += "does not end" in local.text()
        if problems:
            break
    local = Local(path, "--time-scale", "1000")
    connection = Connection(local)
    stories = [s for own in stories for s in own]
    for story in stories:
        problem = story.check(connection)
        if problem is not None:
            problems.append(f"{story.id}: {problem}")
    print(f"# seed {SEED}: {len(stories)} executions, {torn} torn lines")
    tap.is_(problems, [], f"nothing that was answered is lost by {ROUNDS} "
            "kills")
    story = Story("last", "last")
    story.live(connection, random.Random(1))
    story.beat(connection, "the last words")
    local.end(signal.SIGKILL)
    time.sleep(2)  # its heartbeat timeout runs out while nobody is there
    local = Local(path)
    timed_out = story.history(Connection(local))[-2]
    tap.is_((timed_out["eventType"], timed_out.get(
        "activityTaskTimedOutEventAttributes", {}).get("details")),
        ("ActivityTaskTimedOut", "the last words"),
        "a timeout that passed meanwhile has the last details")
    started = [e for e in story.history(Connection(local))
               if e["eventType"] == "ActivityTaskStarted"][0]
    late = timed_out["eventTimestamp"] - started["eventTimestamp"] - 2
    tap.ok(0 <= late < 0.5, "and the instant at which it was due", late)
    tap.is_(local.end(), 0, "and SIGTERM ends it well")


def refused(path, want, name, *options):
    before = None
    if os.path.isfile(path):
        with open(path, "rb") as file:
            before = file.read()
    done = subprocess.run(
        [os.path.join(BUILD, "swf-local"), "--port", "0", "--state", path,
         *options], capture_output=True, text=True, timeout=20)
    lines = [line for line in done.stderr.splitlines()
             if "does not end" not in line]
    tap.ok(done.returncode == 125 and len(lines) == 1 and want in lines[0],
           name, f"{done.returncode}: {done.stderr}")
    if before is not None:
        with open(path, "rb") as file:
            tap.ok(file.read() == before, name + ": it is left alone")


def written(name, content):
    path = os.path.join(directory.name, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def test_bad_files():
    path = os.path.join(directory.name, "good")
    local = Local(path)
    connection = Connection(local)
    register(connection)
    local.end()
    with open(path, "rb") as file:
        good = file.read()
    refused(written("foreign", b"#!/bin/sh\necho hello\n"),
            "foreign: line 1: is no state file of swf-local", "a foreign file")
    refused(written("newer", good.replace(b"state 1", b"state 2", 1)),
            "newer: line 1: is of version 2, this swf-local knows version 1; "
            "use a newer one", "one of a newer version")
    refused(written("damaged", good.replace(b'"name":"f"', b'"name":"g"')),
            "damaged: line 4: was changed or damaged", "a damaged one")
    lines = good.splitlines(keepends=True)
    refused(written("holed", b"".join(lines[:3] + lines[4:])),
            "holed: line 4: was changed or damaged", "one without a line")
    refused(written("headless", lines[0]), "headless: has no header",
            "one of one line")
    refused(os.path.join(directory.name, "none", "state"),
            "cannot open", "a directory that is not there")
    refused(directory.name, "Is a directory", "a directory")
    refused("/dev/null", "is no file", "a device")
    if os.getuid() != 0:
        path = written("readonly", good)
        os.chmod(path, 0o400)
        refused(path, "Permission denied", "an unwritable file")
    cut = written("cut", good[:-10])
    local = Local(cut)
    tap.ok("cut: line " in local.text() and "does not end" in local.text(),
           "a cut line is left out, and this is said", local.text())
    refused(cut, "is in use by another swf-local", "a second service")
    local.end()


def service_connections(local):
    """How many connections are established, seen from the kernel."""
    port = f":{local.port:04X}"
    with open("/proc/net/tcp") as table:
        return sum(1 for line in table
                   if line.split()[1].endswith(port)
                   and line.split()[3] == "01")


def test_full_disk():
    """With a limit on the size of files, which needs no rights."""
    path = os.path.join(directory.name, "full")
    local = Local(path, "--hold", "20s")
    connection = Connection(local)
    register(connection)
    pid = local.process.pid
    polled = []

    def poll():
        try:
            polled.append(Connection(local).call(
                "PollForDecisionTask", domain="d", taskList={"name": "l"}))
        except AssertionError as error:
            polled.append(str(error))

    poller = threading.Thread(target=poll)
    poller.start()
    wait_for(lambda: service_connections(local) >= 2, "the poll", 10)
    time.sleep(0.1)
    resource.prlimit(pid, resource.RLIMIT_FSIZE,
                     (os.path.getsize(path) + 100, resource.RLIM_INFINITY))

    def start(workflow_id):
        try:
            connection.call("StartWorkflowExecution", domain="d",
                            workflowId=workflow_id, taskList={"name": "l"},
                            workflowType={"name": "f", "version": "1"})
        except AssertionError as error:
            return str(error)
        return ""

    failed = 'StartWorkflowExecution: 500 b\'{"__type":"com.amazon.coral.' \
        'service#InternalFailure"}\''
    tap.is_(start("a"), failed, "no room: the call fails")
    poller.join(10)
    tap.is_(polled, [failed.replace("StartWorkflowExecution",
                                    "PollForDecisionTask")],
            "a poll that was held gets nothing of it")
    tap.is_(start("b"), failed, "and so does the next")
    tap.ok("cannot write " + path in local.text()
           and local.text().count("\n") == 1, "it is said, once",
           local.text())
    shutil.copy(path, path + ".then")
    resource.prlimit(pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    tap.is_(start("b"), "", "once there is room, calls are done again")
    tap.ok("Already Started" in start("a"),
           "and the first that failed had its effect")
    local.end(signal.SIGKILL)
    local = Local(path + ".then")
    connection = Connection(local)
    tap.is_(start("a"), "", "the file of that time knows nothing of it")
    local.end()
    local = Local(path)
    connection = Connection(local)
    tap.ok("Already Started" in start("a") and
           "Already Started" in start("b"), "the file of now does")
    local.end()


def test_really_full_disk():
    if os.getuid() != 0:
        return
    place = os.path.join(directory.name, "small")
    os.mkdir(place)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs",
                       place], stderr=subprocess.DEVNULL).returncode != 0:
        return
    try:
        local = Local(os.path.join(place, "state"))
        connection = Connection(local)
        register(connection)
        errors = []
        for i in range(40):
            try:
                connection.call(
                    "StartWorkflowExecution", domain="d", workflowId=str(i),
                    taskList={"name": "l"}, input="i" * 5000,
                    workflowType={"name": "f", "version": "1"})
            except AssertionError as error:
                errors.append(str(error))
        tap.ok(0 < len(errors) < 40 and all("500" in e for e in errors),
               "a disk that is full", errors[:2])
        local.end(signal.SIGKILL)
        refused(os.path.join(place, "state"), "No space left on device",
                "at start, too")
    finally:
        subprocess.run(["umount", place], check=True)


if __name__ == "__main__":
    tap.run([test_kills, test_bad_files, test_full_disk,
             test_really_full_disk])
