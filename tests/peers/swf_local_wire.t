#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What comes over the wire that no SDK would send: bodies that are far too
large, requests that are slow, cut or no HTTP at all, thousands of connections
that say nothing, tokens of another service.  Each is refused in words where
there is somebody to tell, and whoever else calls notices nothing of it."""

import json
import os
import resource
import socket
import sys
import time

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import BUILD, Life, Service, fault, tap, wait_for

IDLE = 3000
RESPONSIVE = 2  # s for a call of somebody else, on a busy machine
TWO_MB = 2 << 20

service = Service("--hold", "30s", "--log-level", "warning")
client = service.client()
life = Life(client, execution="3600", Heartbeat="NONE", StartToClose="NONE",
            ScheduleToClose="NONE")
token = life.begin()["taskToken"]
with open(os.path.join(BUILD, "config.h")) as config:
    SANITIZED = "#define SANITIZED 1" in config.read()  # which keep memory
beat = json.dumps({"taskToken": token}).encode()


def connect():
    raw = socket.create_connection(("127.0.0.1", service.port), timeout=30)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return raw


def head(length, *more, operation="RecordActivityTaskHeartbeat"):
    return "\r\n".join((
        "POST / HTTP/1.1", "Host: localhost",
        "Content-Type: application/x-amz-json-1.0",
        f"X-Amz-Target: SimpleWorkflowService.{operation}",
        *([f"Content-Length: {length}"] if length is not None else []),
        *more, "", "")).encode()


def answer(raw):
    """Status and body of one answer; (None, b"") if there is none."""
    got = b""
    try:
        while not got.endswith(b"\r\n\r\n"):
            byte = raw.recv(1)
            if not byte:
                return None, b""
            got += byte
    except ConnectionResetError:
        return None, b""
    lines = got.split(b"\r\n")
    length = [int(line.partition(b":")[2]) for line in lines
              if line.lower().startswith(b"content-length:")]
    body = raw.recv(length[0], socket.MSG_WAITALL) if any(length) else b""
    return int(lines[0].split()[1]), body


def responsive(name):
    """Somebody else is served as if nothing was."""
    begun = time.monotonic()
    status, _, _ = service.call("RecordActivityTaskHeartbeat", beat)
    took = time.monotonic() - begun
    tap.ok(status == 200 and took < RESPONSIVE,
           name + ", and others are served", f"{status} after {took} s")


def memory():
    """KiB of the service."""
    with open(f"/proc/{service.process.pid}/smaps_rollup") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def busy():
    """Seconds of CPU that the service took."""
    with open(f"/proc/{service.process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors():
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


def taken():
    """How many connections have nothing that the service has not read."""
    port = f":{service.port:04X}"
    with open("/proc/net/tcp") as table:
        return sum(1 for line in table
                   if line.split()[1].endswith(port)
                   and line.split()[3] == "01"
                   and line.split()[4].endswith(":00000000"))


# ---- no operation -----------------------------------------------------------

def test_targets():
    unknown = "com.amazon.coral.service#UnknownOperationException"
    for target, named in (
            (None, "of a request without X-Amz-Target"),
            ("", ""), ("PollForActivityTask", "PollForActivityTask"),
            ("SimpleWorkflowService.", "SimpleWorkflowService."),
            ("SimpleWorkflowService.pollforactivitytask",) * 2,
            ("DynamoDB_20120810.ListTables",) * 2,
            ('SimpleWorkflowService."\\',) * 2,
            ("x" * 8000,) * 2):
        status, _, answered = service.http(
            "POST", "/", beat, {
                "Content-Type": "application/x-amz-json-1.0",
                **({} if target is None else {"X-Amz-Target": target})})
        answered = json.loads(answered)
        tap.is_((status, answered["__type"], answered["message"]),
                (400, unknown, f"The operation {named} is unknown"),
                f"no operation: {str(target)[:60]}")


# ---- too large --------------------------------------------------------------

def chunked(body):
    for at in range(0, len(body), 65536):
        piece = body[at:at + 65536]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


def test_two_megabytes():
    large = json.dumps({"taskToken": token, "details": "x" * TWO_MB}).encode()
    want = {"__type": "com.amazon.coral.service#RequestEntityTooLargeException",
            "message": "Request size exceeds 1048576 bytes"}
    before = memory()
    raw = connect()
    for _ in range(10):
        raw.sendall(head(len(large)) + large)
        status, body = answer(raw)
    tap.is_((status, json.loads(body)), (413, want), "2 MB are too large")
    raw.sendall(head(None, "Transfer-Encoding: chunked"))
    for piece in chunked(large):
        raw.sendall(piece)
    status, body = answer(raw)
    tap.is_((status, json.loads(body)), (413, want), "in pieces, too")
    raw.sendall(head(len(beat)) + beat)
    tap.is_(answer(raw)[0], 200, "and the connection is good for more")
    raw.sendall(head(None, "Transfer-Encoding: chunked"))
    for piece in chunked(beat):
        raw.sendall(piece)
    tap.is_(answer(raw)[0], 200, "what is not too large may come in pieces")
    grown = memory() - before
    tap.ok(grown < 2048 or SANITIZED, "11 of them leave not the room of one",
           f"{grown} KiB")
    raw.sendall(head(100 << 40))
    raw.sendall(b" " * TWO_MB)
    responsive("100 TiB that are promised")
    raw.close()


def test_headers():
    raw = connect()
    raw.sendall(head(len(beat), *(f"X-{i}: {'h' * 1000}"
                                  for i in range(100))) + beat)
    tap.is_(answer(raw)[0], 431, "100 kB of headers are too large")
    raw.close()
    raw = connect()
    raw.sendall(head(len(beat), "X-Amz-Security-Token: " + "t" * 10000) + beat)
    tap.is_(answer(raw)[0], 200, "a session token of 10 kB is not")
    raw.close()


def test_no_http():
    for sent, name in (
            (head("x") + beat, "a length that is no number"),
            (head("-1") + beat, "a length below zero"),
            (head(1 << 70) + beat, "a length that nothing holds"),
            (head(None, "Transfer-Encoding: chunked") + b"zz\r\n\r\n",
             "a chunk of no length"),
            (b"POST / HTTP/9.9\r\n\r\n", "a version that is none"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2")):
        raw = connect()
        raw.sendall(sent)
        status, _ = answer(raw)
        tap.ok(status is not None and 400 <= status < 600,
               f"{name} is refused", status)
        raw.close()
    open_before, others = descriptors(), taken()
    for sent in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
                 b"\0" * 1000 + b"\r\n\r\n", b"\r\n" * 1000):
        raw = connect()
        raw.sendall(sent)
        wait_for(lambda: taken() > others, "it to be read")
        raw.close()
        wait_for(lambda: descriptors() <= open_before, "its end")
    responsive("TLS, zeros and empty lines")


# ---- slow and half ----------------------------------------------------------

def test_slow():
    raw = connect()
    for byte in head(len(beat)) + beat:
        raw.sendall(bytes((byte,)))
    tap.is_(answer(raw)[0], 200, "a request that comes byte by byte is read")
    whole = head(len(beat)) + beat
    at = len(whole) - len(beat) // 2
    raw.sendall(whole[:at])
    responsive("a request that stops in the middle")
    raw.sendall(whole[at:] + whole)
    tap.is_([answer(raw)[0], answer(raw)[0]], [200, 200],
            "is answered once it goes on, and so is the next behind it")
    raw.close()


def test_half():
    whole = head(len(beat)) + beat
    before = len(service.calls()["calls"])
    halves = []
    for at in range(1, len(whole), 7):
        raw = connect()
        raw.sendall(whole[:at])
        halves.append(raw)
    responsive(f"{len(halves)} halves of requests")
    wait_for(lambda: taken() >= len(halves), "them to be read")
    for raw in halves:
        raw.shutdown(socket.SHUT_WR)
    tap.is_([at for at, raw in enumerate(halves) if answer(raw)[0] == 200],
            [], "a half is never done")
    for raw in halves:
        raw.close()
    calls = service.calls()["calls"][before:]
    tap.is_([call["outcome"] for call in calls], ["ok"],
            "only the whole one was a call")


def test_body_after_a_wait():
    """As curl sends what is large: it asks whether it may."""
    raw = connect()
    raw.sendall(head(len(beat), "Expect: 100-continue"))
    tap.is_(answer(raw)[0], 100, "who asks whether to send the body may")
    raw.sendall(beat)
    tap.is_(answer(raw)[0], 200, "and is answered then")
    raw.close()


# ---- many -------------------------------------------------------------------

def test_idle():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(IDLE, hard - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
    before = memory()
    others = service.connections()
    crowd = [connect() for _ in range(count)]
    for raw in crowd[::3]:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: loc")
    wait_for(lambda: taken() >= count + others, "the crowd", 30)
    responsive(f"{count} connections that say nothing, or a third of a head")
    each = (memory() - before) / count
    tap.ok(each < 32 or SANITIZED, "they cost less than 32 KiB each",
           f"{each} KiB")
    used = busy()
    time.sleep(0.5)
    used = busy() - used
    tap.ok(used < 0.2, "and no time", f"{used} s of half a second")
    for raw in crowd:
        raw.close()
    wait_for(lambda: service.connections() <= others, "their ends", 30)
    responsive("once they are gone")


def test_more_than_descriptors():
    """A crowd that takes all descriptors is waited out, not spun on."""
    global service
    whole, limit = service, resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (80, limit[1]))
    try:
        service = Service("--log-level", "warning")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    try:
        # It raises the limit for itself as far as it may.
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (80, 80))
        crowd = [connect() for _ in range(200)]
        wait_for(lambda: descriptors() > 45, "it to be full")
        used = busy()
        time.sleep(0.5)
        used = busy() - used
        tap.ok(used < 0.2, "no descriptors left is no reason to spin",
               f"{used} s of half a second")
        for raw in crowd:
            raw.close()
        status, _, _ = service.call("ListDomains", {
            "registrationStatus": "REGISTERED"})
        tap.is_(status, 200, "and it serves once there are some again")
        tap.is_(service.stop(), 0, "and ends well")
    finally:
        service = whole


# ---- tokens -----------------------------------------------------------------

def test_tokens_of_another_service():
    other = Service("--hold", "1s", "--log-level", "warning").client()
    mine = Life(client)
    mine.start()
    decision = mine.poll_decision()["taskToken"]
    for call, foreign in (
            (other.record_activity_task_heartbeat, token),
            (other.respond_activity_task_completed, token),
            (other.respond_activity_task_failed, token),
            (other.respond_activity_task_canceled, token),
            (other.respond_decision_task_completed, decision)):
        tap.is_(fault(call, taskToken=foreign),
                ("ValidationException", "Invalid token"),
                f"{call.__name__} with a token of another service")
    mine.respond({"taskToken": decision})
    tap.is_(mine.kinds()[-1], "DecisionTaskCompleted",
            "which is good where it is from")


tap.run([value for name, value in list(globals().items())
         if name.startswith("test_")])
