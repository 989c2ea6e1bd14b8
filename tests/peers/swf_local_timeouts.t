#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""All the clocks of swf-local: the four timeouts of an activity task, those of
decision tasks and executions, and the hold of a poll.  They run at the same
time, because SWF's unit is the second."""

import os
import sys
import threading
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import Life, Service, fault, tap, violations

service = Service("--hold", "1s")
fast = Service("--hold", "1s", "--time-scale", "36000")
lock = threading.Lock()


def spent(life, kind, since):
    """Seconds between two events, by their timestamps; 0 if one is missing."""
    times = {}
    for event in life.events():
        times[event["eventType"]] = event["eventTimestamp"]
    if kind not in times or since not in times:
        return 0
    return (times[kind] - times[since]).total_seconds()


def check(life, name, want, since):
    life.wait_for_event("ActivityTaskTimedOut")
    with lock:
        tap.is_(life.last("ActivityTaskTimedOut"), want, name)
        seconds = spent(life, "ActivityTaskTimedOut", since)
        tap.ok(abs(seconds - 1) <= 0.002, name + ": after 1 s", seconds)
        tap.is_(life.kinds()[-1], "DecisionTaskScheduled",
                name + ": the decider is told")


def heartbeat():
    life = Life(service.client(), Heartbeat="2")
    token = life.begin()["taskToken"]
    life.client.record_activity_task_heartbeat(taskToken=token,
                                               details="5 of 9")
    time.sleep(0.5)
    life.client.record_activity_task_heartbeat(taskToken=token)
    beat = service.calls("RecordActivityTaskHeartbeat")["calls"]
    arrived = [c for c in beat if c["runId"] == life.run][-1]["wall"] / 1000
    life.wait_for_event("ActivityTaskTimedOut")
    timed_out = [e for e in life.events()
                 if e["eventType"] == "ActivityTaskTimedOut"][0]
    late = timed_out["eventTimestamp"].timestamp() - arrived - 2
    with lock:
        tap.ok(abs(late) < 0.005, "a heartbeat restarts the clock", late)
        tap.is_(life.last("ActivityTaskTimedOut"),
                {"timeoutType": "HEARTBEAT", "scheduledEventId": 5,
                 "startedEventId": 6, "details": "5 of 9"},
                "a heartbeat without details keeps those before")
        tap.is_(fault(life.client.record_activity_task_heartbeat,
                      taskToken=token),
                ("UnknownResourceFault",
                 "Unknown activity, scheduledEventId = 5"),
                "a late heartbeat revives nothing")


def start_to_close():
    life = Life(service.client(), StartToClose="1", Heartbeat="NONE")
    life.begin()
    check(life, "start to close",
          {"timeoutType": "START_TO_CLOSE", "scheduledEventId": 5,
           "startedEventId": 6}, "ActivityTaskStarted")


def schedule_to_start():
    life = Life(service.client(), ScheduleToStart="1")
    life.start()
    life.decide(life.schedule())
    check(life, "schedule to start",
          {"timeoutType": "SCHEDULE_TO_START", "scheduledEventId": 5,
           "startedEventId": 0}, "ActivityTaskScheduled")
    with lock:
        tap.is_(life.poll()["startedEventId"], 0,
                "and nobody gets the task any more")


def schedule_to_close():
    life = Life(service.client(), ScheduleToClose="1")
    life.begin()
    check(life, "schedule to close",
          {"timeoutType": "SCHEDULE_TO_CLOSE", "scheduledEventId": 5,
           "startedEventId": 6}, "ActivityTaskScheduled")


def schedule_to_close_unstarted():
    life = Life(service.client(), ScheduleToClose="1")
    life.start()
    life.decide(life.schedule())
    check(life, "schedule to close, never started",
          {"timeoutType": "SCHEDULE_TO_CLOSE", "scheduledEventId": 5,
           "startedEventId": 0}, "ActivityTaskScheduled")


def heartbeat_runs_from_the_start():
    life = Life(service.client(), Heartbeat="2")
    life.start()
    life.decide(life.schedule())
    time.sleep(2.1)
    token = life.poll()["taskToken"]
    answer = life.client.record_activity_task_heartbeat(taskToken=token)
    with lock:
        tap.is_(answer["cancelRequested"], False,
                "the heartbeat clock does not run before the start")


def none_never_runs_out():
    life = Life(service.client(), ScheduleToStart="NONE", Heartbeat="NONE",
                ScheduleToClose="NONE", StartToClose="NONE")
    token = life.begin()["taskToken"]
    time.sleep(1.5)
    life.client.respond_activity_task_completed(taskToken=token)
    with lock:
        tap.is_(life.kinds()[-2], "ActivityTaskCompleted",
                "NONE never runs out")


def zero():
    life = Life(service.client(), ScheduleToStart="0")
    life.start()
    life.decide(life.schedule())
    life.wait_for_event("ActivityTaskTimedOut")
    with lock:
        tap.is_(spent(life, "ActivityTaskTimedOut", "ActivityTaskScheduled"),
                0, "a timeout of 0 runs out at once")


def decision():
    life = Life(service.client(), decision="1")
    life.start()
    first = life.poll_decision()
    life.wait_for_event("DecisionTaskTimedOut")
    with lock:
        tap.is_(life.last("DecisionTaskTimedOut"),
                {"timeoutType": "START_TO_CLOSE", "scheduledEventId": 2,
                 "startedEventId": 3}, "a decision task times out")
        tap.is_(life.kinds()[-1], "DecisionTaskScheduled", "there is another")
    second = life.poll_decision()
    with lock:
        tap.is_(second["previousStartedEventId"], 0,
                "one that timed out is not the previous one")
        tap.is_(fault(life.respond, task=first),
                ("UnknownResourceFault",
                 "Unknown decision task, scheduledEventId = 2"),
                "its token is good no more")


def execution():
    life = Life(service.client(), execution="1")
    token = life.begin()["taskToken"]
    life.wait_for_event("WorkflowExecutionTimedOut")
    with lock:
        tap.is_(life.last("WorkflowExecutionTimedOut"),
                {"timeoutType": "START_TO_CLOSE", "childPolicy": "TERMINATE"},
                "an execution times out")
        tap.is_(life.kinds()[-1], "WorkflowExecutionTimedOut",
                "and that is its last event")
        tap.is_(life.describe()["executionInfo"]["closeStatus"], "TIMED_OUT",
                "and its close status")
        tap.is_(fault(life.client.respond_activity_task_completed,
                      taskToken=token),
                ("UnknownResourceFault", "Unknown execution: "
                 f"WorkflowExecution=[workflowId=w, runId={life.run}]"),
                "its tasks are gone")


def empty_polls():
    life = Life(service.client())
    begun = time.monotonic()
    activity = life.poll()
    took = time.monotonic() - begun
    decision_task = life.poll_decision()
    for answer in (activity, decision_task):
        del answer["ResponseMetadata"]
    with lock:
        tap.is_(activity, {"startedEventId": 0},
                "an empty poll for activity tasks")
        tap.is_(decision_task,
                {"startedEventId": 0, "previousStartedEventId": 0},
                "an empty poll for decision tasks")
        tap.ok(0.95 < took < 2, "after the hold", took)


def hours_in_a_fraction_of_a_second():
    life = Life(fast.client(), execution="180000", decision="36000",
                ScheduleToStart="NONE", ScheduleToClose="NONE",
                StartToClose="360000", Heartbeat="36000")
    token = life.begin()["taskToken"]
    time.sleep(0.6)
    life.client.record_activity_task_heartbeat(taskToken=token)
    begun = time.monotonic()
    life.wait_for_event("ActivityTaskTimedOut")
    took = time.monotonic() - begun
    with lock:
        tap.ok(0.9 < took < 1.5, "ten hours of a heartbeat timeout in 1 s",
               took)
        tap.ok(abs(spent(life, "ActivityTaskTimedOut", "ActivityTaskStarted")
                   - 1.6) < 0.2, "events bear the time of the wall")
        tap.is_(life.last("ActivityTaskTimedOut")["timeoutType"], "HEARTBEAT",
                "and say which clock it was")
        tap.is_(life.last("ActivityTaskScheduled")["heartbeatTimeout"],
                "36000", "in the seconds that were asked for")
    life.poll_decision()
    life.wait_for_event("DecisionTaskTimedOut")
    with lock:
        tap.ok(abs(spent(life, "DecisionTaskTimedOut", "DecisionTaskStarted")
                   - 1) <= 0.002, "a decision task's clock runs as fast")
    life.wait_for_event("WorkflowExecutionTimedOut")
    with lock:
        tap.ok(abs(spent(life, "WorkflowExecutionTimedOut",
                         "WorkflowExecutionStarted") - 5) <= 0.002,
               "and an execution's")


def test_clocks():
    errors = []

    def guarded(function):
        try:
            function()
        except Exception as error:
            errors.append(f"{function.__name__}: {error!r}")

    threads = [threading.Thread(target=guarded, args=(function,))
               for function in (
                   heartbeat, start_to_close, schedule_to_start,
                   schedule_to_close, schedule_to_close_unstarted,
                   heartbeat_runs_from_the_start, none_never_runs_out, zero,
                   decision, execution, empty_polls,
                   hours_in_a_fraction_of_a_second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.is_(errors, [], "no judge broke")
    tap.is_(violations, [], "every answer fits botocore's model")


if __name__ == "__main__":
    tap.run([test_clocks])
