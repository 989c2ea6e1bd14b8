#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tend submit, with boto3 as the worker and botocore as the judge of what it
sends: every request on its way to swf-local is held against the model of the
API, as botocore holds the parameters of its own callers."""

import http.client
import http.server
import json
import os
import subprocess
import sys
import threading

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from botocore.validate import validate_parameters
from swf_peer import BUILD, MODEL, Service, tap, violations

PREFIX = "SimpleWorkflowService."
service = Service("--hold", "1s")
client = service.client()
wrong = []
seen = set()


class Judge(http.server.BaseHTTPRequestHandler):
    """Looks at a request and passes it on."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].removeprefix(PREFIX)
        seen.add(operation)
        try:
            validate_parameters(json.loads(body),
                                MODEL.operation_model(operation).input_shape)
        except Exception as error:
            wrong.append(f"{operation}: {error}")
        try:
            self.pass_on(body)
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # tend has ended, and with it a poll

    def pass_on(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", service.port,
                                                timeout=90)
        connection.request("POST", "/", body, dict(self.headers))
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


judge = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Judge)
judge.daemon_threads = True
threading.Thread(target=judge.serve_forever, daemon=True).start()


def submit(name, *options):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("AWS_", "TEND_"))}
    return subprocess.Popen(
        [os.path.join(BUILD, "tend"), "submit", "--endpoint-url",
         f"http://127.0.0.1:{judge.server_port}", "--no-sign-request",
         "--domain", "peer", "--activity", "act:1", "--task-list", name,
         "--workflow-id", name, *options],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)


def take(name, process):
    while process.poll() is None:
        try:
            task = client.poll_for_activity_task(
                domain="peer", taskList={"name": name}, identity="boto3")
        except client.exceptions.UnknownResourceFault:
            continue  # the domain is not there yet
        if task.get("taskToken"):
            return task
    raise RuntimeError("tend has ended: " + process.stderr.read())


def events(task):
    pages = client.get_paginator("get_workflow_execution_history")
    return pages.paginate(domain="peer", execution=task["workflowExecution"]) \
        .build_full_result()["events"]


def test_completed():
    text = "a \"b\" \\ € \U0001f600\n"
    process = submit("good", "--input-text", text, "-t", "1h",
                     "--start-to-close", "2h", "--schedule-to-start", "none")
    task = take("good", process)
    tap.is_(task["input"], text, "boto3 gets the input")
    client.respond_activity_task_completed(taskToken=task["taskToken"],
                                           result=text)
    out, _ = process.communicate(timeout=30)
    tap.is_((process.returncode, out), (0, text), "and tend its result")
    execution = client.describe_workflow_execution(
        domain="peer", execution=task["workflowExecution"])["executionInfo"]
    tap.is_((execution["closeStatus"], execution["tagList"][:3]),
            ("COMPLETED", ["act", "1", "good"]), "the execution is closed")


def test_tried_again_and_canceled():
    process = submit("again", "--retries", "1")
    task = take("again", process)
    client.respond_activity_task_failed(taskToken=task["taskToken"],
                                        reason="r", details="d")
    task = take("again", process)
    client.request_cancel_workflow_execution(domain="peer",
                                             workflowId="again")
    while not client.record_activity_task_heartbeat(
            taskToken=task["taskToken"])["cancelRequested"]:
        pass
    client.respond_activity_task_canceled(taskToken=task["taskToken"],
                                          details="half")
    _, log = process.communicate(timeout=30)
    tap.is_(process.returncode, 3, "a cancel by boto3 is heard")
    tap.ok("| half" in log, "with what the worker says of it", log)
    tap.is_([event["activityTaskScheduledEventAttributes"]["activityId"]
             for event in events(task)
             if event["eventType"] == "ActivityTaskScheduled"],
            ["act", "act"], "both attempts have one id")


def test_failed():
    process = submit("bad")
    task = take("bad", process)
    client.respond_activity_task_failed(taskToken=task["taskToken"],
                                        reason="r" * 256,
                                        details="d" * 32768)
    process.communicate(timeout=30)
    last = events(task)[-1]
    tap.is_((process.returncode, last["eventType"]),
            (1, "WorkflowExecutionFailed"), "failed")
    attributes = last["workflowExecutionFailedEventAttributes"]
    tap.is_((len(attributes["reason"]), len(attributes["details"])),
            (256, 32768), "with reason and details as long as can be")


def test_judgement():
    tap.is_(wrong, [], "every request is as botocore would have made it")
    tap.is_(sorted(seen), sorted(
        ["GetWorkflowExecutionHistory", "PollForDecisionTask",
         "RegisterActivityType", "RegisterDomain", "RegisterWorkflowType",
         "RespondDecisionTaskCompleted", "StartWorkflowExecution"]),
        "of all operations that were needed")
    tap.is_(violations, [], "and so is every answer")


tap.run([test_completed, test_tried_again_and_canceled, test_failed,
         test_judgement])
