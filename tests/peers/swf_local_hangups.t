#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A client that hangs up before a task is scheduled swallows none: a long poll
is opened and given up, 5 ms later a task is scheduled, and the next poll has to
get it.  In every way to hang up, whether the poll was held already or not.
And one that hangs up in the middle of a request leaves no descriptor behind.

    swf_local_hangups.t [TRIES]

A few hundred tries, or as many as are asked for."""

import http.client
import itertools
import json
import os
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import Service, tap

TRIES = int(sys.argv[1]) if len(sys.argv) > 1 else 400
CLIENTS = 4
ROUNDS_OF_ONE = 500  # before its history is full
BEFORE = 0.005       # s from the hang-up to the task

service = Service("--hold", "5s", "--log-level", "warning",
                  "--request-timeout", "1s")
kept = []


def request_of(operation, **body):
    text = json.dumps(body).encode()
    return (f"POST / HTTP/1.1\r\nHost: localhost\r\n"
            f"X-Amz-Target: SimpleWorkflowService.{operation}\r\n"
            f"Content-Type: application/x-amz-json-1.0\r\n"
            f"Content-Length: {len(text)}\r\n\r\n").encode() + text


# ---- ways to hang up --------------------------------------------------------

def fin(poll):
    poll.close()


def rst(poll):
    poll.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    poll.close()


def half(poll):
    """Says that it says no more, and does not close."""
    poll.shutdown(socket.SHUT_WR)


def more_and(how):
    """With something behind the request that nobody has read."""
    def hang_up(poll):
        poll.sendall(request_of("ListDomains", registrationStatus="x") * 2)
        how(poll)
    hang_up.__name__ = f"more, and {how.__name__}"
    return hang_up


WAYS = [fin, rst, half, more_and(fin), more_and(rst), more_and(half)]


# ---- a decider and a worker that hang up ------------------------------------

class Client:
    """One execution after the other, on task lists of its own."""

    def __init__(self, number):
        self.name = f"client{number}"
        self.http = http.client.HTTPConnection("127.0.0.1", service.port,
                                               timeout=30)
        self.names = {"domain": "d", "taskList": {"name": self.name}}
        self.rounds = 0
        self.tries = 0
        self.lost = []
        # Each way with each task, held and not.
        self.ways = itertools.cycle(
            (way, held) for held in (True, False) for way in WAYS)

    def call(self, operation, **body):
        self.http.request("POST", "/", json.dumps(body), {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "SimpleWorkflowService." + operation})
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise AssertionError(f"{operation}: {answer.status} {text}")
        return json.loads(text) if text else {}

    def held(self):
        """Until what was sent before on other connections was done: it came
        first, and there is one thread."""
        for _ in range(2):
            self.call("CountPendingActivityTasks", **self.names)

    def start(self):
        self.rounds = 0
        self.call("StartWorkflowExecution", workflowId=self.name,
                  workflowType={"name": "f", "version": "1"}, **self.names)
        self.decision = self.call("PollForDecisionTask", **self.names)

    def try_one(self, poll, way, held, schedule):
        """Gives up a poll, has a task scheduled, and polls for it."""
        with socket.create_connection(("127.0.0.1", service.port)) as given:
            given.sendall(request_of(poll, **self.names))
            if held:
                self.held()
            way(given)
            time.sleep(BEFORE)
            schedule()
            self.tries += 1
            task = self.call(poll, **self.names)
        if task.get("taskToken") is None:
            self.lost.append(f"{poll}, {way.__name__}, "
                             f"{'held' if held else 'not held'}")
        return task

    def round(self, way, held):
        """An activity task, and the decision task after it; whether both came
        to the poll that did not hang up."""
        task = self.try_one(
            "PollForActivityTask", way, held,
            lambda: self.call(
                "RespondDecisionTaskCompleted",
                taskToken=self.decision["taskToken"],
                decisions=[{"decisionType": "ScheduleActivityTask",
                            "scheduleActivityTaskDecisionAttributes": {
                                "activityId": "a", "activityType":
                                {"name": "a", "version": "1"},
                                "taskList": self.names["taskList"]}}]))
        if "taskToken" not in task:
            return False
        self.decision = self.try_one(
            "PollForDecisionTask", way, held,
            lambda: self.call("RespondActivityTaskCompleted",
                              taskToken=task["taskToken"]))
        return "taskToken" in self.decision

    def run(self, tries):
        self.start()
        while self.tries < tries and len(self.lost) < 3:
            self.rounds += 1
            if self.round(*next(self.ways)) and self.rounds < ROUNDS_OF_ONE:
                continue
            self.call("TerminateWorkflowExecution", domain="d",
                      workflowId=self.name)
            self.start()


def register(client):
    client.call("RegisterDomain", name="d",
                workflowExecutionRetentionPeriodInDays="1")
    client.call("RegisterWorkflowType", domain="d", name="f", version="1",
                defaultChildPolicy="TERMINATE",
                defaultTaskStartToCloseTimeout="NONE",
                defaultExecutionStartToCloseTimeout="86400")
    client.call("RegisterActivityType", domain="d", name="a", version="1",
                **{f"defaultTask{clock}Timeout": "NONE" for clock in (
                    "ScheduleToStart", "ScheduleToClose", "StartToClose",
                    "Heartbeat")})


def test_hangups():
    clients = [Client(i) for i in range(CLIENTS)]
    register(clients[0])
    threads = [threading.Thread(target=client.run, daemon=True,
                                args=(-(-TRIES // CLIENTS),))
               for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tries = sum(client.tries for client in clients)
    lost = [what for client in clients for what in client.lost]
    tap.ok(tries >= TRIES and not lost,
           f"{tries} polls that were hung up swallowed no task",
           f"{tries} of {TRIES} tries, lost: {lost}")


# ---- in the middle of a request ---------------------------------------------

def connections():
    return sum(os.path.basename(os.readlink(f"/proc/{service.process.pid}/fd/{fd}"))
               .startswith("socket:")
               for fd in os.listdir(f"/proc/{service.process.pid}/fd"))


def test_half_requests():
    before = connections()
    whole = request_of("ListDomains", registrationStatus="REGISTERED")
    for how in (fin, rst, half):
        for length in (0, 6, 60, whole.index(b"{"), len(whole) - 1):
            for _ in range(10):
                client = socket.create_connection(("127.0.0.1", service.port))
                client.sendall(whole[:length])
                how(client)
                kept.append(client)
    deadline = time.monotonic() + 30
    while connections() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    tap.ok(connections() <= before,
           "who hangs up in the middle of a request leaves nothing behind",
           f"{connections()} sockets, {before} before")


tap.run([test_hangups, test_half_requests])
