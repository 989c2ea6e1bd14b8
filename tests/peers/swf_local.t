#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""boto3 lives whole lives on swf-local: every answer is parsed by botocore and
its JSON is held against botocore's model of the API."""

import os
import socket
import sys
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import (Life, Service, close, decision, fault, in_thread,
                      request_cancel, tap, violations, wait_for)

service = Service("--hold", "30s")
client = service.client()


def test_a_whole_life():
    life = Life(client)
    life.start(input="in", tagList=["x", "y"], taskPriority="5")
    first = life.poll_decision(identity="decider")
    tap.is_(first["previousStartedEventId"], 0,
            "the first decision task has no previous one")
    tap.is_([e["eventType"] for e in first["events"]],
            ["WorkflowExecutionStarted", "DecisionTaskScheduled",
             "DecisionTaskStarted"], "and comes with the history so far")
    life.respond(first, life.schedule(input="do", control="c"),
                 executionContext="")
    task = life.poll(identity="worker")
    tap.is_((task["activityId"], task["input"], task["startedEventId"],
             task["activityType"], task["workflowExecution"]),
            ("a", "do", 6, life.activity, life.execution),
            "a worker gets the activity task")
    token = task["taskToken"]
    tap.ok(len(token) == 576 and token.startswith("AAAAKgAAAAEAAAAAAAAA")
           and token.endswith("="), "its token looks like a real one", token)
    beat = client.record_activity_task_heartbeat(taskToken=token,
                                                 details="half")
    tap.is_(beat["cancelRequested"], False, "nobody asked to cancel")
    client.respond_activity_task_completed(taskToken=token, result="done é")
    second = life.poll_decision()
    tap.is_(second["previousStartedEventId"], 3,
            "the second decision task knows the first")
    life.respond(second, close("Complete", result="all"))
    info = life.describe()
    tap.is_(info["executionInfo"]["closeStatus"], "COMPLETED", "it completed")
    tap.is_(info["latestExecutionContext"], "",
            "an empty execution context is kept")
    tap.is_(info["executionInfo"]["tagList"], ["x", "y"], "with its tags")
    tap.is_(life.kinds(), [
        "WorkflowExecutionStarted", "DecisionTaskScheduled",
        "DecisionTaskStarted", "DecisionTaskCompleted",
        "ActivityTaskScheduled", "ActivityTaskStarted",
        "ActivityTaskCompleted", "DecisionTaskScheduled",
        "DecisionTaskStarted", "DecisionTaskCompleted",
        "WorkflowExecutionCompleted"], "events are in their order")
    events = life.events()
    tap.is_([e["eventId"] for e in events], list(range(1, 12)),
            "ids begin at 1 and have no gaps")
    tap.is_(events[0]["workflowExecutionStartedEventAttributes"], {
        "input": "in", "executionStartToCloseTimeout": "60",
        "taskStartToCloseTimeout": "10", "childPolicy": "TERMINATE",
        "taskList": {"name": "list"}, "taskPriority": "5",
        "workflowType": life.workflow, "tagList": ["x", "y"],
        "parentInitiatedEventId": 0}, "WorkflowExecutionStarted is whole")
    tap.is_(life.last("ActivityTaskScheduled"), {
        "activityType": life.activity, "activityId": "a", "input": "do",
        "control": "c", "scheduleToStartTimeout": "60",
        "scheduleToCloseTimeout": "60", "startToCloseTimeout": "60",
        "heartbeatTimeout": "30", "taskList": {"name": "list"},
        "decisionTaskCompletedEventId": 4}, "ActivityTaskScheduled is whole")
    tap.is_(life.last("ActivityTaskStarted"),
            {"identity": "worker", "scheduledEventId": 5},
            "ActivityTaskStarted is whole")
    tap.is_(life.last("ActivityTaskCompleted"),
            {"result": "done é", "scheduledEventId": 5, "startedEventId": 6},
            "ActivityTaskCompleted is whole")
    tap.is_(events[6]["eventTimestamp"], events[7]["eventTimestamp"],
            "an event and the decision task it causes share their instant")


def test_cancel():
    life = Life(client)
    task = life.begin()
    token = task["taskToken"]
    client.request_cancel_workflow_execution(domain=life.domain,
                                             workflowId="w")
    tap.is_(life.describe()["executionInfo"]["cancelRequested"], True,
            "an open execution says that a cancel was requested")
    tap.is_(client.record_activity_task_heartbeat(taskToken=token)
            ["cancelRequested"], False, "the activity is not cancelled yet")
    life.decide(request_cancel())
    tap.is_(client.record_activity_task_heartbeat(taskToken=token)
            ["cancelRequested"], True, "a heartbeat tells of the cancel")
    client.respond_activity_task_canceled(taskToken=token, details="50%")
    scheduled = [e["eventId"] for e in life.events()
                 if e["eventType"] == "ActivityTaskCancelRequested"][0]
    tap.is_(life.last("ActivityTaskCanceled"),
            {"details": "50%", "scheduledEventId": 5, "startedEventId": 6,
             "latestCancelRequestedEventId": scheduled},
            "ActivityTaskCanceled names the request")
    life.decide(close("Cancel", details="bye"))
    info = life.describe()["executionInfo"]
    tap.is_((info["closeStatus"], info["cancelRequested"]),
            ("CANCELED", False), "a closed execution says false again")


def test_cancel_before_the_start():
    life = Life(client)
    life.start()
    life.decide(life.schedule())
    client.request_cancel_workflow_execution(domain=life.domain,
                                             workflowId="w")
    life.decide(request_cancel(), request_cancel("other"))
    tap.is_(life.kinds()[-4:],
            ["ActivityTaskCancelRequested", "ActivityTaskCanceled",
             "DecisionTaskScheduled", "RequestCancelActivityTaskFailed"],
            "a task that waits is canceled at once, an unknown one is not")
    tap.is_(life.last("ActivityTaskCanceled")["startedEventId"], 0,
            "with no start")
    tap.is_(life.last("RequestCancelActivityTaskFailed")["cause"],
            "ACTIVITY_ID_UNKNOWN", "and a cause")


def test_fail_and_details():
    life = Life(client)
    token = life.begin()["taskToken"]
    client.respond_activity_task_failed(taskToken=token, reason="exit 3",
                                        details="why")
    tap.is_(life.last("ActivityTaskFailed"),
            {"reason": "exit 3", "details": "why", "scheduledEventId": 5,
             "startedEventId": 6}, "ActivityTaskFailed is whole")
    life.decide(close("Fail", reason="r", details="d"))
    tap.is_(life.last("WorkflowExecutionFailed"),
            {"reason": "r", "details": "d",
             "decisionTaskCompletedEventId": 10}, "the execution failed")


def test_canceled_without_a_request():
    life = Life(client)
    token = life.begin()["taskToken"]
    client.respond_activity_task_canceled(taskToken=token)
    tap.is_(life.last("ActivityTaskCanceled"),
            {"scheduledEventId": 5, "startedEventId": 6},
            "canceled without a request is taken")


def test_closed_tokens():
    life = Life(client)
    token = life.begin()["taskToken"]
    client.respond_activity_task_completed(taskToken=token)
    gone = ("UnknownResourceFault", "Unknown activity, scheduledEventId = 5")
    for call, more in (
            (client.record_activity_task_heartbeat, {}),
            (client.respond_activity_task_completed, {"result": "again"}),
            (client.respond_activity_task_failed, {}),
            (client.respond_activity_task_canceled, {})):
        tap.is_(fault(call, taskToken=token, **more), gone,
                f"{call.__name__} of a closed task")
    task = life.poll_decision()
    life.respond(task, life.schedule("b"))
    tap.is_(fault(client.respond_decision_task_completed,
                  taskToken=task["taskToken"]),
            ("UnknownResourceFault",
             "Unknown decision task, scheduledEventId = 8"),
            "a decision task that was responded to")
    other = life.poll()["taskToken"]
    client.terminate_workflow_execution(domain=life.domain, workflowId="w",
                                        reason="enough", details="d")
    unknown = ("UnknownResourceFault",
               "Unknown execution: WorkflowExecution="
               f"[workflowId=w, runId={life.run}]")
    tap.is_(fault(client.record_activity_task_heartbeat, taskToken=other),
            unknown, "a heartbeat of a closed execution")
    tap.is_(fault(client.respond_activity_task_completed, taskToken=other),
            unknown, "an outcome of a closed execution")
    tap.is_(life.last("WorkflowExecutionTerminated"),
            {"reason": "enough", "details": "d", "childPolicy": "TERMINATE",
             "cause": "OPERATOR_INITIATED"}, "it was terminated")
    tap.is_(life.describe()["openCounts"]["openActivityTasks"], 1,
            "the task that was open when it closed stays counted")
    tap.is_(life.kinds()[-1], "WorkflowExecutionTerminated",
            "but has no event of its own")
    tap.is_(fault(client.terminate_workflow_execution, domain=life.domain,
                  workflowId="w"),
            ("UnknownResourceFault", "Unknown execution, workflowId = w"),
            "it cannot be terminated twice")
    tap.is_(fault(client.request_cancel_workflow_execution,
                  domain=life.domain, workflowId="w", runId=life.run),
            unknown, "nor canceled by its run")


def test_decision_cap():
    """DecisionTaskScheduled while one is started: one, and held back."""
    life = Life(client)
    token = life.begin()["taskToken"]
    client.request_cancel_workflow_execution(domain=life.domain,
                                             workflowId="w")
    task = life.poll_decision()
    client.respond_activity_task_completed(taskToken=token)
    client.request_cancel_workflow_execution(domain=life.domain,
                                             workflowId="w")
    tap.is_(life.kinds()[-5:],
            ["DecisionTaskScheduled", "DecisionTaskStarted",
             "ActivityTaskCompleted", "DecisionTaskScheduled",
             "WorkflowExecutionCancelRequested"],
            "one more decision task is scheduled while one is started")
    tap.is_(life.describe()["openCounts"]["openDecisionTasks"], 1,
            "openDecisionTasks says 1")
    held = in_thread(life.poll_decision)
    time.sleep(0.1)
    tap.ok(held.is_alive(), "it is not handed out yet")
    life.respond(task, close("Complete"))
    tap.is_(life.last("CompleteWorkflowExecutionFailed")["cause"],
            "UNHANDLED_DECISION", "an execution is not closed over it")
    second = held.result()
    tap.is_(second["startedEventId"], second["events"][-1]["eventId"],
            "then it is handed out")
    life.respond(second, life.schedule("x"), close("Complete"))
    tap.is_(life.kinds()[-2:],
            ["ActivityTaskScheduled", "WorkflowExecutionCompleted"],
            "an open activity task prevents nothing")


def test_schedule_failures():
    life = Life(client, ScheduleToStart=None)
    life.start()
    unknown = life.schedule("a")
    unknown["scheduleActivityTaskDecisionAttributes"]["activityType"] = {
        "name": "none", "version": "1"}
    life.decide(unknown, life.schedule("b"),
                life.schedule("c", scheduleToStartTimeout="NONE"),
                life.schedule("c", scheduleToStartTimeout="NONE"))
    causes = [e["scheduleActivityTaskFailedEventAttributes"]["cause"]
              for e in life.events()
              if e["eventType"] == "ScheduleActivityTaskFailed"]
    tap.is_(causes, ["ACTIVITY_TYPE_DOES_NOT_EXIST",
                     "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED",
                     "ACTIVITY_ID_ALREADY_IN_USE"],
            "what cannot be scheduled fails with its cause")
    tap.is_(life.kinds().count("DecisionTaskScheduled"), 2,
            "and makes one decision task")


def test_lambda_is_refused():
    life = Life(client)
    life.start()
    life.decide(decision("ScheduleLambdaFunction", id="l", name="f"))
    tap.is_(life.last("ScheduleLambdaFunctionFailed"),
            {"id": "l", "name": "f", "decisionTaskCompletedEventId": 4,
             "cause": "LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION"},
            "a Lambda function is refused with its own event")
    tap.is_(life.kinds()[-1], "DecisionTaskScheduled", "for the decider to see")


def test_batch_is_checked_whole():
    life = Life(client)
    life.start()
    task = life.poll_decision()
    before = len(life.events())
    code, message = fault(life.respond, task=task) or (None, None)
    status, _, body = service.call("RespondDecisionTaskCompleted", {
        "taskToken": task["taskToken"],
        "decisions": [life.schedule(), {"decisionType": "Dance"}]})
    tap.ok(False if code else True, "no decisions at all are legal", message)
    life = Life(client)
    life.start()
    task = life.poll_decision()
    before = len(life.events())
    for decisions, want in (
            ([life.schedule(), {"decisionType": "Dance"}],
             "1 validation error detected: Value 'Dance' at "
             "'decisions.2.member.decisionType' failed to satisfy "
             "constraint: Member must satisfy enum value set: ["),
            ([life.schedule(), {"decisionType": "StartTimer"}],
             "1 validation error detected: Value null at 'decisions.2.member."
             "startTimerDecisionAttributes' failed to satisfy constraint: "
             "Member must not be null"),
            ([close("Complete"), life.schedule()],
             "Close must be last decision in list")):
        status, _, body = service.call("RespondDecisionTaskCompleted", {
            "taskToken": task["taskToken"], "decisions": decisions})
        tap.ok(status == 400 and want in body.decode(), want, body)
    tap.is_(len(life.events()), before, "a bad batch changes nothing")
    life.respond(task, life.schedule())
    tap.is_(life.kinds()[-1], "ActivityTaskScheduled",
            "and leaves the token good")


def test_history_pages():
    life = Life(client)
    life.begin()
    names = dict(domain=life.domain, execution=life.execution)
    ids, token, pages = [], None, 0
    while True:
        more = {"nextPageToken": token} if token else {}
        page = client.get_workflow_execution_history(
            maximumPageSize=4, **names, **more)
        ids += [e["eventId"] for e in page["events"]]
        pages += 1
        token = page.get("nextPageToken")
        if token is None:
            break
    tap.is_((ids, pages), ([1, 2, 3, 4, 5, 6], 2), "pages make the whole")
    page = client.get_workflow_execution_history(
        maximumPageSize=4, reverseOrder=True, **names)
    rest = client.get_workflow_execution_history(
        maximumPageSize=4, reverseOrder=True, **names,
        nextPageToken=page["nextPageToken"])
    tap.is_([e["eventId"] for e in page["events"] + rest["events"]],
            [6, 5, 4, 3, 2, 1], "backwards too")
    paginator = client.get_paginator("get_workflow_execution_history")
    found = [e["eventId"] for page in paginator.paginate(
        **names, PaginationConfig={"PageSize": 1}) for e in page["events"]]
    tap.is_(found, [1, 2, 3, 4, 5, 6], "botocore's paginator agrees")
    tap.is_(fault(client.get_workflow_execution_history, **names,
                  nextPageToken="AAAA"),
            ("ValidationException", "Invalid token"), "a foreign page token")


def test_decision_pages():
    life = Life(client)
    life.start()
    first = life.poll_decision(maximumPageSize=2)
    second = life.poll_decision(maximumPageSize=2,
                                nextPageToken=first["nextPageToken"])
    tap.is_([e["eventId"] for e in first["events"] + second["events"]],
            [1, 2, 3], "a decision task's history comes in pages")
    tap.is_(second["taskToken"], first["taskToken"], "of one task")
    life.respond(second, life.schedule())
    tap.is_((fault(client.poll_for_decision_task, domain=life.domain,
                   taskList=life.task_list,
                   nextPageToken=first["nextPageToken"]) or ("",))[0],
            "UnknownResourceFault", "which ends with it")
    client.request_cancel_workflow_execution(domain=life.domain,
                                             workflowId="w")
    task = life.poll_decision(reverseOrder=True)
    tap.is_([e["eventType"] for e in task["events"]][:2],
            ["DecisionTaskStarted", "DecisionTaskScheduled"],
            "the newest first, if asked")


def test_long_poll():
    life = Life(client)
    polls = [in_thread(life.poll, identity=str(i)) for i in range(3)]
    wait_for(lambda: service.connections() >= 3, "the polls to be held")
    life.start()
    begun = time.monotonic()
    life.decide(life.schedule("one"), life.schedule("two"),
                life.schedule("three"))
    got = sorted(poll.result()["activityId"] for poll in polls)
    tap.is_(got, ["one", "three", "two"], "held polls get one task each")
    tap.ok(time.monotonic() - begun < 1, "at once")
    tap.is_(life.kinds()[4:], ["ActivityTaskScheduled"] * 3 +
            ["ActivityTaskStarted"] * 3,
            "the events of one batch stand together")


def test_hung_up_client_swallows_nothing():
    life = Life(client)
    body = '{"domain":"%s","taskList":{"name":"list"}}' % life.domain
    request = ("POST / HTTP/1.1\r\nHost: x\r\n"
               "Content-Type: application/x-amz-json-1.0\r\n"
               "X-Amz-Target: SimpleWorkflowService.PollForActivityTask\r\n"
               "Content-Length: %d\r\n\r\n%s" % (len(body), body))
    for i in range(5):
        raw = socket.create_connection(("127.0.0.1", service.port))
        raw.sendall(request.encode())
        if i % 2 == 0:
            held = len(service.calls()["calls"])
            wait_for(lambda: service.connections() > 0, "the poll to be held")
        raw.close()
    life.start()
    life.decide(life.schedule())
    tap.is_(life.poll()["activityId"], "a",
            "polls whose clients hung up swallow no task")
    tap.is_(life.kinds().count("ActivityTaskStarted"), 1, "it started once")


def test_priority():
    life = Life(client)
    life.start()
    life.decide(life.schedule("low", taskPriority="-1"),
                life.schedule("none"), life.schedule("high",
                                                     taskPriority="7"),
                life.schedule("also", taskPriority="7"))
    tap.is_([life.poll()["activityId"] for _ in range(4)],
            ["high", "also", "none", "low"],
            "higher priority first, then the older one")


def test_task_lists_are_two_name_spaces():
    life = Life(client)
    life.start()
    poll = in_thread(life.poll)
    time.sleep(0.05)
    tap.ok(poll.is_alive(),
           "a decision task does not wake a poll for activity tasks")
    life.decide(life.schedule())
    tap.is_(poll.result()["activityId"], "a", "an activity task does")


def test_every_answer_fits_the_model():
    tap.is_(violations, [], "every answer fits botocore's model")


if __name__ == "__main__":
    tap.run([value for name, value in list(globals().items())
             if name.startswith("test_")])
