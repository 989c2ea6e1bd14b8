#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""boto3 looks for executions in swf-local: lists and counts of open and closed
ones, with every filter and with its paginators, and what waits in task
lists."""

import os
import sys
from datetime import datetime, timedelta, timezone

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import (Life, Service, close, fault, tap, violations, wait_for)

service = Service("--hold", "1s")
client = service.client()

# boto3 sends whole seconds.
SINCE = {"oldestDate": datetime.now(timezone.utc) - timedelta(seconds=5)}
LATER = {"oldestDate": datetime.now(timezone.utc) + timedelta(hours=1)}
AGES = {"oldestDate": datetime(1970, 1, 1, tzinfo=timezone.utc),
        "latestDate": datetime(2100, 1, 1, tzinfo=timezone.utc)}


def ids(kind, life, size=1000, **more):
    pages = client.get_paginator(f"list_{kind}_workflow_executions").paginate(
        domain=life.domain, PaginationConfig={"PageSize": size}, **more)
    found = [info["execution"]["workflowId"] for page in pages
             for info in page["executionInfos"]]
    counted = getattr(client, f"count_{kind}_workflow_executions")(
        domain=life.domain, **{name: value for name, value in more.items()
                               if name != "reverseOrder"})
    if counted != {**counted, "count": len(found), "truncated": False}:
        tap.ok(False, f"the count of {kind} with {more}", counted)
    return found


def test_open():
    life = Life(client)
    client.register_workflow_type(domain=life.domain, name="flow",
                                  version="2")
    for i in range(7):
        life.start(f"w{i}", tagList=[f"t{i % 2}", "all"] if i else [])
    listed = client.list_open_workflow_executions(
        domain=life.domain, startTimeFilter=SINCE)["executionInfos"][0]
    started = listed.pop("startTimestamp")
    tap.is_(listed, {"execution": life.execution, "executionStatus": "OPEN",
                     "workflowType": life.workflow, "cancelRequested": False,
                     "tagList": ["t0", "all"]},
            "what a list says of an open execution")
    tap.is_(life.describe()["executionInfo"],
            {**listed, "startTimestamp": started}, "its description agrees")
    newest = [f"w{i}" for i in range(6, -1, -1)]
    for size in (1, 3, 7, 1000):
        tap.is_(ids("open", life, size, startTimeFilter=SINCE), newest,
                f"the newest first, {size} a page")
    tap.is_(ids("open", life, 2, startTimeFilter=AGES, reverseOrder=True),
            newest[::-1], "or the oldest")
    tap.is_(ids("open", life, startTimeFilter=LATER), [], "none is later")
    for name, want in (
            ({"executionFilter": {"workflowId": "w3"}}, ["w3"]),
            ({"executionFilter": {"workflowId": "none"}}, []),
            ({"typeFilter": {"name": "flow"}}, newest),
            ({"typeFilter": {"name": "flow", "version": "1"}}, newest),
            ({"typeFilter": {"name": "flow", "version": "2"}}, []),
            ({"tagFilter": {"tag": "t1"}}, ["w5", "w3", "w1"]),
            ({"tagFilter": {"tag": "all"}}, newest[:-1])):
        tap.is_(ids("open", life, 2, startTimeFilter=SINCE, **name), want,
                f"by {name}")


def test_closed():
    lives = Life(client, execution="2")
    ends = {"c": "Complete", "f": "Fail", "x": "Cancel"}
    for workflow, how in ends.items():
        lives.start(workflow, tagList=[how])
        lives.decide(close(how))
    lives.start("k")
    client.terminate_workflow_execution(domain=lives.domain, workflowId="k")
    lives.start("late")
    tap.is_(ids("closed", lives, 2, startTimeFilter=SINCE),
            ["k", "x", "f", "c"], "closed ones, the newest first")
    tap.is_(ids("open", lives, 2, startTimeFilter=SINCE), ["late"],
            "an open one is not closed")
    wait_for(lambda: lives.kinds()[-1] == "WorkflowExecutionTimedOut",
             "the execution to time out")
    everything = ["late", "k", "x", "f", "c"]
    for name in ("startTimeFilter", "closeTimeFilter"):
        tap.is_(ids("closed", lives, 2, **{name: SINCE}), everything,
                f"by {name}")
        tap.is_(ids("closed", lives, 2, **{name: AGES}, reverseOrder=True),
                everything[::-1], "and backwards")
        tap.is_(ids("closed", lives, 2, **{name: LATER}), [],
                "none is later")
    for status, want in (("COMPLETED", ["c"]), ("FAILED", ["f"]),
                         ("CANCELED", ["x"]), ("TERMINATED", ["k"]),
                         ("TIMED_OUT", ["late"]), ("CONTINUED_AS_NEW", [])):
        tap.is_(ids("closed", lives, 1, closeTimeFilter=SINCE,
                    closeStatusFilter={"status": status}), want,
                f"closed as {status}")
    for name, want in (
            ({"executionFilter": {"workflowId": "f"}}, ["f"]),
            ({"typeFilter": {"name": "flow"}}, everything),
            ({"typeFilter": {"name": "other"}}, []),
            ({"tagFilter": {"tag": "Cancel"}}, ["x"])):
        tap.is_(ids("closed", lives, 2, closeTimeFilter=SINCE, **name), want,
                f"closed, by {name}")
    info = client.list_closed_workflow_executions(
        domain=lives.domain, closeTimeFilter=SINCE)["executionInfos"][0]
    tap.is_(info, lives.describe()["executionInfo"],
            "a list and a description say the same")


def test_refusals():
    life = Life(client)
    for call in (client.list_closed_workflow_executions,
                 client.count_closed_workflow_executions):
        tap.is_(fault(call, domain=life.domain),
                ("ValidationException", "Must specify time filter"),
                f"{call.__name__}: no time")
        tap.is_(fault(call, domain=life.domain, startTimeFilter=SINCE,
                      closeTimeFilter=SINCE),
                ("ValidationException", "Cannot specify both a "
                 "startTimeFilter and a closeTimeFilter"),
                f"{call.__name__}: two times")
    two = {"tagFilter": {"tag": "t"}, "executionFilter": {"workflowId": "w"}}
    for call in (client.list_closed_workflow_executions,
                 client.count_closed_workflow_executions,
                 client.list_open_workflow_executions,
                 client.count_open_workflow_executions):
        tap.is_(fault(call, domain=life.domain, startTimeFilter=SINCE, **two),
                ("ValidationException", "Cannot specify more than one "
                 "exclusive filters in the same query: "
                 "[executionFilter, tagFilter]"),
                f"{call.__name__}: two filters")
        tap.is_(fault(call, domain="none", startTimeFilter=SINCE),
                ("UnknownResourceFault", "Unknown domain: none"),
                f"{call.__name__}: no domain")


def test_tokens_of_another_server():
    life = Life(client)
    life.start("a")
    life.start("b")
    page = {"domain": life.domain, "startTimeFilter": SINCE,
            "maximumPageSize": 1}
    token = client.list_open_workflow_executions(**page)["nextPageToken"]
    tap.is_(len(client.list_open_workflow_executions(
        nextPageToken=token, **page)["executionInfos"]), 1,
        "a page token leads on")
    other = Service("--hold", "1s").client()
    other.register_domain(name=life.domain,
                          workflowExecutionRetentionPeriodInDays="1")
    for name, bad in (("another server", token), ("nobody", "AAAA"),
                      ("a change", token[:-3] + "AA=")):
        tap.is_(fault(other.list_open_workflow_executions,
                      nextPageToken=bad, **page),
                ("ValidationException", "Invalid token"),
                f"a page token of {name} does not")


def pending(life, kind, name="list"):
    answer = getattr(client, f"count_pending_{kind}_tasks")(
        domain=life.domain, taskList={"name": name})
    return answer["count"], answer["truncated"]


def test_pending():
    life = Life(client)
    tap.is_((pending(life, "activity"), pending(life, "decision", "other")),
            ((0, False), (0, False)), "an unknown list has no tasks")
    for i in range(3):
        life.start(f"w{i}")
    tap.is_((pending(life, "decision"), pending(life, "activity")),
            ((3, False), (0, False)), "three decision tasks wait")
    life.decide(life.schedule("a"), life.schedule("b"))
    tap.is_((pending(life, "decision"), pending(life, "activity")),
            ((2, False), (2, False)), "then two of each kind")
    life.poll()
    tap.is_(pending(life, "activity"), (1, False),
            "one that was handed out does not wait")
    for call in (client.count_pending_activity_tasks,
                 client.count_pending_decision_tasks):
        tap.is_(fault(call, domain="none", taskList={"name": "l"}),
                ("UnknownResourceFault", "Unknown domain: none"),
                f"{call.__name__}: no such domain")


def test_all_answers_fit_the_model():
    tap.is_(violations, [], "every answer fits botocore's model")


tap.run([test_open, test_closed, test_refusals,
         test_tokens_of_another_server, test_pending,
         test_all_answers_fit_the_model])
