#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Signatures that swf-local verifies: those of botocore, of the AWS CLI and of
tend, with right keys and wrong ones, and requests that were changed."""

import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import BUILD, Life, Service, fault, tap, violations

import boto3
from botocore.config import Config

directory = tempfile.TemporaryDirectory()
keys = os.path.join(directory.name, "keys")
with open(keys, "w") as file:
    file.write("[default]\n"
               "aws_access_key_id = AKIDPLAIN\n"
               "aws_secret_access_key = plain/secret+\n"
               "[session]\n"
               "aws_access_key_id = ASIASESSION\n"
               "aws_secret_access_key = another\n"
               "aws_session_token = IQoJ//b3+JpZ2lu==\n")

PLAIN = {"aws_access_key_id": "AKIDPLAIN",
         "aws_secret_access_key": "plain/secret+"}
SESSION = {"aws_access_key_id": "ASIASESSION",
           "aws_secret_access_key": "another",
           "aws_session_token": "IQoJ//b3+JpZ2lu=="}

service = Service("--hold", "100ms", "--verify-signatures", keys)


def client(region="eu-west-1", before_send=None, **key):
    made = boto3.client("swf", region_name=region, endpoint_url=service.url,
                        config=Config(retries={"total_max_attempts": 1}),
                        **key)
    if before_send is not None:
        made.meta.events.register("before-send.swf", before_send)
    return made


def poll(**arguments):
    return fault(client(**arguments).poll_for_activity_task,
                 domain="domain1", taskList={"name": "none"})


UNRECOGNIZED = ("UnrecognizedClientException",
                "The security token included in the request is invalid.")


def test_botocore():
    life = Life(client(**PLAIN))
    token = life.begin(input="é" * 3000)["taskToken"]
    life.client.respond_activity_task_completed(taskToken=token)
    tap.is_(life.kinds()[-2], "ActivityTaskCompleted",
            "a life with botocore's signatures")
    tap.is_(poll(**SESSION), None, "a key with a session token")
    tap.is_(poll(region="us-gov-west-1", **PLAIN), None, "any region")


def test_wrong_keys():
    code, message = poll(**{**PLAIN, "aws_secret_access_key": "plain/secret"})
    tap.ok(code == "InvalidSignatureException" and message.startswith(
        "The request signature we calculated does not match the signature "
        "you provided. Check your AWS Secret Access Key and signing method."),
        "a wrong secret", f"{code}: {message}")
    tap.is_(poll(**{**PLAIN, "aws_access_key_id": "AKIDNONE"}), UNRECOGNIZED,
            "an unknown key")
    tap.is_(poll(**{**PLAIN, "aws_session_token": "x"}), UNRECOGNIZED,
            "a token for a key that has none")
    tap.is_(poll(**{**SESSION, "aws_session_token": "x"}), UNRECOGNIZED,
            "a wrong token")
    tap.is_(poll(**{**SESSION, "aws_session_token": None}), UNRECOGNIZED,
            "no token for a key that has one")


def test_unsigned():
    status, _, body = service.call("PollForActivityTask", {
        "domain": "domain1", "taskList": {"name": "none"}})
    tap.is_((status, json.loads(body)),
            (400, {"__type": "com.amazon.coral.service#"
                   "MissingAuthenticationTokenException",
                   "message": "Missing Authentication Token"}), "unsigned")
    status, _, body = service.call("PollForActivityTask", {},
                                   Authorization="AWS4-HMAC-SHA256 x")
    tap.ok(json.loads(body)["__type"].endswith("#IncompleteSignatureException")
           and "'SignedHeaders'" in json.loads(body)["message"],
           "half a signature", body)
    status, _, body = service.http("GET", "/_local/calls")
    tap.is_(status, 200, "/_local needs none")


def test_changed_on_the_way():
    def body(request, **_):
        request.body = request.body.replace(b'"none"', b'"nine"')

    def header(request, **_):
        request.headers["X-Amz-Target"] = \
            b"SimpleWorkflowService.PollForDecisionTask"

    for change in (body, header):
        answer = poll(before_send=change, **PLAIN)
        tap.is_(answer and answer[0], "InvalidSignatureException",
                "a changed " + change.__name__)


def test_clock():
    for offset, want in (("+3600", "Signature expired: "),
                         ("-3600", "Signature not yet current: ")):
        service.inject(operation="PollForActivityTask", fault="date",
                       value=offset, count=1)
        code, message = poll(**PLAIN)
        tap.ok(code == "InvalidSignatureException"
               and message.startswith(want), "a clock off by " + offset,
               f"{code}: {message}")
        service.clear_faults()


def environment(key):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("AWS_", "TEND_", "SWF_"))}
    kept.update({name.upper(): value for name, value in key.items()})
    return {**kept, "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_MAX_ATTEMPTS": "1", "HOME": directory.name}


def test_cli():
    if not os.access("/usr/bin/aws", os.X_OK):
        return
    for key, good in ((PLAIN, True), (SESSION, True),
                      ({**PLAIN, "aws_secret_access_key": "x"}, False)):
        done = subprocess.run(
            ["/usr/bin/aws", "--endpoint-url", service.url, "swf",
             "poll-for-activity-task", "--domain", "domain1", "--task-list",
             "name=none"], env=environment(key), capture_output=True,
            text=True, timeout=30)
        tap.ok(done.returncode == 0 if good
               else "InvalidSignatureException" in done.stderr,
               "the AWS CLI, " + ("a good key" if good else "a wrong one"),
               f"{done.returncode} {done.stderr}")


def test_tend():
    for key, want in ((PLAIN, 0), (SESSION, 0),
                      ({**PLAIN, "aws_secret_access_key": "x"}, 125)):
        life = Life(client(**PLAIN))
        token = life.begin()["taskToken"]
        done = subprocess.run(
            [os.path.join(BUILD, "tend"), "run", "--endpoint-url",
             service.url, "--region", "eu-west-1", "--task-token", token,
             "--", "echo", "done"], env=environment(key),
            capture_output=True, text=True, timeout=30)
        tap.is_(done.returncode, want, f"tend run: {want}")
        if want == 0:
            tap.is_(life.last("ActivityTaskCompleted")["result"], "done",
                    "tend's signatures are good")


def test_misuse():
    for text, want in (("", "holds no key"), ("[a", "line 1"),
                       ("[a]\naws_access_key_id = A\n",
                        "[a] has no aws_secret_access_key"),
                       (None, "cannot read")):
        path = os.path.join(directory.name, "bad")
        if text is None:
            path += ".none"
        else:
            with open(path, "w") as file:
                file.write(text)
        done = subprocess.run(
            [os.path.join(BUILD, "swf-local"), "--port", "0",
             "--verify-signatures", path], capture_output=True, text=True,
            timeout=10)
        lines = done.stderr.splitlines()
        tap.ok(done.returncode == 125 and len(lines) == 1
               and want in lines[0] and path in lines[0],
               "misuse: " + want, f"{done.returncode}: {done.stderr}")
    tap.is_(violations, [], "every answer fits botocore's model")


if __name__ == "__main__":
    tap.run([test_botocore, test_wrong_keys, test_unsigned,
             test_changed_on_the_way, test_clock, test_cli, test_tend,
             test_misuse])
