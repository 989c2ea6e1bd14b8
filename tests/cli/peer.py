#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers that are not what a client hopes for, all on loopback.

	peer.py DIRECTORY [NAME=VALUE]... MODE...

Each MODE listens on a port of its own; the number is in DIRECTORY/MODE.port
once it does.  Ends when it is killed.

	full      takes no connection, and does not refuse it (with
	          port= at that one, as soon as it is free)
	silent    takes connections and says nothing
	close     closes them instead of an answer
	banner    greets as another protocol's server
	garbage   answers a request with a line that is not HTTP
	broken    answers with less than it promised
	endless   answers with headers that never end
	html      answers with a page, as a proxy may
	large     answers with 10 MB
	redirect  answers that the service is elsewhere
	swf       takes every heartbeat and every outcome
	empty     the same, and answers polls with each form of nothing, then
	          with a task
	largest   answers polls with a task that has the largest input: 32,768
	          characters of four bytes
	quota     passes on to backend= (a port), but of the heartbeats only rate=
	          a second; DIRECTORY/quota.log has "taken" or "throttled" for each
	late      passes on to backend= (a port), but holds answers with a task
	          back for hold= seconds
	hole      passes on to backend= (a port); once DIRECTORY/hole.dug is there,
	          nothing comes through the connections that were made before
	tls       ends TLS with cert= and key= and passes on to backend= (a port)
	dns       a UDP port that never answers (address=, port= 53)

address= is where to listen, 127.0.0.1 by default.
"""

import errno
import os
import socket
import ssl
import sys
import threading
import time

settings = {"address": "127.0.0.1", "port": "0"}


def read_message(conn):
    """Head and body of a request or an answer; None at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = conn.recv(65536)
        if not piece:
            return None
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        piece = conn.recv(65536)
        if not piece:
            return None
        body += piece
    return head, body


def read_request(conn):
    message = read_message(conn)
    return message and message[0]


def silent(conn):
    while conn.recv(65536):
        pass


def close(conn):
    read_request(conn)


def banner(conn):
    conn.sendall(b"SSH-2.0-Peer_1.0\r\n")
    silent(conn)


def garbage(conn):
    read_request(conn)
    conn.sendall(b"hello, this is no HTTP\r\n\r\n")
    silent(conn)


def broken(conn):
    read_request(conn)
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def endless(conn):
    read_request(conn)
    conn.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        conn.sendall(b"X-Filler: " + b"x" * 1000 + b"\r\n")


def answer(conn, body):
    while read_request(conn):
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
                     % len(body) + body)


def html(conn):
    answer(conn, b"<html><body>Please log in</body></html>")


def large(conn):
    answer(conn, b"x" * 10000000)


def redirect(conn):
    while read_request(conn):
        conn.sendall(b"HTTP/1.1 301 Moved Permanently\r\n"
                     b"Location: http://127.0.0.1:1/\r\n"
                     b"Content-Length: 0\r\n\r\n")


a_task = b'''{"taskToken":"token","activityId":"a","startedEventId":3,
"activityType":{"name":"n","version":"1"},
"workflowExecution":{"workflowId":"w","runId":"r"}}'''
# What PollForActivityTask may answer when there is nothing, from the last on.
nothing = [a_task, b'{}', b'{"startedEventId":0}', b'{"taskToken":null}',
           b'{"taskToken":"","startedEventId":0,"previousStartedEventId":0}']
large_task = (a_task.rstrip()[:-1] + b',"input":"'
              + "\U0001f600".encode() * 32768 + b'"}')


def take_all(conn, polls):
    while True:
        head = read_request(conn)
        if head is None:
            return
        body = b""
        if b"RecordActivityTaskHeartbeat" in head:
            body = b'{"cancelRequested":false}'
        elif polls and b"PollForActivityTask" in head:
            body = polls.pop() if len(polls) > 1 else polls[0]
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                     % (len(body), body))


def swf(conn):
    take_all(conn, None)


def empty(conn):
    take_all(conn, nothing)


def largest(conn):
    take_all(conn, [large_task])


def copy(source, sink):
    try:
        while True:
            piece = source.recv(65536)
            if not piece:
                break
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Bucket:
    """As SWF has one for each operation, of a quarter of a second."""

    def __init__(self, rate):
        self.lock = threading.Lock()
        self.rate = rate
        self.level = rate / 4
        self.at = time.monotonic()
        self.log = open(os.path.join(sys.argv[1], "quota.log"), "w",
                        buffering=1, encoding="ascii")

    def take(self):
        with self.lock:
            now = time.monotonic()
            self.level = min(self.level + (now - self.at) * self.rate,
                             self.rate / 4)
            self.at = now
            taken = self.level >= 1
            if taken:
                self.level -= 1
            self.log.write("taken\n" if taken else "throttled\n")
            return taken


throttled = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
bucket_lock = threading.Lock()


def quota_bucket():
    with bucket_lock:
        if "bucket" not in settings:
            settings["bucket"] = Bucket(float(settings["rate"]))
        return settings["bucket"]


def relay(conn, own=lambda asked: None, before=lambda asked, answered: None):
    """Message by message: "own" may have an answer, or the service has, and
    "before" is called before that is passed back."""
    back = socket.create_connection(("127.0.0.1", int(settings["backend"])))
    with back:
        while (asked := read_message(conn)) is not None:
            answer = own(asked)
            if answer is None:
                back.sendall(b"\r\n\r\n".join(asked))
                answered = read_message(back)
                if answered is None:
                    return
                before(asked, answered)
                answer = b"\r\n\r\n".join(answered)
            conn.sendall(answer)


def quota(conn):
    bucket = quota_bucket()

    def throttle(asked):
        if b"RecordActivityTaskHeartbeat" not in asked[0] or bucket.take():
            return None
        return (b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s"
                % (len(throttled), throttled))
    relay(conn, own=throttle)


def late(conn):
    def hold(asked, answered):
        if b"PollForActivityTask" in asked[0] and b"taskToken" in answered[1]:
            time.sleep(float(settings["hold"]))
    relay(conn, before=hold)


def hole(conn):
    dug = os.path.join(sys.argv[1], "hole.dug")
    new = os.path.exists(dug)

    def swallow(_):
        if new or not os.path.exists(dug):
            return None
        silent(conn)
        return b""
    relay(conn, own=swallow)


def tls(conn):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings["cert"], settings["key"])
    conn = context.wrap_socket(conn, server_side=True)
    back = socket.create_connection(("127.0.0.1", int(settings["backend"])))
    thread = threading.Thread(target=copy, args=(back, conn), daemon=True)
    thread.start()
    copy(conn, back)
    thread.join()


def serve(conn, mode):
    try:
        with conn:
            mode(conn)
    except (OSError, ValueError):
        pass


def listen(listener, mode):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=(conn, mode),
                         daemon=True).start()


def fill(listener):
    """A connection that nobody accepts fills the queue: more get no answer."""
    kept = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        kept.append(filler)
    return kept


def bind(listener, port):
    while True:
        try:
            listener.bind((settings["address"], port))
            return
        except OSError as problem:
            if port == 0 or problem.errno != errno.EADDRINUSE:
                raise
            time.sleep(0.01)


def start(directory, name):
    kind = socket.SOCK_DGRAM if name == "dns" else socket.SOCK_STREAM
    listener = socket.socket(socket.AF_INET, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bind(listener, 53 if name == "dns" else int(settings["port"]))
    if name == "full":
        listener.listen(0)
        settings["fillers"] = fill(listener)
    elif name != "dns":
        listener.listen(64)
        threading.Thread(target=listen, args=(listener, globals()[name]),
                         daemon=True).start()
    path = os.path.join(directory, name + ".port")
    with open(path + ".new", "w") as file:
        file.write("%d\n" % listener.getsockname()[1])
    os.rename(path + ".new", path)
    return listener


def main():
    kept = []
    for word in sys.argv[2:]:
        if "=" in word:
            key, value = word.split("=", 1)
            settings[key] = value
        else:
            kept.append(start(sys.argv[1], word))
    threading.Event().wait()


main()
