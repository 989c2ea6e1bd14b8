#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""boto3's deciders do all that can be decided: children, timers, markers,
signals, continuing as new.  At the end every event that the service can make
was seen, with every attribute that botocore's model knows of it."""

import os
import sys

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import (MODEL, Life, Service, close, decision, fault, in_thread,
                      request_cancel, tap, violations)

service = Service("--hold", "30s")
client = service.client()
seen = {}  # event type -> the attributes it was seen with


def note_events(parsed, **kwargs):
    """What any history that boto3 read had in it."""
    for event in parsed.get("events", []):
        kind = event["eventType"]
        key = kind[0].lower() + kind[1:] + "EventAttributes"
        seen.setdefault(kind, set()).update(event[key])


client.meta.events.register("after-call.swf", note_events)


class Run:
    """An execution whose decision tasks are in a list of their own."""

    def __init__(self, life, workflow_id, run_id=None):
        self.life = life
        self.id = workflow_id
        self.list = {"name": "list-of-" + workflow_id}
        self.run = run_id

    def start(self, **more):
        self.run = client.start_workflow_execution(
            domain=self.life.domain, workflowId=self.id, taskList=self.list,
            workflowType=self.life.workflow, **more)["runId"]
        return self

    def as_child(self, **more):
        return decision("StartChildWorkflowExecution", workflowId=self.id,
                        taskList=self.list, workflowType=self.life.workflow,
                        **more)

    @property
    def execution(self):
        return {"workflowId": self.id, "runId": self.run}

    def poll(self):
        task = client.poll_for_decision_task(
            domain=self.life.domain, taskList=self.list, identity="decider")
        self.run = task["workflowExecution"]["runId"]
        return task

    def decide(self, *decisions):
        task = self.poll()
        self.life.respond(task, *decisions)
        return task

    def events(self):
        return client.get_workflow_execution_history(
            domain=self.life.domain, execution=self.execution)["events"]

    def kinds(self):
        """The types of its events, without those of decision tasks."""
        return [event["eventType"] for event in self.events()
                if not event["eventType"].startswith("DecisionTask")]

    def last(self, kind):
        key = kind[0].lower() + kind[1:] + "EventAttributes"
        found = [event for event in self.events()
                 if event["eventType"] == kind]
        return found[-1][key] if found else None

    def describe(self):
        return client.describe_workflow_execution(
            domain=self.life.domain, execution=self.execution)

    def closed(self):
        return self.describe()["executionInfo"].get("closeStatus")

    def terminate(self, **more):
        client.terminate_workflow_execution(
            domain=self.life.domain, workflowId=self.id, **more)


def family(life, **child):
    """A parent and its child, both open."""
    parent = Run(life, "parent").start()
    child_run = Run(life, "child")
    parent.decide(child_run.as_child(**child))
    parent.decide()  # the news that the child started
    return parent, child_run


def test_a_family():
    life = Life(client)
    parent = Run(life, "parent").start(input="in")
    child = Run(life, "child")
    parent.decide(
        child.as_child(input="do", control="mine", tagList=["kid"],
                       taskPriority="2", lambdaRole="role"),
        decision("StartTimer", timerId="guard", startToFireTimeout="1000",
                 control="c"),
        decision("RecordMarker", markerName="begun", details="all"))
    tap.is_(parent.kinds(),
            ["WorkflowExecutionStarted", "StartChildWorkflowExecutionInitiated",
             "TimerStarted", "MarkerRecorded",
             "ChildWorkflowExecutionStarted"],
            "a parent starts a child, a timer and records a marker")
    counts = parent.describe()["openCounts"]
    tap.is_((counts["openChildWorkflowExecutions"], counts["openTimers"]),
            (1, 1), "both are counted")
    first = child.poll()
    started = first["events"][0]["workflowExecutionStartedEventAttributes"]
    tap.is_((started["parentWorkflowExecution"],
             started["parentInitiatedEventId"], started["input"]),
            (parent.execution, 5, "do"), "the child knows its parent")
    tap.is_(child.describe()["executionInfo"]["parent"], parent.execution,
            "and so does its description")
    life.respond(
        first,
        decision("SignalExternalWorkflowExecution", workflowId="parent",
                 runId=parent.run, signalName="hello", input="from child",
                 control="s"),
        decision("RequestCancelExternalWorkflowExecution",
                 workflowId="parent", runId=parent.run, control="r"))
    first_run = child.run
    tap.is_(parent.last("WorkflowExecutionSignaled"),
            {"signalName": "hello", "input": "from child",
             "externalInitiatedEventId": 5,
             "externalWorkflowExecution": child.execution},
            "the child signals its parent")
    tap.is_(parent.last("WorkflowExecutionCancelRequested"),
            {"externalInitiatedEventId": 6,
             "externalWorkflowExecution": child.execution},
            "and asks it to cancel")
    tap.is_(child.last("ExternalWorkflowExecutionSignaled"),
            {"initiatedEventId": 5, "workflowExecution": parent.execution},
            "it learns that it has signaled")
    child.decide(close("ContinueAsNew", input="more", tagList=["again"],
                       taskList=child.list, taskPriority="2",
                       lambdaRole="role"))
    tap.is_(child.closed(), "CONTINUED_AS_NEW", "the child continues as new")
    continued = child.last("WorkflowExecutionContinuedAsNew")
    second = child.poll()
    started = second["events"][0]["workflowExecutionStartedEventAttributes"]
    tap.is_((child.run, started["continuedExecutionRunId"],
             started["parentWorkflowExecution"]),
            (continued["newExecutionRunId"], first_run, parent.execution),
            "the new run is a child of the same parent")
    life.respond(second, close("Complete", result="done"))
    parent.decide(decision("CancelTimer", timerId="guard"))
    done = parent.last("ChildWorkflowExecutionCompleted")
    tap.is_((done["result"], done["workflowExecution"],
             done["initiatedEventId"]), ("done", child.execution, 5),
            "whose end the parent learns")
    tap.is_(parent.last("TimerCanceled")["timerId"], "guard",
            "it cancels its timer")
    counts = parent.describe()["openCounts"]
    tap.is_((counts["openChildWorkflowExecutions"], counts["openTimers"]),
            (0, 0), "nothing of it is open")
    client.signal_workflow_execution(
        domain=life.domain, workflowId="parent", signalName="go")
    parent.decide(close("ContinueAsNew", taskList=parent.list))
    parent.decide(close("Cancel", details="enough"))
    tap.is_(parent.kinds(),
            ["WorkflowExecutionStarted", "WorkflowExecutionCanceled"],
            "the parent continues as new, too, and ends")


def test_timers():
    life = Life(client)
    run = Run(life, "timers").start()
    run.decide(decision("StartTimer", timerId="now", startToFireTimeout="0"),
               decision("StartTimer", timerId="soon", startToFireTimeout="1"),
               decision("StartTimer", timerId="soon", startToFireTimeout="1"),
               decision("CancelTimer", timerId="none"))
    tap.is_([run.last(kind)["cause"] for kind in
             ("StartTimerFailed", "CancelTimerFailed")],
            ["TIMER_ID_ALREADY_IN_USE", "TIMER_ID_UNKNOWN"],
            "timers fail with their causes")
    run.decide()
    tap.is_(run.last("TimerFired"), {"timerId": "now", "startedEventId": 5},
            "a timer of 0 fires at once")
    held = in_thread(run.poll)
    task = held.result()
    times = {(event["eventType"], attributes["timerId"]):
             event["eventTimestamp"] for event in task["events"]
             for key, attributes in event.items()
             if key.startswith("timer")}
    tap.is_((times["TimerFired", "soon"] -
             times["TimerStarted", "soon"]).total_seconds(), 1.0,
            "one of 1 s after 1 s, and wakes the decider")


def test_a_child_ends():
    life = Life(client)
    for name, decisions in (
            ("Failed", [close("Fail", reason="r", details="d")]),
            ("Canceled", [close("Cancel", details="d")])):
        parent, child = family(life)
        child.decide(*decisions)
        told = parent.last(f"ChildWorkflowExecution{name}")
        tap.is_((told["workflowExecution"], told["details"],
                 told["startedEventId"]), (child.execution, "d", 6),
                f"a parent learns that its child {name.lower()}")
        parent.terminate()
    parent, child = family(life, executionStartToCloseTimeout="1")
    task = parent.poll()
    tap.is_([event["childWorkflowExecutionTimedOutEventAttributes"]
             ["timeoutType"] for event in task["events"]
             if event["eventType"] == "ChildWorkflowExecutionTimedOut"],
            ["START_TO_CLOSE"], "or timed out")
    child.run = parent.last("ChildWorkflowExecutionTimedOut")[
        "workflowExecution"]["runId"]
    tap.is_(child.closed(), "TIMED_OUT", "as it did")
    parent.terminate(reason="r", details="d")
    tap.is_(parent.last("WorkflowExecutionTerminated"),
            {"reason": "r", "details": "d", "childPolicy": "TERMINATE",
             "cause": "OPERATOR_INITIATED"}, "WorkflowExecutionTerminated "
            "says by whom")
    parent, child = family(life)
    child.terminate()
    tap.ok(parent.last("ChildWorkflowExecutionTerminated"),
           "or was terminated")


def test_policies():
    life = Life(client)
    for policy, want in (("TERMINATE", "TERMINATED"),
                         ("REQUEST_CANCEL", None), ("ABANDON", None)):
        parent, child = family(life)
        child.decide()
        parent.terminate(childPolicy=policy)
        tap.is_(child.closed(), want, f"{policy}: the child's status")
        tap.is_((child.last("WorkflowExecutionTerminated") or
                 child.last("WorkflowExecutionCancelRequested") or
                 {}).get("cause"),
                None if policy == "ABANDON" else "CHILD_POLICY_APPLIED",
                f"{policy}: the cause that it sees")
        if want is None:
            tap.is_(child.describe()["executionInfo"]["cancelRequested"],
                    policy == "REQUEST_CANCEL",
                    f"{policy}: whether it is to cancel")
            child.terminate()


def test_what_fails():
    life = Life(client)
    run = Run(life, "fails").start()
    other = dict(life.workflow, version="2")
    run.decide(
        decision("StartChildWorkflowExecution", workflowId="x",
                 workflowType=other, control="c"),
        decision("StartChildWorkflowExecution", workflowId="fails",
                 workflowType=life.workflow),
        decision("SignalExternalWorkflowExecution", workflowId="nobody",
                 runId="none", signalName="s", control="c"),
        decision("RequestCancelExternalWorkflowExecution",
                 workflowId="nobody", runId="none", control="c"),
        decision("ScheduleLambdaFunction", id="i", name="n"),
        request_cancel("none"),
        life.schedule("a", activityType=dict(life.activity, version="2")))
    causes = [list(event.values())[-1]["cause"] for event in run.events()
              if event["eventType"].endswith("Failed")]
    tap.is_(causes, ["WORKFLOW_TYPE_DOES_NOT_EXIST",
                     "LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION",
                     "ACTIVITY_ID_UNKNOWN", "ACTIVITY_TYPE_DOES_NOT_EXIST",
                     "WORKFLOW_ALREADY_RUNNING",
                     "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",
                     "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION"],
            "what fails says why, others' answers last")
    for kind in ("Complete", "Fail", "Cancel", "ContinueAsNew"):
        task = run.poll()
        client.signal_workflow_execution(
            domain=life.domain, workflowId="fails", signalName="s")
        life.respond(task, close(kind))
        tap.is_(run.last(f"{kind}WorkflowExecutionFailed")["cause"],
                "UNHANDLED_DECISION", f"{kind} does not close over a signal")
    run.decide(close("ContinueAsNew", workflowTypeVersion="2"))
    tap.is_(run.last("ContinueAsNewWorkflowExecutionFailed")["cause"],
            "WORKFLOW_TYPE_DOES_NOT_EXIST", "nor as what is unknown")
    run.decide(close("Fail", reason="r", details="d"))
    tap.is_(run.kinds()[-1], "WorkflowExecutionFailed", "it may still fail")


def test_a_signal_to_what_is_closed():
    life = Life(client)
    run = Run(life, "gone").start()
    run.terminate()
    tap.is_(fault(client.signal_workflow_execution, domain=life.domain,
                  workflowId="gone", signalName="s"),
            ("UnknownResourceFault", "Unknown execution, workflowId = gone"),
            "a closed execution takes no signal")


def test_activities():
    """Their events, for the list at the end."""
    life = Life(client, Heartbeat="1")
    life.start(taskPriority="1", lambdaRole="role", tagList=["t"], input="i")
    life.decide(
        *[life.schedule(name, input="i", control="c", taskPriority="1")
          for name in ("completed", "failed", "canceled", "late")],
        executionContext="context")
    tasks = [life.poll(identity="worker") for _ in range(4)]
    client.request_cancel_workflow_execution(domain=life.domain,
                                             workflowId="w")
    life.decide(request_cancel("canceled"))
    tokens = [task["taskToken"] for task in tasks]
    client.record_activity_task_heartbeat(taskToken=tokens[3], details="d")
    client.respond_activity_task_completed(taskToken=tokens[0], result="r")
    client.respond_activity_task_failed(taskToken=tokens[1], reason="r",
                                        details="d")
    client.respond_activity_task_canceled(taskToken=tokens[2], details="d")
    life.wait_for_event("ActivityTaskTimedOut")
    life.decide(close("Complete", result="r"))
    tap.is_(life.kinds()[-1], "WorkflowExecutionCompleted",
            "activities end in every way")


def test_what_times_out():
    life = Life(client, execution="2", decision="1")
    life.start()
    life.poll_decision()
    life.wait_for_event("DecisionTaskTimedOut")
    life.wait_for_event("WorkflowExecutionTimedOut")
    tap.is_(life.last("WorkflowExecutionTimedOut"),
            {"timeoutType": "START_TO_CLOSE", "childPolicy": "TERMINATE"},
            "an execution times out")


# What this service never has occasion for.
NEVER = {"RecordMarkerFailed", "LambdaFunctionScheduled",
         "LambdaFunctionStarted", "LambdaFunctionCompleted",
         "LambdaFunctionFailed", "LambdaFunctionTimedOut",
         "StartLambdaFunctionFailed"}


def test_every_event_was_seen_whole():
    attributes = MODEL.shape_for("HistoryEvent").members
    kinds = set(MODEL.shape_for("EventType").enum)
    tap.is_(sorted(kinds - NEVER - set(seen)), [],
            "every type of event was seen")
    for kind in sorted(kinds - NEVER):
        key = kind[0].lower() + kind[1:] + "EventAttributes"
        tap.is_(sorted(set(attributes[key].members) - seen.get(kind, set())),
                [], f"{kind} was seen with all attributes")


def test_every_answer_fits_the_model():
    tap.is_(violations, [], "every answer fits botocore's model")


if __name__ == "__main__":
    tap.run([value for name, value in list(globals().items())
             if name.startswith("test_")])
