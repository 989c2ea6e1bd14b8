#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What calls of swf-local cost with few and with many open executions, and
what memory a long history takes.

    local.py SWF-LOCAL [FEW MANY]

Prints lines of "what, at few, at many" with tabs between: the medians in
microseconds of one call at a time over one connection, this program's own
share included; then lines of "what, MiB"."""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

FEW, MANY = 10, 100000
ROUNDS = 200
EVENTS = 100000
EVENTS_OF_ONE = 20000
CYCLE = 6  # events from one decision task to the next


class Service:
    def __init__(self, program, hold="1ms"):
        self.directory = tempfile.TemporaryDirectory()
        port_file = os.path.join(self.directory.name, "port")
        self.process = subprocess.Popen(
            [program, "--port", "0", "--port-file", port_file, "--hold",
             hold, "--log-level", "warning"])
        while not os.path.exists(port_file):
            if self.process.poll() is not None:
                sys.exit("swf-local ended")
            time.sleep(0.01)
        with open(port_file, encoding="ascii") as file:
            self.port = int(file.read())
        self.socket = self.connect()

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.socket.close()
        self.process.terminate()
        self.process.wait()

    def connect(self):
        made = socket.create_connection(("127.0.0.1", self.port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def send(self, request):
        """The body of the answer to a request as made by request_of()."""
        self.socket.sendall(request)
        return answer_from(self.socket)

    def call(self, operation, **members):
        body = self.send(request_of(operation, **members))
        return json.loads(body) if body else None

    def pss(self):
        """MiB."""
        with open(f"/proc/{self.process.pid}/smaps_rollup",
                  encoding="ascii") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
        return 0


def answer_from(connection):
    answer = b""
    while True:
        piece = connection.recv(1 << 20)
        answer += piece
        head, end, body = answer.partition(b"\r\n\r\n")
        if end and len(body) == length_in(head):
            break
        if not piece:
            sys.exit("swf-local closed a connection")
    if not head.startswith(b"HTTP/1.1 200"):
        sys.exit(f"{answer!r}")
    return body


def length_in(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def request_of(operation, **members):
    body = json.dumps(members).encode()
    return (f"POST / HTTP/1.1\r\nHost: localhost\r\n"
            f"X-Amz-Target: SimpleWorkflowService.{operation}\r\n"
            f"Content-Type: application/x-amz-json-1.0\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


LIST = {"domain": "d", "taskList": {"name": "list"}}
FLOW = {"name": "flow", "version": "1"}
ACT = {"name": "act", "version": "1"}


def set_up(service):
    service.call("RegisterDomain", name="d",
                 workflowExecutionRetentionPeriodInDays="1")
    service.call("RegisterWorkflowType", domain="d", **FLOW,
                 defaultTaskList=LIST["taskList"],
                 defaultTaskStartToCloseTimeout="NONE",
                 defaultExecutionStartToCloseTimeout="86400",
                 defaultChildPolicy="ABANDON")
    service.call("RegisterActivityType", domain="d", **ACT,
                 defaultTaskList=LIST["taskList"],
                 **{f"defaultTask{clock}Timeout": "NONE" for clock in (
                     "ScheduleToStart", "ScheduleToClose", "StartToClose",
                     "Heartbeat")})


def start(workflow, **more):
    return {"domain": "d", "workflowId": workflow, "workflowType": FLOW,
            **more}


def decide(service, decision):
    task = service.call("PollForDecisionTask", **LIST, maximumPageSize=1)
    service.call("RespondDecisionTaskCompleted", taskToken=task["taskToken"],
                 decisions=[decision])


def schedule(number):
    return {"decisionType": "ScheduleActivityTask",
            "scheduleActivityTaskDecisionAttributes": {
                "activityId": str(number), "activityType": ACT,
                "input": "x" * 100}}


# ---- calls ------------------------------------------------------------------

def medians(small, large, steps):
    """What each of the two services takes for a step, in microseconds; a step
    is (before, (timed by one, by the other), after), or None for the rest."""
    times = {small: [], large: []}
    for before, requests, after in steps:
        for service, request in zip((small, large), requests):
            if before:
                service.send(before)
            begun = time.perf_counter()
            service.send(request)
            times[service].append(time.perf_counter() - begun)
            if after:
                service.send(after)
    return [statistics.median(times[service]) * 1e6
            for service in (small, large)]


def fill(service, count):
    """Opens executions up to "count"; what the calls need to know of them."""
    run = service.call("StartWorkflowExecution", **start("first"))["runId"]
    decide(service, schedule(1))
    token = service.call("PollForActivityTask", **LIST)["taskToken"]
    middle = time.time()
    for i in range(count - 1):
        service.send(request_of("StartWorkflowExecution", **start(
            f"w{i}", tagList=["rare" if i == 3 else "common"])))
        if i == count // 2:
            middle = time.time()
    return run, token, middle


# Its decision task goes past all that wait.
START = request_of("StartWorkflowExecution", **start("more", taskPriority="1"))
TERMINATE = request_of("TerminateWorkflowExecution", domain="d",
                       workflowId="more")


def requests_for(filled):
    """(name, request) for a service that was filled."""
    run, token, middle = filled
    one = {"domain": "d", "execution": {"workflowId": "first", "runId": run}}
    ages = {"oldestDate": 0}
    half = {"oldestDate": 0, "latestDate": middle}

    def looking(operation, **members):
        return request_of(operation, domain="d", **members)

    yield "start", START
    yield "terminate", TERMINATE
    yield "describe", request_of("DescribeWorkflowExecution", **one)
    yield "history of 6 events", request_of("GetWorkflowExecutionHistory", **one)
    yield "heartbeat", request_of("RecordActivityTaskHeartbeat", taskToken=token,
                            details="50%")
    for name, more in (
            ("list 5, the newest", {"startTimeFilter": ages}),
            ("list 5, the oldest", {"startTimeFilter": ages,
                                    "reverseOrder": True}),
            ("list 5, from the middle", {"startTimeFilter": half}),
            ("list 5 of a type", {"startTimeFilter": ages,
                                  "typeFilter": FLOW}),
            ("list by workflow id", {"startTimeFilter": ages,
                                     "executionFilter":
                                     {"workflowId": "w3"}}),
            ("list by a rare tag", {"startTimeFilter": ages,
                                    "tagFilter": {"tag": "rare"}})):
        yield name, looking("ListOpenWorkflowExecutions", maximumPageSize=5,
                            **more)
    yield "list 5 closed", looking("ListClosedWorkflowExecutions",
                                   closeTimeFilter=ages, maximumPageSize=5)
    yield "count", looking("CountOpenWorkflowExecutions",
                           startTimeFilter=half)
    yield "count by a tag", looking("CountOpenWorkflowExecutions",
                                    startTimeFilter=ages,
                                    tagFilter={"tag": "common"})
    yield "count pending decisions", request_of("CountPendingDecisionTasks", **LIST)


def measure_calls(program, few, many):
    """In turns, so that what else the machine does is shared."""
    with Service(program) as small, Service(program) as large:
        for service in (small, large):
            set_up(service)
        plans = zip(requests_for(fill(small, few)),
                    requests_for(fill(large, many - 1)))
        for (name, request), (_, other) in plans:
            step = (START if request is TERMINATE else None,
                    (request, other),
                    TERMINATE if request is START else None)
            costs = medians(small, large, [step] * ROUNDS)
            print(f"{name}\t{costs[0]:.0f}\t{costs[1]:.0f}", flush=True)
        print(f"{many} open executions\t{large.pss():.1f}")


# ---- memory -----------------------------------------------------------------

def measure_history(program):
    """Decisions and activities one after the other, as deciders do."""
    with Service(program) as service:
        set_up(service)
        print(f"no event\t{service.pss():.1f}")
        events = 0
        while events < EVENTS:
            service.call("StartWorkflowExecution", **start(f"h{events}"))
            for number in range(EVENTS_OF_ONE // CYCLE):
                decide(service, schedule(number))
                task = service.call("PollForActivityTask", **LIST)
                service.call("RespondActivityTaskCompleted",
                             taskToken=task["taskToken"], result="y" * 100)
            service.call("TerminateWorkflowExecution", domain="d",
                         workflowId=f"h{events}")
            events += EVENTS_OF_ONE
        print(f"{events} events\t{service.pss():.1f}", flush=True)


def main():
    program = sys.argv[1]
    few, many = map(int, sys.argv[2:4] or (FEW, MANY))
    measure_calls(program, few, many)
    measure_history(program)


if __name__ == "__main__":
    main()
