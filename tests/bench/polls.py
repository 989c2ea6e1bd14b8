#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How soon swf-local answers: after its start, and a held poll after a task is
scheduled for it; and what thousands of held polls cost.

    polls.py SWF-LOCAL [POLLS]

Prints lines of "what, figure, unit" with tabs between.  Times are those that a
client sees, this program's own share included."""

import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from local import ACT, Service, answer_from, request_of, set_up, start

POLLS = 5000
OF_A_LIST = 1000  # polls that one task list may hold
OF_A_DECISION = 100
STARTS = 31
WAKES = 301


def line(what, figure, unit):
    print(f"{what}\t{figure:.2f}\t{unit}", flush=True)


# ---- the start --------------------------------------------------------------

def measure_start(program):
    """From the start of the program to the end of its first answer."""
    asked = request_of("ListDomains", registrationStatus="REGISTERED")
    times = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        process = subprocess.Popen(
            [program, "--port", "0", "--port-file", "-", "--log-level",
             "warning"], stdout=subprocess.PIPE)
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(asked)
            answer_from(connection)
            times.append((time.perf_counter() - begun) * 1e3)
        process.terminate()
        process.wait()
        process.stdout.close()
    line("start to first answer", statistics.median(times), "ms")
    line("start to first answer, the best", min(times), "ms")


# ---- polls ------------------------------------------------------------------

def poll_of(name):
    return request_of("PollForActivityTask", domain="d",
                      taskList={"name": name})


def schedule(number, name):
    return {"decisionType": "ScheduleActivityTask",
            "scheduleActivityTaskDecisionAttributes": {
                "activityId": str(number), "activityType": ACT,
                "taskList": {"name": name}}}


def decision_task(service, workflow):
    """A started decision task of a new execution: its token."""
    mine = {"taskList": {"name": "decide"}}
    service.call("StartWorkflowExecution", **start(workflow, **mine))
    return service.call("PollForDecisionTask", domain="d", **mine,
                        maximumPageSize=1)["taskToken"]


def decide(service, token, decisions):
    """The same call; the executions go on with the next decision task."""
    service.call("RespondDecisionTaskCompleted", taskToken=token,
                 decisions=decisions)


def unread(service):
    """How many connections have something that the service has not read."""
    port = f":{service.port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [row.split() for row in table]
    return sum(1 for row in rows if row[1].endswith(port) and
               not row[4].endswith(":00000000"))


def settle(service):
    """Until what was sent is held."""
    while unread(service) > 0:
        time.sleep(0.01)
    service.call("CountPendingActivityTasks", domain="d",
                 taskList={"name": "none"})


def measure_wakes(service, what):
    """From the sending of the decision to the answer of the poll."""
    times = []
    with service.connect() as poll:
        for number in range(WAKES):
            token = decision_task(service, "wake")
            poll.sendall(poll_of("wake"))
            settle(service)
            request = request_of("RespondDecisionTaskCompleted",
                                 taskToken=token,
                                 decisions=[schedule(number, "wake")])
            begun = time.perf_counter()
            service.socket.sendall(request)
            task = json.loads(answer_from(poll))
            times.append((time.perf_counter() - begun) * 1e3)
            answer_from(service.socket)
            if "taskToken" not in task:
                sys.exit("a poll that was held got no task")
            service.call("TerminateWorkflowExecution", domain="d",
                         workflowId="wake")
    line(f"schedule to answer of a poll, {what}",
         statistics.median(times), "ms")


def hold(service, count):
    polls = []
    for number in range(count):
        polls.append(service.connect())
        polls[-1].sendall(poll_of(f"held{number // OF_A_LIST}"))
    settle(service)
    return polls


def answer_all(service, polls):
    """Schedules a task for each of them; the seconds until all have one."""
    batches = []
    for first in range(0, len(polls), OF_A_DECISION):
        last = min(first + OF_A_DECISION, len(polls))
        batches.append((decision_task(service, f"batch{first}"), [
            schedule(number, f"held{number // OF_A_LIST}")
            for number in range(first, last)]))
    begun = time.perf_counter()
    for token, decisions in batches:
        decide(service, token, decisions)
    tasks = [json.loads(answer_from(poll)) for poll in polls]
    took = time.perf_counter() - begun
    if len({task.get("taskToken") for task in tasks} - {None}) != len(polls):
        sys.exit("a poll that was held got no task of its own")
    return took


def measure_polls(program, count):
    with Service(program, hold="600s") as service:
        set_up(service)
        measure_wakes(service, "alone")
        before = service.pss()
        polls = hold(service, count)
        grown = service.pss() - before
        measure_wakes(service, f"{count} held")
        took = answer_all(service, polls)
        line(f"{count} polls held, for each", grown * 1024 / count, "KiB")
        line(f"{count} polls held, to answer all", took * 1e3, "ms")
        for poll in polls:
            poll.close()


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else POLLS
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 100:
        sys.exit(f"{count} polls want {count + 100} descriptors, "
                 f"and the limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    measure_start(program)
    measure_polls(program, count)


main()
