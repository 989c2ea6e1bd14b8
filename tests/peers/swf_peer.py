# SPDX-License-Identifier: MIT
"""What the judges of swf-local share: the service started and stopped, boto3
clients whose answers are checked against botocore's model of the API, and the
Test Anything Protocol."""

import atexit
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback

BUILD = os.environ.get("TEND_BUILD", ".")

try:
    import boto3
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import ClientError
except ImportError as missing:
    print(f"1..0 # SKIP {missing}")
    sys.exit(0)


class Tap:
    """ok(), is_() and the plan at the end."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, good, name, detail=None):
        self.count += 1
        if not good:
            self.failed += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good and detail is not None:
            for line in str(detail).splitlines():
                print("# " + line)
        sys.stdout.flush()
        return good

    def is_(self, got, want, name):
        return self.ok(got == want, name, f"got:  {got!r}\nwant: {want!r}")

    def done(self):
        print(f"1..{self.count}")
        sys.stdout.flush()
        sys.exit(1 if self.failed else 0)

    def run(self, tests):
        for test in tests:
            try:
                test()
            except Exception:  # a judge that breaks has failed
                self.ok(False, test.__name__, traceback.format_exc())
        self.done()


tap = Tap()
making_clients = threading.Lock()


class Service:
    """One swf-local on a free port, ended with the test."""

    def __init__(self, *options):
        self.directory = tempfile.TemporaryDirectory()
        port_file = os.path.join(self.directory.name, "port")
        self.log = open(os.path.join(self.directory.name, "log"), "w+")
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "swf-local"), "--port", "0", "--port-file",
             port_file, *options], stderr=self.log)
        atexit.register(self.stop)
        wait_for(lambda: os.path.exists(port_file)
                 or self.process.poll() is not None, "the port file")
        with open(port_file) as file:
            self.port = int(file.read())
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(10)
        if not self.log.closed:
            self.log.seek(0)
            self.text = self.log.read()
            self.log.close()
            if status != 0:
                print("\n".join("# " + line
                                for line in self.text.splitlines()[-40:]))
        return status

    def http(self, method, path, body=None, headers=None):
        """One request by hand: (status, headers, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def call(self, operation, body, **headers):
        """An operation by hand: (status, headers, body)."""
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        return self.http("POST", "/", body, {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "SimpleWorkflowService." + operation, **headers})

    def inject(self, **rule):
        status, _, body = self.http("POST", "/_local/faults",
                                    json.dumps(rule),
                                    {"Content-Type": "application/json"})
        assert status == 200, body

    def clear_faults(self):
        self.http("DELETE", "/_local/faults")

    def calls(self, operation=None, since=0):
        query = f"?since={since}"
        if operation is not None:
            query += "&operation=" + operation
        return json.loads(self.http("GET", "/_local/calls" + query)[2])

    def connections(self):
        """How many connections are established, seen from the kernel."""
        port = f":{self.port:04X}"
        with open("/proc/net/tcp") as table:
            return sum(1 for line in table
                       if line.split()[1].endswith(port)
                       and line.split()[3] == "01")

    def client(self, **config):
        config.setdefault("retries", {"total_max_attempts": 1})
        config.setdefault("read_timeout", 90)
        with making_clients:  # boto3 makes only one at a time
            client = boto3.client(
                "swf", region_name="eu-west-1", endpoint_url=self.url,
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="secret", config=Config(**config))
        client.meta.events.register("response-received.swf", check_response)
        return client


# ---- botocore's model as the judge of what is on the wire -------------------

MODEL = botocore.session.get_session().get_service_model("swf")
violations = []


def check_response(response_dict=None, event_name="", **kwargs):
    if response_dict is not None and response_dict["status_code"] == 200:
        check_raw(event_name.rpartition(".")[2], response_dict["body"])


def check_raw(operation, body):
    """Every member known and of the right type, required ones present."""
    shape = MODEL.operation_model(operation).output_shape
    if shape is None:
        if body != b"":
            violations.append(f"{operation}: a body: {body!r}")
        return
    value = json.loads(body)
    empty_poll = operation.startswith("Poll") and "taskToken" not in value
    check_shape(operation, shape, value, empty_poll)


def check_shape(path, shape, value, lenient=False):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            violations.append(f"{path}: no object")
            return
        if list(value) != sorted(value):
            violations.append(f"{path}: members out of order: {list(value)}")
        for name in value:
            if name not in shape.members:
                violations.append(f"{path}.{name}: unknown member")
            else:
                check_shape(f"{path}.{name}", shape.members[name],
                            value[name])
        for name in shape.required_members:
            if name not in value and not lenient:
                violations.append(f"{path}.{name}: missing")
    elif kind == "list":
        if not isinstance(value, list):
            violations.append(f"{path}: no list")
            return
        for i, one in enumerate(value):
            check_shape(f"{path}[{i}]", shape.member, one)
    elif kind == "string":
        if not isinstance(value, str):
            violations.append(f"{path}: no string")
        elif shape.enum and value not in shape.enum:
            violations.append(f"{path}: {value} is not of the enumeration")
        elif len(value) > shape.metadata.get("max", len(value)):
            violations.append(f"{path}: too long")
        elif len(value) < shape.metadata.get("min", 0):
            violations.append(f"{path}: too short")
    elif kind in ("integer", "long"):
        if not isinstance(value, int) or isinstance(value, bool):
            violations.append(f"{path}: no integer")
        elif value > shape.metadata.get("max", value):
            violations.append(f"{path}: too large")
    elif kind == "boolean":
        if not isinstance(value, bool):
            violations.append(f"{path}: no boolean")
    elif kind == "timestamp":
        if not isinstance(value, float) or not 1.6e9 < value < 5e9:
            violations.append(f"{path}: no time: {value!r}")
    else:
        violations.append(f"{path}: unexpected kind {kind}")


# ---- helpers ----------------------------------------------------------------

def wait_for(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("waited too long for " + what)
        time.sleep(0.005)


def fault(function, **arguments):
    """The code and message of the fault that a call gets."""
    try:
        function(**arguments)
    except ClientError as error:
        return (error.response["Error"]["Code"],
                error.response["Error"]["Message"])
    return None


def in_thread(function, **arguments):
    """Calls in a thread; .result() waits for what it returned."""
    result = {}

    def run():
        try:
            result["value"] = function(**arguments)
        except Exception as error:
            result["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def get(timeout=30):
        thread.join(timeout)
        if thread.is_alive():
            raise TimeoutError("the call has not returned")
        if "error" in result:
            raise result["error"]
        return result["value"]

    thread.result = get
    return thread


class Life:
    """A domain with its types, and a decider and a worker on one list."""

    count = 0

    def __init__(self, client, execution="60", decision="10", **timeouts):
        Life.count += 1
        self.client = client
        self.domain = f"domain{Life.count}"
        self.task_list = {"name": "list"}
        self.workflow = {"name": "flow", "version": "1"}
        self.activity = {"name": "act", "version": "1"}
        defaults = {"ScheduleToStart": "60", "ScheduleToClose": "60",
                    "StartToClose": "60", "Heartbeat": "30"}
        defaults.update(timeouts)
        client.register_domain(name=self.domain,
                               workflowExecutionRetentionPeriodInDays="1")
        client.register_workflow_type(
            domain=self.domain, **self.workflow,
            defaultTaskList=self.task_list, defaultChildPolicy="TERMINATE",
            defaultTaskStartToCloseTimeout=decision,
            defaultExecutionStartToCloseTimeout=execution)
        client.register_activity_type(
            domain=self.domain, **self.activity,
            defaultTaskList=self.task_list,
            **{f"defaultTask{name}Timeout": value
               for name, value in defaults.items() if value is not None})

    def start(self, workflow_id="w", **more):
        self.id = workflow_id
        self.run = self.client.start_workflow_execution(
            domain=self.domain, workflowId=workflow_id,
            workflowType=self.workflow, **more)["runId"]
        return self.run

    @property
    def execution(self):
        return {"workflowId": self.id, "runId": self.run}

    def decide(self, *decisions, **more):
        task = self.poll_decision()
        self.respond(task, *decisions, **more)
        return task

    def poll_decision(self, **more):
        return self.client.poll_for_decision_task(
            domain=self.domain, taskList=self.task_list, **more)

    def respond(self, task, *decisions, **more):
        self.client.respond_decision_task_completed(
            taskToken=task["taskToken"], decisions=list(decisions), **more)

    def poll(self, **more):
        return self.client.poll_for_activity_task(
            domain=self.domain, taskList=self.task_list, **more)

    def schedule(self, activity_id="a", **more):
        return {"decisionType": "ScheduleActivityTask",
                "scheduleActivityTaskDecisionAttributes": {
                    "activityId": activity_id, "activityType": self.activity,
                    **more}}

    def begin(self, activity_id="a", **more):
        """Starts an execution and its activity; the activity task."""
        self.start()
        self.decide(self.schedule(activity_id, **more))
        return self.poll()

    def events(self, **more):
        return self.client.get_workflow_execution_history(
            domain=self.domain, execution=self.execution, **more)["events"]

    def kinds(self):
        return [event["eventType"] for event in self.events()]

    def last(self, kind):
        """The attributes of the last event of that type."""
        key = kind[0].lower() + kind[1:] + "EventAttributes"
        found = [event for event in self.events()
                 if event["eventType"] == kind]
        return found[-1][key] if found else None

    def wait_for_event(self, kind, seconds=10):
        wait_for(lambda: kind in self.kinds(), kind, seconds)

    def describe(self):
        return self.client.describe_workflow_execution(
            domain=self.domain, execution=self.execution)


def decision(kind, **attributes):
    key = kind[0].lower() + kind[1:] + "DecisionAttributes"
    return {"decisionType": kind, key: attributes}


def request_cancel(activity_id="a"):
    return decision("RequestCancelActivityTask", activityId=activity_id)


def close(kind, **attributes):
    return decision(kind + "WorkflowExecution", **attributes)
