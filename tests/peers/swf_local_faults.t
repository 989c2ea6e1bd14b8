#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How swf-local refuses: faults and their messages, validation, the wire
itself; and the faults that are injected on purpose."""

import email.utils
import json
import os
import re
import socket
import subprocess
import sys
import time

from botocore.exceptions import (ClientError, ConnectionClosedError,
                                 EndpointConnectionError, ReadTimeoutError)

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import (BUILD, Life, Service, fault, in_thread, tap,
                      violations)

service = Service("--hold", "30s")
client = service.client()
life = Life(client)
token = life.begin()["taskToken"]

VALIDATION = "com.amazon.coral.validate#ValidationException"
SERIALIZATION = "com.amazon.coral.service#SerializationException"
SWF = "com.amazonaws.swf.base.model#"


def refusal(operation, body, **headers):
    """The whole __type and the message of what is refused."""
    status, _, answer = service.call(operation, body, **headers)
    if status == 200:
        return 200, answer
    answer = json.loads(answer)
    return answer["__type"], answer.get("message")


def constraint(value, path, text):
    return (VALIDATION, f"1 validation error detected: Value {value} at "
            f"'{path}' failed to satisfy constraint: Member must {text}")


def test_faults_and_messages():
    domain = life.domain
    for operation, body, want, name in (
            ("RegisterDomain",
             {"name": domain, "workflowExecutionRetentionPeriodInDays": "1"},
             (SWF + "DomainAlreadyExistsFault", domain), "the domain exists"),
            ("RegisterWorkflowType", {"domain": domain, **life.workflow},
             (SWF + "TypeAlreadyExistsFault",
              "WorkflowType=[name=flow, version=1]"),
             "the workflow type exists"),
            ("RegisterActivityType", {"domain": domain, **life.activity},
             (SWF + "TypeAlreadyExistsFault",
              "ActivityType=[name=act, version=1]"),
             "the activity type exists"),
            ("PollForActivityTask",
             {"domain": "none", "taskList": {"name": "l"}},
             (SWF + "UnknownResourceFault", "Unknown domain: none"),
             "no such domain"),
            ("StartWorkflowExecution",
             {"domain": domain, "workflowId": "x",
              "workflowType": {"name": "none", "version": "2"}},
             (SWF + "UnknownResourceFault",
              "Unknown type: WorkflowType=[name=none, version=2]"),
             "no such type"),
            ("StartWorkflowExecution",
             {"domain": domain, "workflowId": "w",
              "workflowType": life.workflow},
             (SWF + "WorkflowExecutionAlreadyStartedFault",
              "Already Started"), "the workflow is open"),
            ("DescribeWorkflowExecution",
             {"domain": domain,
              "execution": {"workflowId": "w", "runId": "none"}},
             (SWF + "UnknownResourceFault", "Unknown execution: "
              "WorkflowExecution=[workflowId=w, runId=none]"),
             "no such run"),
            ("TerminateWorkflowExecution",
             {"domain": domain, "workflowId": "none"},
             (SWF + "UnknownResourceFault",
              "Unknown execution, workflowId = none"), "no such workflow"),
            ("RecordActivityTaskHeartbeat", {"taskToken": "AAAA"},
             (VALIDATION, "Invalid token"), "no token of ours"),
            ("RecordActivityTaskHeartbeat",
             {"taskToken": token[:-10] + "AAAAAAAAA="},
             (VALIDATION, "Invalid token"), "a token that was changed"),
            ("RespondDecisionTaskCompleted", {"taskToken": token},
             (VALIDATION, "Invalid token"), "a token of the other kind"),
            ("NoSuchThing", {},
             ("com.amazon.coral.service#UnknownOperationException",
              "The operation SimpleWorkflowService.NoSuchThing is unknown"),
             "an unknown operation")):
        tap.is_(refusal(operation, body), want, name)


def test_defaults():
    client.register_workflow_type(domain=life.domain, name="bare",
                                  version="1")
    given = {}
    for member, value in (("executionStartToCloseTimeout", "9"),
                          ("taskList", {"name": "l"}),
                          ("taskStartToCloseTimeout", "NONE"),
                          ("childPolicy", "ABANDON")):
        tap.is_(refusal("StartWorkflowExecution", {
            "domain": life.domain, "workflowId": "bare",
            "workflowType": {"name": "bare", "version": "1"}, **given}),
            (SWF + "DefaultUndefinedFault", member), "no default: " + member)
        given[member] = value
    status, _, _ = service.call("StartWorkflowExecution", {
        "domain": life.domain, "workflowId": "bare",
        "workflowType": {"name": "bare", "version": "1"}, **given})
    tap.is_(status, 200, "with all of them it starts")


def test_validation():
    long = "x" * 1025
    beat = "RecordActivityTaskHeartbeat"
    astral = "\U0001F600"
    for operation, body, want, name in (
            (beat, {}, constraint("null", "taskToken", "not be null"),
             "a missing member"),
            (beat, {"taskToken": None},
             constraint("null", "taskToken", "not be null"), "a null member"),
            (beat, {"taskToken": ""},
             constraint("''", "taskToken",
                        "have length greater than or equal to 1"), "empty"),
            (beat, {"taskToken": long},
             constraint(f"'{long}'", "taskToken",
                        "have length less than or equal to 1024"),
             "too long"),
            (beat, {"taskToken": token, "details": "é" * 2048}, 200,
             "2,048 characters of two bytes"),
            (beat, {"taskToken": token, "details": astral * 1024}, 200,
             "1,024 characters of two UTF-16 units"),
            ("PollForActivityTask",
             {"domain": life.domain, "taskList": {"name": "a:b"}},
             None, "a name with a colon"),
            ("PollForActivityTask",
             {"domain": life.domain, "taskList": {}},
             constraint("null", "taskList.name", "not be null"),
             "a member inside"),
            ("GetWorkflowExecutionHistory",
             {"domain": life.domain, "execution": life.execution,
              "maximumPageSize": 1001},
             constraint("'1001'", "maximumPageSize",
                        "have value less than or equal to 1000"),
             "a number that is too large"),
            ("StartWorkflowExecution",
             {"domain": life.domain, "workflowId": "v",
              "workflowType": life.workflow, "childPolicy": "KILL"},
             constraint("'KILL'", "childPolicy", "satisfy enum value set: "
                        "[TERMINATE, REQUEST_CANCEL, ABANDON]"),
             "a value that is not in the enumeration"),
            ("StartWorkflowExecution",
             {"domain": life.domain, "workflowId": "v",
              "workflowType": life.workflow, "tagList": ["t"] * 6},
             None, "six tags"),
            ("StartWorkflowExecution",
             {"domain": life.domain, "workflowId": "v",
              "workflowType": life.workflow,
              "taskStartToCloseTimeout": "soon"},
             constraint("'soon'", "taskStartToCloseTimeout",
                        "satisfy regular expression pattern: [0-9]+|NONE"),
             "a duration that is none")):
        got = refusal(operation, body)
        if want == 200:
            tap.is_(got[0], 200, name + " are taken")
        elif want is None:
            tap.is_(got[0], VALIDATION, name)
        else:
            tap.is_(got, want, name)
    tap.is_(refusal(beat, {"taskToken": "", "details": "é" * 2049})[1],
            "2 validation errors detected: Value '' at 'taskToken' failed to "
            "satisfy constraint: Member must have length greater than or "
            "equal to 1; Value '" + "é" * 1024 + "...' at 'details' failed "
            "to satisfy constraint: Member must have length less than or "
            "equal to 2048", "two errors in one message")
    tap.is_(refusal(beat, {"taskToken": token,
                           "details": astral * 1024 + "x"})[0],
            VALIDATION, "2,049 UTF-16 units are too many")


def test_serialization():
    for body, name in (("", "no body"), ("{", "cut JSON"), ("[]", "a list"),
                       ('{"taskToken":7}', "a number for a string"),
                       ('{"taskToken":"x"} y', "something after it"),
                       (b'{"taskToken":"\xff"}', "what is not UTF-8"),
                       ('{"taskToken":"a\\u0000b"}', "U+0000"),
                       ("[" * 5000, "5,000 brackets")):
        tap.is_(refusal("RecordActivityTaskHeartbeat", body)[0],
                SERIALIZATION, name)
    tap.is_(refusal("RecordActivityTaskHeartbeat",
                    {"taskToken": token, "details": "a\\u0000"})[0], 200,
            "a backslash before u0000 is no U+0000")


def test_the_wire():
    body = json.dumps({"taskToken": token})
    status, headers, answer = service.call("RecordActivityTaskHeartbeat",
                                           body)
    tap.is_(answer, b'{"cancelRequested":false}', "25 bytes, as the service")
    tap.is_(headers["Content-Type"], "application/json", "as JSON")
    tap.ok(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                        headers["x-amzn-RequestId"]), "with a request id")
    tap.ok(abs(email.utils.parsedate_to_datetime(headers["Date"]).timestamp()
               - time.time()) < 5, "and a date")
    old = {"Content-Type": "application/json; charset=UTF-8",
           "Content-Encoding": "amz-1.0",
           "X-Amz-Target": "com.amazonaws.swf.service.model."
                           "SimpleWorkflowService."
                           "RecordActivityTaskHeartbeat"}
    tap.is_(service.http("POST", "/", body, old)[0], 200,
            "the old form of the target is taken")
    tap.is_(service.http("POST", "/", body, {
        "Content-Type": "text/plain", "X-Amz-Target": old["X-Amz-Target"]})
        [0], 400, "another content type is not")
    tap.is_(service.http("POST", "/", body,
                         {"Content-Type": "application/json"})[0], 400,
            "nor a request without target")
    tap.is_(service.http("PUT", "/")[0], 400, "nor PUT")
    tap.is_(service.call("RecordActivityTaskHeartbeat",
                         " " * (1 << 20) + body)[0], 413,
            "a body over 1 MiB is refused")
    tap.is_(service.call("RecordActivityTaskHeartbeat",
                         body + " " * ((1 << 20) - len(body)))[0], 200,
            "one of 1 MiB is not")
    status, headers, answer = service.call("RegisterDomain", {
        "name": "wire", "workflowExecutionRetentionPeriodInDays": "NONE"})
    tap.is_((status, answer, headers["Content-Length"]), (200, b"", "0"),
            "an operation without output answers nothing")


def test_signatures():
    body = json.dumps({"taskToken": token})
    scope = "AKID/20260101/mars-north-1/swf/aws4_request"
    good = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, " \
           "Signature=0"
    tap.is_(service.call("RecordActivityTaskHeartbeat", body,
                         Authorization=good)[0], 200,
            "any signature that names a region will do")
    for bad in ("Basic eDp5", "AWS4-HMAC-SHA256 Credential=AKID",
                good.replace("mars-north-1", "")):
        tap.is_(refusal("RecordActivityTaskHeartbeat", body,
                        Authorization=bad)[0],
                "com.amazon.coral.service#IncompleteSignatureException",
                "none is " + bad[:40])


# ---- injected faults --------------------------------------------------------

def heartbeat(**config):
    return service.client(**config).record_activity_task_heartbeat(
        taskToken=token, details="d")


def outcomes(function, count):
    found = []
    for _ in range(count):
        try:
            function()
            found.append("ok")
        except ClientError as error:
            found.append(error.response["Error"]["Code"])
    return found


def test_injected_errors():
    service.inject(operation="RecordActivityTaskHeartbeat", fault="throttle",
                   count=2, after=1)
    tap.is_(outcomes(heartbeat, 4), ["ok", "ThrottlingException",
                                     "ThrottlingException", "ok"],
            "two throttled calls after one that is not")
    service.inject(operation="*", fault="error500", count=1)
    status, _, body = service.call("RecordActivityTaskHeartbeat",
                                   {"taskToken": token})
    tap.is_((status, json.loads(body)),
            (500, {"__type": "com.amazon.coral.service#InternalFailure"}),
            "an internal failure says nothing")
    service.inject(operation="*", fault="error", value="ExpiredTokenException",
                   message="The security token is expired", count=1)
    tap.is_(fault(heartbeat), ("ExpiredTokenException",
                               "The security token is expired"),
            "an error of any name")
    service.inject(operation="RecordActivityTaskHeartbeat", fault="throttle",
                   probability=0.5)
    found = outcomes(heartbeat, 60)
    tap.ok(10 < found.count("ok") < 50, "half of them", found.count("ok"))
    rules = json.loads(service.http("GET", "/_local/faults")[2])
    tap.is_([rule["applied"] for rule in rules][:3], [2, 1, 1],
            "the rules say how often they were applied")
    service.clear_faults()
    tap.is_(service.http("GET", "/_local/faults")[2], b"[]", "and are gone")
    tap.is_(outcomes(heartbeat, 1), ["ok"], "with what they did")


def last_details():
    calls = service.calls("RecordActivityTaskHeartbeat")["calls"]
    return calls[-1]["details"], calls[-1]["outcome"]


def test_resets():
    for kind, done in (("reset-before", False), ("reset-after", True)):
        other = Life(service.client())
        task = other.begin()
        service.inject(operation="RespondActivityTaskCompleted", fault=kind,
                       count=1)
        try:
            other.client.respond_activity_task_completed(
                taskToken=task["taskToken"])
            tap.ok(False, kind)
        except ConnectionClosedError:
            tap.ok(True, kind + " leaves no answer")
        tap.is_("ActivityTaskCompleted" in other.kinds(), done,
                f"{kind}: {'done' if done else 'not done'}")
    service.clear_faults()


def test_a_reset_is_a_reset():
    service.inject(operation="*", fault="reset-before", count=1)
    raw = socket.create_connection(("127.0.0.1", service.port))
    raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    try:
        got = raw.recv(100)
        tap.ok(False, "RST, not FIN", repr(got))
    except ConnectionResetError:
        tap.ok(True, "RST, not FIN")
    service.clear_faults()


def test_delays():
    service.inject(operation="RecordActivityTaskHeartbeat", fault="delay",
                   value="300ms", count=1)
    begun = time.monotonic()
    heartbeat()
    took = time.monotonic() - begun
    tap.ok(0.3 <= took < 2, "a late answer", took)
    for kind, done in (("delay", True), ("delay-before", False)):
        other = Life(service.client())
        task = other.begin()
        service.inject(operation="RespondActivityTaskCompleted", fault=kind,
                       value="20s", count=1)
        try:
            service.client(read_timeout=0.5).respond_activity_task_completed(
                taskToken=task["taskToken"])
            tap.ok(False, kind)
        except ReadTimeoutError:
            tap.ok(True, kind + " outlasts a client's patience")
        tap.is_("ActivityTaskCompleted" in other.kinds(), done,
                f"{kind}: {'done at once' if done else 'not done yet'}")
    service.clear_faults()


def test_black_hole():
    service.inject(operation="RecordActivityTaskHeartbeat",
                   fault="black-hole", count=1)
    try:
        heartbeat(read_timeout=0.3)
        tap.ok(False, "a black hole never answers")
    except ReadTimeoutError:
        tap.ok(True, "a black hole never answers")
    tap.is_(last_details()[1], "black-hole", "but it was seen")
    tap.is_(outcomes(heartbeat, 1), ["ok"], "and only that call was lost")
    service.clear_faults()


def test_bodies():
    service.inject(operation="*", fault="body", value="html", status=502,
                   count=1)
    status, headers, body = service.call("RecordActivityTaskHeartbeat",
                                         {"taskToken": token})
    tap.ok(status == 502 and headers["Content-Type"] == "text/html"
           and b"<html>" in body, "HTML in the place of JSON", body)
    service.inject(operation="*", fault="body", value="10m", count=1)
    status, _, body = service.call("RecordActivityTaskHeartbeat",
                                   {"taskToken": token})
    tap.is_((status, len(body)), (200, 10 << 20), "10 MB")
    service.clear_faults()


def test_dates():
    service.inject(operation="*", fault="date", value="+3600")
    code, message = fault(heartbeat)
    tap.is_(code, "InvalidSignatureException", "a clock that is off")
    tap.ok(re.fullmatch(r"Signature expired: \d{8}T\d{6}Z is now earlier "
                        r"than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)",
                        message), "says by how much", message)
    _, headers, _ = service.call("RecordActivityTaskHeartbeat",
                                 {"taskToken": token})
    at = email.utils.parsedate_to_datetime(headers["Date"]).timestamp()
    tap.ok(abs(at - time.time() - 3600) < 5, "and in its Date header")
    service.clear_faults()
    service.inject(operation="*", fault="date", value="-20m")
    tap.ok("not yet current" in fault(heartbeat)[1], "the other way too")
    service.clear_faults()
    service.inject(operation="*", fault="date", value="-10m")
    tap.is_(outcomes(heartbeat, 1), ["ok"], "ten minutes are forgiven")
    service.clear_faults()


def test_local_is_not_for_web_pages():
    rule = json.dumps({"operation": "*", "fault": "throttle"})
    for headers, name in (
            ({"Content-Type": "text/plain"}, "a form's content type"),
            ({"Content-Type": "application/json",
              "Origin": "http://127.0.0.1"}, "an Origin"),
            ({"Content-Type": "application/json", "Host": "evil.example"},
             "a foreign Host")):
        status = service.http("POST", "/_local/faults", rule, headers)[0]
        tap.ok(status in (403, 415), "refused: " + name, status)
    tap.is_(service.http("GET", "/_local/faults")[2], b"[]",
            "nothing was injected")
    for bad in ("{", "7", "[]x", '{"operation":"*"}',
                '{"operation":"Nope","fault":"throttle"}',
                '{"operation":"*","fault":"nope"}',
                '{"operation":"*","fault":"delay"}',
                '{"operation":"*","fault":"throttle","probability":2}',
                '[{"operation":"*","fault":"throttle"},{"operation":"*"}]'):
        status = service.http("POST", "/_local/faults", bad,
                              {"Content-Type": "application/json"})[0]
        tap.is_(status, 400, "refused: " + bad)
    tap.is_(service.http("GET", "/_local/faults")[2], b"[]",
            "a list is taken whole or not at all")


def test_calls():
    since = service.calls()["calls"][-1]["sequence"]
    heartbeat()
    calls = service.calls(since=since)["calls"]
    tap.is_([(c["operation"], c["outcome"], c["activityId"], c["details"])
             for c in calls],
            [("RecordActivityTaskHeartbeat", "ok", "a", "d")],
            "the calls since then")
    tap.ok(abs(calls[0]["wall"] / 1000 - time.time()) < 5
           and 0 < calls[0]["answered"] - calls[0]["arrived"] < 1000,
           "with their times", calls[0])


def test_stopping():
    other = Service("--fault", "RegisterDomain:throttle,count=1")
    code = fault(other.client().register_domain, name="d",
                 workflowExecutionRetentionPeriodInDays="1")
    tap.is_(code, ("ThrottlingException", "Rate exceeded"),
            "a fault by option")
    one = Life(other.client())
    poll = in_thread(other.client().poll_for_activity_task,
                     domain=one.domain, taskList=one.task_list)
    time.sleep(0.2)
    begun = time.monotonic()
    tap.is_(other.stop(), 0, "SIGTERM ends it")
    tap.ok(time.monotonic() - begun < 1, "at once")
    try:
        poll.result()
        tap.ok(False, "a held poll is closed")
    except (ConnectionClosedError, EndpointConnectionError):
        tap.ok(True, "a held poll is closed")


def test_misuse():
    for options, want in (
            (["--port", "x"], "--port wants a number from 0 to 65535"),
            (["--listen", "localhost"], '"localhost" is no address'),
            (["--hold", "soon"], "--hold: 'soon' is no duration"),
            (["--request-timeout", "soon"], "--request-timeout: 'soon'"),
            (["--request-timeout", "301s"], "--request-timeout wants 1s"),
            (["--hold"], "no value after --hold; see swf-local --help"),
            (["--exit-with-stdin=1"], "no value belongs to --exit-with-stdin"),
            (["--fault", "*:delay=soon"], "fault: delay: 'soon'"),
            (["--fault", "*:date=soon"], "fault: date: 'soon'"),
            (["--fault", "*:body=1x"], "fault: body: '1x'"),
            (["--time-scale", "0"], "whole number from 1 to 1000000"),
            (["--time-scale", "1.5"], "whole number from 1 to 1000000"),
            (["--time-scale", "1000001"], "whole number from 1 to 1000000"),
            (["--fault", "x"], "is not OPERATION:KIND"),
            (["--fault", "Nope:throttle"], "unknown operation"),
            (["--fault", "*:throttle=3"], "throttle takes no value"),
            (["--fault", "*:delay=1s,often=2"], "unknown key"),
            (["--log-level", "loud"], "--log-level wants"),
            (["--nope"], "unknown or ambiguous option --nope; see swf-local"),
            (["extra"], "no arguments"),
            (["--port", str(service.port)], "cannot listen"),
            (["--port", "0", "--port-file", "/nonexistent/port"],
             "cannot write")):
        done = subprocess.run([os.path.join(BUILD, "swf-local"), *options],
                              capture_output=True, text=True, timeout=10)
        lines = [line for line in done.stderr.splitlines()
                 if "listening" not in line]
        tap.ok(done.returncode == 125 and len(lines) == 1
               and want in lines[0], "misuse: " + " ".join(options),
               f"{done.returncode}: {done.stderr}")


def test_every_answer_fits_the_model():
    tap.is_(violations, [], "every answer fits botocore's model")


if __name__ == "__main__":
    tap.run([value for name, value in list(globals().items())
             if name.startswith("test_")])
